"""Creation and removal, failed or killed around each call: `rm` leaves nothing, and the bill ends."""

from machsh_aws.ec2_transport import LimitedTransport

from machsh.testing.fake_cloud.crash_matrix import CrashMatrix
from machsh.testing.fake_cloud.killed_process import KilledError
from plugins.aws.tests.trial_machine import ANYBODY, Ec2Trial

VALUES = {**ANYBODY, "amazonec2-volume": ["20"]}


class TestAmazonEc2Crashes(Ec2Trial, CrashMatrix):
    values = VALUES

    def kill_at(self, patch, number, *, is_done):
        send, left = LimitedTransport.send, number

        def mortal(transport, request):
            nonlocal left
            left -= 1
            if left == 0 and is_done:
                send(transport, request)
            if left <= 0:
                raise KilledError
            return send(transport, request)

        patch.setattr(LimitedTransport, "send", mortal)


def test_what_vanished_meanwhile_is_removed_already(trial, cloud):
    trial.created()
    cloud.backend.terminate_instances([trial.driver.record.instance_id])
    cloud.backend.delete_key_pair(trial.driver.record.key_name)
    trial.again().remove()
    assert cloud.left() == {}


def test_nothing_of_others_is_touched(trial, cloud):
    vpc = next(iter(cloud.backend.vpcs))
    theirs = cloud.backend.create_security_group("theirs", "not ours", vpc)
    before = list(theirs.ingress_rules)
    trial.created({**ANYBODY, "amazonec2-security-group": ["theirs"]})
    assert "no security group of theirs admits port 22" in " ".join(trial.progress.texts("warning"))
    trial.again().remove()
    assert cloud.left() == {"security-group": 1}
    assert theirs.ingress_rules == before


def test_a_group_that_the_user_named_and_nobody_has_is_made_and_removed(trial, cloud):
    trial.created({**ANYBODY, "amazonec2-security-group": ["new-one"]})
    assert cloud.left()["security-group"] == 1
    trial.again().remove()
    assert cloud.left() == {}


def test_a_group_stays_while_another_machine_uses_it(trial, cloud, tmp_path):
    from plugins.aws.tests.trial_machine import TrialMachine

    trial.created({**ANYBODY, "amazonec2-security-group": ["shared"]})
    other = TrialMachine(cloud, tmp_path, "other")
    other.created({**ANYBODY, "amazonec2-security-group": ["shared"]})
    trial.again().remove()
    assert cloud.left() == {"instance": 1, "volume": 1, "security-group": 1, "key-pair": 1}
    assert "stays" in " ".join(trial.progress.texts("warning"))
    other.again().remove()
    assert [one.kind for one in type(other.driver).orphans(other.context(), other.folder / "store", [])] == [
        "security-group"
    ]


def test_what_docker_machine_made_is_removed_by_its_record(trial, cloud):
    driver = trial.created()
    record = driver.record.to_json()
    for key in ("Owner", "Resources"):
        del record[key]
    trial.stored = {**record, "AccessKey": "AKIAOLD", "SecretKey": "old-secret"}
    assert trial.again().record.to_json()["SecretKey"] == "old-secret"
    trial.driver.stop()
    trial.driver.start()
    trial.again().remove()
    assert cloud.left() == {"security-group": 1}, "docker-machine's group is for all machines"
