"""machsh itself, killed by the kernel while Amazon makes the instance."""

import subprocess
import sys

import pytest

from plugins.aws.tests.ec2_stand_in import Fault
from plugins.aws.tests.trial_machine import KEYS
from tests.support.house import House

CREATE = ("create", "-d", "amazonec2", "--amazonec2-open-to", "198.51.100.7", "web")


@pytest.fixture
def house(cloud, tmp_path):
    house = House(tmp_path)
    house.variables |= {**KEYS, "AWS_ENDPOINT": cloud.url, "AWS_INSECURE_TRANSPORT": "1"}
    return house


def machsh(house, *words):
    done = house.machsh(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_process_killed_before_it_hears_of_its_instance_leaves_what_rm_removes(house, cloud):
    process = subprocess.Popen(
        [sys.executable, "-m", "machsh", *CREATE], env=house.variables, stdin=subprocess.DEVNULL
    )
    cloud.faults.append(Fault("RunInstances", after=process.kill))
    assert process.wait(120) == -9
    assert cloud.left() == {"instance": 1, "volume": 1, "security-group": 1, "key-pair": 1}
    assert '"InstanceId": ""' in (house.store / "machines" / "web" / "config.json").read_text()
    assert "web" not in machsh(house, "orphans", "-d", "amazonec2"), (
        "a machine that is begun is nobody's orphan"
    )
    machsh(house, "rm", "-y", "web")
    assert cloud.left() == {}
    assert machsh(house, "ls", "-q") == ""
