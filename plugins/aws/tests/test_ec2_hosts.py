"""A machine's whole life by machsh's own commands: EC2 is the stand-in, the instance a host with a real sshd."""

import pytest

from plugins.aws.tests.ec2_stand_in import WholeHosts
from plugins.aws.tests.trial_machine import KEYS
from tests.live.hosts import engine_image
from tests.support.house import House

pytestmark = pytest.mark.live


@pytest.fixture
def house(cloud, tmp_path):
    cloud.hosts = WholeHosts(engine_image())
    house = House(tmp_path)
    house.variables |= {**KEYS, "AWS_ENDPOINT": cloud.url, "AWS_INSECURE_TRANSPORT": "1"}
    try:
        yield house
    finally:
        cloud.hosts.lab.close()


def good(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_machine_is_made_moved_and_removed(house, cloud):
    words = ("--amazonec2-open-to", "all", "--amazonec2-ssh-user", "root")
    planned = good(house.machsh("create", "-d", "amazonec2", *words, "--dry-run", "web"))
    assert "t3.micro" in planned
    assert cloud.left() == {}
    said = house.machsh("create", "-d", "amazonec2", *words, "web")
    assert "Docker is up and running" in good(said) + said.stderr
    record = (house.store / "machines" / "web" / "config.json").read_text()
    assert not any(secret in record + said.stdout + said.stderr for secret in KEYS.values())
    for action, state in (("stop", "Stopped"), ("start", "Running"), ("restart", "Running")):
        good(house.machsh(action, "web"))
        assert good(house.machsh("status", "web")).strip() == state
    row = next(line for line in good(house.machsh("ls")).splitlines() if line.startswith("web"))
    assert "amazonec2" in row
    assert "Running" in row
    assert "Server" in good(house.machsh("ssh", "web", "docker", "version"))
    assert good(house.machsh("orphans", "-d", "amazonec2")).count("web") == 0
    good(house.machsh("rm", "-y", "web"))
    assert cloud.left() == {}
    assert cloud.bill[-1] == 0
