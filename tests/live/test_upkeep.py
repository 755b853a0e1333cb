"""`regenerate-certs` and `upgrade` as their user types them, on a real Debian host."""

import json
import subprocess
import uuid

import pytest

from tests.support.house import House

pytestmark = pytest.mark.live

VERSION = "20.10.24+dfsg1"
"""Debian's engine: the only version that its archive has, as the engine says it."""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with one real machine whose engine is pinned."""
    made = House(tmp_path_factory.mktemp("upkeep"))
    made.name = f"upkeep-{uuid.uuid4().hex[:6]}"
    try:
        words = ("create", "-d", "docker", "--engine-version", "20.10.24", made.name)
        done = made.machsh(*words, seconds=300)
        assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        made.run("rm", "-f", made.name)


def good(done):
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def starts(house):
    """When the engine's process began: another value is another start."""
    words = ("systemctl", "show", "-p", "ExecMainStartTimestampMonotonic", "docker")
    return good(house.run("ssh", house.name, *words))


def pair(house, *names):
    folder = house.store / "machines" / house.name
    return {name: (folder / name).read_bytes() for name in names}


def answers(house):
    """Whether the engine takes the client's pair that `config` names."""
    words = good(house.run("config", house.name)).replace('"', "").split()
    done = subprocess.run(["docker", *words, "ps", "-q"], capture_output=True, text=True, timeout=60)
    return done.returncode == 0


def test_regenerate_certs_makes_a_server_pair_that_the_engine_uses(house):
    before = pair(house, "server.pem", "cert.pem")
    good(house.run("regenerate-certs", "-f", house.name))
    after = pair(house, "server.pem", "cert.pem")
    assert after["server.pem"] != before["server.pem"]
    assert after["cert.pem"] == before["cert.pem"]
    assert answers(house)


def test_client_certs_renews_the_client_pair_everywhere(house):
    before = pair(house, "ca.pem", "cert.pem", "key.pem")
    shown = good(house.run("regenerate-certs", "-f", "--client-certs", house.name))
    assert "Regenerating local certificates" in shown
    after = pair(house, "ca.pem", "cert.pem", "key.pem")
    assert after["ca.pem"] == before["ca.pem"]
    assert after["cert.pem"] != before["cert.pem"]
    assert after["key.pem"] != before["key.pem"]
    assert after["cert.pem"] == (house.store / "certs" / "cert.pem").read_bytes()
    assert answers(house)


def test_provision_after_all_that_restarts_nothing(house):
    before = starts(house)
    good(house.run("provision", house.name))
    assert starts(house) == before


def test_upgrade_keeps_to_the_pin(house):
    before = starts(house)
    shown = good(house.run("upgrade", house.name))
    assert shown.splitlines()[-1] == f'"{house.name}": engine {VERSION} is the pinned one'
    assert starts(house) == before


def test_upgrade_to_a_version_that_is_not_to_be_had(house):
    repin(house, "19.03")
    done = house.run("upgrade", house.name)
    assert done.returncode == 1
    assert "no version 19.03 of docker.io is to be had" in done.stderr
    assert answers(house)


def test_upgrade_without_a_pin_tells_the_version(house):
    repin(house, "")
    shown = good(house.run("upgrade", house.name))
    assert shown.splitlines()[-1] == f'"{house.name}": engine {VERSION} is the newest there is'


def repin(house, version):
    file = house.store / "machines" / house.name / "config.json"
    record = json.loads(file.read_text())
    assert record["Machsh"]["EngineVersion"]
    record["Machsh"]["EngineVersion"] = version
    file.write_text(json.dumps(record))
