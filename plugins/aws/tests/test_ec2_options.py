"""Options, record, secrets and errors, without a call to anybody."""

import dataclasses
import json

import pytest
from machsh_aws.driver import AmazonEc2Driver
from machsh_aws.ec2_options import OPTIONS
from machsh_aws.ec2_record import Ec2Record

from machsh.api import MachshError, UsageError
from machsh.testing.driver_contract import DriverContract
from machsh.testing.plugins import load
from plugins.aws.tests.ec2_stand_in import REGION, Fault
from plugins.aws.tests.trial_machine import ANYBODY, KEYS, TrialMachine

DOCKER_MACHINE = """access-key secret-key session-token ami region vpc-id zone subnet-id security-group-readonly
security-group open-port tags instance-type device-name root-size volume-type iam-instance-profile ssh-port ssh-user
request-spot-instance spot-price block-duration-minutes private-address-only use-private-address monitoring
use-ebs-optimized-instance ssh-keypath keypair-name retries endpoint insecure-transport userdata""".split()
FIELDS = """Id AccessKey SecretKey SessionToken Region AMI SSHKeyID ExistingKey KeyName InstanceId InstanceType
PrivateIPAddress SecurityGroupId SecurityGroupIds SecurityGroupName SecurityGroupNames SecurityGroupReadOnly OpenPorts Tags
ReservationId DeviceName RootSize VolumeType IamInstanceProfile VpcId SubnetId Zone RequestSpotInstance SpotPrice
BlockDurationMinutes PrivateIPOnly UsePrivateIP UseEbsOptimizedInstance Monitoring SSHPrivateKeyPath RetryCount Endpoint
DisableSSL UserDataFile""".split()


def test_it_comes_through_the_door():
    assert load("machsh.drivers.v1", "amazonec2") is AmazonEc2Driver


def test_options_and_fields_are_docker_machines():
    assert [one.name.removeprefix("amazonec2-") for one in OPTIONS if not one.ours] == DOCKER_MACHINE
    secrets = dict.fromkeys(("access_key", "secret_key", "session_token"), "x")
    assert set(FIELDS) <= set(Ec2Record(**secrets).to_json())


def test_a_record_of_docker_machine_with_keys_is_kept_as_it_is():
    stored = {
        **Ec2Record().to_json(),
        "AccessKey": "AKIA",
        "SecretKey": "old",
        "SessionToken": "",
        "OpenPorts": None,
    }
    kept = Ec2Record.from_json(stored).to_json()
    assert (kept["AccessKey"], kept["SecretKey"]) == ("AKIA", "old")


def test_keys_given_as_options_are_used_and_not_stored(trial, cloud):
    trial.variables = {name: one for name, one in trial.variables.items() if name not in KEYS}
    values = {**ANYBODY, "amazonec2-access-key": "AKIAGIVEN", "amazonec2-secret-key": "given-secret"}
    trial.checked(values)
    text = json.dumps(trial.stored) + " ".join(trial.progress.texts())
    assert "AKIAGIVEN" not in text
    assert "given-secret" not in text
    assert "not stored" in text
    with pytest.raises(MachshError, match="requires AWS credentials") as caught:
        trial.again().api.ec2("describe_vpcs")
    for place in ("AWS_ACCESS_KEY_ID", "profile default", ".aws/credentials", "role of the instance"):
        assert place in caught.value.hint


def test_a_profile_of_the_users_files_is_used(trial, cloud):
    trial.variables = {name: one for name, one in trial.variables.items() if name not in KEYS}
    folder = trial.folder / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text("[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=s\n")
    (folder / "config").write_text(f"[profile work]\nregion={REGION}\n")
    trial.checked({**ANYBODY, "amazonec2-profile": "work"})
    assert trial.again().record.region == REGION
    with pytest.raises(UsageError, match="nobody"):
        trial.checked({**ANYBODY, "amazonec2-profile": "nobody"})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amazonec2-open-to": ["everywhere"]}, "is not a network"),
        ({"amazonec2-open-port": ["http"]}, "is not a port"),
        ({"amazonec2-open-port": ["0/tcp"]}, "is not a port"),
        ({"amazonec2-volume": ["big"]}, "is no volume"),
        ({"amazonec2-tags": "a,b,c"}, "a key without a value"),
        ({"amazonec2-keypair-name": "mine"}, "also requires --amazonec2-ssh-keypath"),
        ({"amazonec2-userdata": "/nonexistent"}, "no such file"),
        ({"amazonec2-ssh-port": 70000}, "is not a port"),
        ({"amazonec2-secret-key": "x", "amazonec2-access-key": ""}, "belong together"),
        (
            {"amazonec2-endpoint": "", "amazonec2-insecure-transport": True},
            "also requires --amazonec2-endpoint",
        ),
    ],
)
def test_a_bad_value_is_told_before_anything_is_made(cloud, tmp_path, values, said):
    with pytest.raises(UsageError, match=said):
        TrialMachine(cloud, tmp_path).configured({**ANYBODY, **values})
    assert cloud.calls == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amazonec2-instance-type": "t9.nothing"}, "no instance type t9.nothing"),
        ({"amazonec2-ami": "ami-00000000"}, "ami-00000000"),
        ({"amazonec2-ami": "plan9"}, "is no image"),
        ({"amazonec2-ami": "ami-0a00ubuntu02"}, "is for arm64, and t3.micro is x86_64"),
        ({"amazonec2-zone": "z"}, "unable to find a subnet that is both in the zone z"),
        ({"amazonec2-subnet-id": "subnet-00000000"}, "The desired subnet could not be located"),
        ({"amazonec2-security-group": ["sg-00000000"]}, "no security group sg-00000000"),
    ],
)
def test_what_the_account_does_not_have_is_told_before_anything_is_made(trial, cloud, values, said):
    with pytest.raises(MachshError, match=said):
        trial.checked({**ANYBODY, **values})
    assert cloud.left() == {}


@pytest.mark.parametrize(
    ("status", "code"), [(503, "RequestLimitExceeded"), (500, "InternalError"), (400, "Throttling")]
)
def test_what_is_only_for_now_is_waited_out(trial, cloud, status, code):
    cloud.faults.append(Fault("DescribeInstanceTypes", status, code, times=2))
    assert trial.checked().record.ami


def test_an_answer_that_is_not_amazons_is_told(trial, cloud, monkeypatch):
    monkeypatch.setattr(
        cloud, "_refuse", lambda fault, start, is_json: start("200 OK", []) or [b"<!doctype html>"]
    )
    cloud.faults.append(Fault("DescribeInstanceTypes", 200, times=9))
    with pytest.raises(MachshError, match="not one of Amazon's"):
        trial.checked({**ANYBODY, "amazonec2-retries": 1})


def test_without_retries_the_first_refusal_counts(trial, cloud):
    cloud.faults.append(
        Fault("DescribeInstanceTypes", 503, "RequestLimitExceeded", "Request limit exceeded.")
    )
    with pytest.raises(MachshError, match=r"Request limit exceeded \(RequestLimitExceeded\)"):
        trial.checked({**ANYBODY, "amazonec2-retries": -1})


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("UnauthorizedOperation", "lack a permission for RunInstances"),
        ("VcpuLimitExceeded", "quota"),
        ("InsufficientInstanceCapacity", "another --amazonec2-zone"),
        ("ExpiredToken", "log in again"),
    ],
)
def test_a_refusal_names_its_remedy(trial, cloud, code, hint):
    driver = trial.checked()
    cloud.faults.append(
        Fault("RunInstances", 403, code, "No. Encoded authorization failure message: c2VjcmV0")
    )
    with pytest.raises(MachshError, match=code) as caught:
        driver.create()
    assert hint in caught.value.hint
    assert "c2VjcmV0" not in str(caught.value)


class TestContract(DriverContract):
    """The suite of all drivers, without the moves that need a host with an ssh port."""

    driver_type = AmazonEc2Driver
    values = {"amazonec2-open-to": ["all"]}
    seconds = 20.0
    test_life_of_a_host = None  # test_ec2_hosts has a whole life on a host

    @pytest.fixture(autouse=True)
    def served(self, cloud):
        self.cloud = cloud

    def context(self, folder):
        made = super().context(folder)
        made.environment.variables.update(TrialMachine(self.cloud, folder).variables)
        return made

    def prepare(self, folder):
        return {"amazonec2-endpoint": self.cloud.url, "amazonec2-insecure-transport": True}


def test_every_field_of_the_record_has_a_rule_or_a_fixed_type():
    unruled = [
        one.name
        for one in dataclasses.fields(Ec2Record)
        if isinstance(one.default, str) and "rule" not in one.metadata
    ]
    assert [name for name in unruled if not name.startswith("swarm")] == []


def test_who_cannot_tell_the_users_address_says_so_before_anything_is_made(trial, cloud):
    trial.variables["MACHSH_ADDRESS_SERVICE"] = cloud.url  # which answers with something else
    with pytest.raises(MachshError, match="public address") as caught:
        trial.checked({})
    assert "--amazonec2-open-to" in caught.value.hint
    assert cloud.left() == {}


def test_without_a_public_address_the_vpc_may_come_in(trial, cloud):
    record = trial.checked({"amazonec2-private-address-only": True}).record
    assert record.open_to == ["172.31.0.0/16"]
