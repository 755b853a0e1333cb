"""The calls of the driver, made by botocore and answered by the stand-in."""

import pytest

from machsh.api import DeadlineError, MachshError, State, make_key_pair
from plugins.aws.tests.ec2_stand_in import DEBIAN, UBUNTU, UBUNTU_ARM, Fault
from plugins.aws.tests.trial_machine import ANYBODY


def test_a_life_leaves_nothing(trial, cloud):
    driver = trial.created()
    assert driver.state() is State.RUNNING
    assert driver.record.ip_address == driver.ip() == cloud.living()[0].public_ip
    assert cloud.left() == {"instance": 1, "volume": 1, "security-group": 1, "key-pair": 1}
    driver.stop()
    assert trial.again().state() is State.STOPPED
    trial.again().start()
    assert trial.again().state() is State.RUNNING
    trial.again().kill()
    trial.again().start()
    trial.again().restart()
    assert trial.again().state() is State.RUNNING
    trial.again().remove()
    assert cloud.left() == {}
    assert trial.again().state() is State.ERROR
    trial.again().remove()


def test_the_instance_is_made_safe(trial, cloud):
    driver = trial.created()
    (instance,) = cloud.living()
    assert instance.image_id == UBUNTU
    assert instance.metadata_options.http_tokens == "required"
    assert [volume.encrypted for volume in cloud.backend.volumes.values()] == [True]
    assert instance.key_name == driver.record.key_name
    keys = {tag["key"]: tag["value"] for tag in instance.get_tags()}
    assert keys["Name"] == keys["machsh-machine"] == "web"
    assert keys["machsh-owner"] == driver.record.owner
    assert keys["machsh-store"]
    (volume,) = cloud.backend.volumes.values()
    assert {tag["key"] for tag in volume.get_tags()} >= {"machsh-machine", "machsh-store", "machsh-owner"}


def opened(cloud, name):
    """Port -> who may reach it."""
    (group,) = [one for every in cloud.backend.groups.values() for one in every.values() if one.name == name]
    found = {}
    for rule in group.ingress_rules:
        found.setdefault(int(rule.from_port), []).append(rule.ip_range["CidrIp"])
    return found


def test_ports_are_open_to_the_user_alone(trial, cloud):
    driver = trial.created(
        {"amazonec2-open-to": ["198.51.100.7", "203.0.113.0/24"], "amazonec2-open-port": ["80"]}
    )
    mine = ["198.51.100.7/32", "203.0.113.0/24"]
    assert opened(cloud, driver.record.key_name) == {22: mine, 2376: mine, 80: ["0.0.0.0/0"]}


def test_over_ssh_the_engines_port_stays_closed_until_it_is_wanted(trial, cloud):
    driver = trial.created(opens_engine_port=False)
    assert list(opened(cloud, driver.record.key_name)) == [22]
    trial.again().open_engine_port()
    assert list(opened(cloud, driver.record.key_name)) == [22, 2376]


def test_the_host_key_is_known_before_the_first_contact(trial, cloud):
    driver = trial.created()
    data = cloud.living()[0].user_data.decode()
    public = (driver.machine_folder / "ssh_host_ed25519_key.pub").read_text().split()[1]
    assert public in data
    assert public in (driver.machine_folder / "known_hosts").read_text()


@pytest.mark.parametrize(
    ("values", "image", "user"),
    [
        ({}, UBUNTU, "ubuntu"),
        ({"amazonec2-ami": "debian"}, DEBIAN, "admin"),
        ({"amazonec2-instance-type": "t4g.micro"}, UBUNTU_ARM, "ubuntu"),
        ({"amazonec2-ami": DEBIAN, "amazonec2-ssh-user": "me"}, DEBIAN, "me"),
    ],
)
def test_the_image_is_looked_up_for_the_processor(trial, values, image, user):
    record = trial.checked({**values, "amazonec2-open-to": ["all"]}).record
    assert (record.ami, record.ssh_user) == (image, user)


def test_without_parameters_the_images_themselves_are_asked(trial, cloud):
    cloud.faults.append(Fault("GetParameters", 400, "AccessDeniedException", "no"))
    assert trial.checked().record.ami == UBUNTU


def test_an_instance_that_ends_says_why(trial, cloud):
    cloud.fails_with = "Client.VolumeLimitExceeded: Volume limit exceeded"
    driver = trial.checked()
    with pytest.raises(MachshError, match="Volume limit exceeded"):
        driver.create()
    assert driver.last_words()
    trial.again().remove()
    assert cloud.left() == {}


def test_one_that_ended_is_made_anew(trial, cloud):
    cloud.fails_with = "Server.InternalError: Internal error on launch"
    with pytest.raises(MachshError, match="Internal error"):
        trial.checked().create()
    cloud.fails_with = ""
    trial.again().resume_create()
    assert cloud.left() == {"instance": 1, "volume": 1, "security-group": 1, "key-pair": 1}


def test_one_that_stays_pending_is_told_and_gone_on_with(trial, cloud, monkeypatch):
    monkeypatch.setattr("machsh_aws.ec2_creation.POLL_SECONDS", 0.1)
    cloud.pending_answers = 1 << 20
    driver = trial.checked()
    driver.context.seconds = 4.0
    with pytest.raises(DeadlineError, match=r"in the state running: not there after 4 s: it is pending"):
        driver.create()
    assert 0 < len(driver.last_words()) <= 15
    cloud._pending.clear()
    trial.again().resume_create()
    assert len(cloud.living()) == 1
    trial.again().remove()
    assert cloud.left() == {}


def test_a_key_pair_of_the_users_is_used_and_stays(trial, cloud, tmp_path):
    make_key_pair(tmp_path / "mine")
    cloud.backend.import_key_pair("mine", (tmp_path / "mine.pub").read_bytes(), {})
    driver = trial.created(
        {**ANYBODY, "amazonec2-keypair-name": "mine", "amazonec2-ssh-keypath": str(tmp_path / "mine")}
    )
    assert cloud.living()[0].key_name == "mine"
    assert (driver.machine_folder / "ssh_key").read_bytes() == (tmp_path / "mine").read_bytes()
    trial.again().remove()
    assert cloud.left() == {"key-pair": 1}
    with pytest.raises(MachshError, match="no keypair with the name other"):
        trial.checked(
            {**ANYBODY, "amazonec2-keypair-name": "other", "amazonec2-ssh-keypath": str(tmp_path / "mine")}
        )


def test_a_key_of_the_users_is_imported_for_the_machine(trial, cloud, tmp_path):
    line = make_key_pair(tmp_path / "mine")
    trial.created({**ANYBODY, "amazonec2-ssh-keypath": str(tmp_path / "mine")})
    assert cloud.backend.key_pairs[trial.driver.record.key_name].public_key.split()[1] == line.split()[1]
    trial.again().remove()
    assert cloud.left() == {}


def test_an_endpoint_that_knows_no_offerings_leaves_the_zone_to_the_subnets(trial, cloud):
    cloud.faults.append(Fault("DescribeInstanceTypeOfferings", 400, "InvalidAction"))
    trial.checked()
    assert trial.driver.record.subnet_id
