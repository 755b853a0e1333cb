"""Creation and removal, failed or killed around each call: `rm` leaves nothing, and the bill ends."""

import pytest

from machsh.api import MachshError, State
from plugins.aws.tests.ec2_stand_in import Fault
from plugins.aws.tests.trial_machine import ANYBODY

MAKES = (
    "ImportKeyPair",
    "CreateSecurityGroup",
    "AuthorizeSecurityGroupIngress",
    "RunInstances",
    "DescribeInstances",
)
REMOVES = ("TerminateInstances", "DescribeInstances", "DeleteSecurityGroup", "DeleteKeyPair")
WAYS = ("refused", "killed before", "killed after")
EACH_TIME = {
    "makes": (
        ("ImportKeyPair", "refused"),
        ("CreateSecurityGroup", "killed after"),
        ("RunInstances", "killed after"),
    ),
    "removes": (("TerminateInstances", "killed after"), ("DeleteSecurityGroup", "refused")),
}
VALUES = {**ANYBODY, "amazonec2-volume": ["20"]}


def pytest_generate_tests(metafunc):
    if {"action", "way"} <= set(metafunc.fixturenames):
        kind = "removes" if "removal" in metafunc.function.__name__ else "makes"
        every = [(action, way) for action in (REMOVES if kind == "removes" else MAKES) for way in WAYS]
        metafunc.parametrize(
            ("action", "way"), every if metafunc.config.getoption("long") else EACH_TIME[kind]
        )


class Killed(BaseException):
    """The process is gone: nothing of it goes on, and nothing more is stored."""


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Waits that ask again without a pause."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("machsh_aws.ec2_resources.POLL_SECONDS", 0.05)
        patch.setattr("machsh_aws.ec2_creation.POLL_SECONDS", 0.05)
        yield


def interrupt(patch, driver, action, way):
    """Make the next such call fail, or be the last thing that the process does."""
    api, wanted = type(driver.api), action

    def call(self, service, operation, words):
        name = "".join(part.capitalize() for part in operation.split("_"))
        if name == wanted and way == "killed before":
            raise Killed
        answer = original(self, service, operation, words)
        if name == wanted and way == "killed after":
            raise Killed
        return answer

    original = api._call
    if way == "refused":
        driver.api  # noqa: B018
    else:
        patch.setattr(api, "_call", call)


def stopped(trial, cloud, action, way, work):
    """Do the work until it fails at this call."""
    driver = trial.driver
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, driver, action, way)
        if way == "refused":
            cloud.faults.append(Fault(action, 403, "UnauthorizedOperation", "You are not authorized"))
        with pytest.raises((MachshError, Killed)):
            work(driver)
        if way == "refused":
            trial.keep()  # an error is handled, and the record stored; who is killed stores nothing


def test_a_creation_that_stops_anywhere_is_removed_without_a_trace(trial, cloud, action, way):
    trial.checked(VALUES)
    stopped(trial, cloud, action, way, lambda driver: driver.create())
    trial.again().remove()
    assert cloud.left() == {}
    assert cloud.billable() == cloud.bill[-1] == 0


def test_a_creation_that_stops_anywhere_is_gone_on_with(trial, cloud, action, way):
    trial.checked(VALUES)
    stopped(trial, cloud, action, way, lambda driver: driver.create())
    trial.again().resume_create()
    assert cloud.left() == {"instance": 1, "volume": 2, "security-group": 1, "key-pair": 1}
    trial.keep()
    assert trial.again().state() is State.RUNNING
    trial.again().remove()
    assert cloud.left() == {}


def test_a_removal_that_stops_anywhere_is_finished_by_the_next(trial, cloud, action, way):
    trial.created(VALUES)
    trial.again()
    stopped(trial, cloud, action, way, lambda driver: driver.remove())
    trial.again().remove()
    assert cloud.left() == {}
    assert cloud.bill[-1] == 0


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
