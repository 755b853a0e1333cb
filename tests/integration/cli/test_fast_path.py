"""The quick answers are the ordinary answers, or none."""

import json

import pytest

from machsh.cli import entry, fast_path
from machsh.drivers import registry
from machsh.drivers.generic import GenericRecord
from machsh.errors import MachshError
from machsh.plugin.catalog import NoPlugins
from machsh.testing.fakes import FakeEnvironment


def environment_of(house, words, program, variables):
    return FakeEnvironment(
        house.home, program=program, arguments=tuple(words), variables={"SHELL": "/bin/bash", **variables}
    )


def ordinary(environment):
    """What the ordinary way prints on stdout; None when it fails."""
    try:
        code = entry.enter(environment)
    except MachshError:
        return None
    return environment.out if code == 0 else None


COMMANDS = [
    ["ls", "-q"],
    ["ls", "--quiet"],
    ["ip", "foo"],
    ["ip", "foo", "bar"],
    ["ip", "gen"],
    ["url", "foo"],
    ["url", "bar"],
    ["env", "foo"],
    ["env", "--shell=fish", "foo"],
    ["env", "bar"],
    ["config", "foo"],
    ["config", "gen"],
    ["--bugsnag-api-token=no-report", "config", "foo"],
    ["active"],
    ["status", "foo"],
    ["status", "gen"],
    ["inspect", "foo"],
    ["inspect", "gen"],
    ["inspect", "-f", "{{.Driver.IPAddress}}", "gen"],
    ["inspect", "--format", "{{ .Name }}", "foo"],
    ["inspect", "--format={{.HostOptions.AuthOptions.CaCertPath}}", "foo"],
]


@pytest.fixture
def full(house):
    engine = house.engine()
    house.create("foo", f"tcp://{engine.address}")
    house.create("bar")
    config = house.store / "machines" / "foo" / "config.json"
    record = json.loads(config.read_text())
    record["DriverName"] = "generic"
    record["Driver"] = {
        "IPAddress": "127.0.0.1",
        "MachineName": "gen",
        "EnginePort": engine.port,
        "SSHPort": 1,
    }
    folder = house.store / "machines" / "gen"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(record))
    house.port = engine.port
    house.address = engine.address
    return house


@pytest.mark.parametrize("program", ["machsh", "docker-machine", "/opt/my tools/docker-machine"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_quick_answer_is_the_ordinary_one(full, words, program):
    variables = {"DOCKER_HOST": f"tcp://{full.address}"}
    (full.store / "machines" / "gen" / "config.json").unlink() if words == ["active"] else None
    (full.store / "machines" / "gen").rmdir() if words == ["active"] else None
    text = fast_path.answer(environment_of(full, words, program, variables))
    expected = ordinary(environment_of(full, words, program, variables))
    if words[-1] != "gen" or words[0] == "ip":
        assert (text is None) == (expected is None)
    if text is not None and expected is not None:
        assert text + "\n" == expected


@pytest.mark.parametrize(
    "words",
    [
        ["env", "foo"],
        ["config", "foo"],
        ["ip", "foo"],
        ["ls", "-q"],
        ["status", "foo"],
        ["inspect", "foo"],
        ["inspect", "-f", "{{.Driver.URL}}", "foo"],
    ],
    ids=" ".join,
)
def test_what_is_asked_most_is_answered_quickly(full, words):
    assert fast_path.answer(environment_of(full, words, "machsh", {})) is not None


@pytest.mark.parametrize(
    "words", [["env", "foo"], ["config", "foo"], ["url", "foo"], ["active"]], ids=" ".join
)
def test_of_an_engine_over_ssh_the_ordinary_way_answers(full, words):
    config = full.store / "machines" / "foo" / "config.json"
    record = json.loads(config.read_text())
    record["Machsh"] = {"Endpoint": "ssh"}
    config.write_text(json.dumps(record))
    variables = {"DOCKER_HOST": f"tcp://{full.address}"}
    assert fast_path.answer(environment_of(full, words, "machsh", variables)) is None


def test_the_active_machine_is_found_quickly(full):
    environment = environment_of(full, ["active"], "machsh", {"DOCKER_HOST": "tcp://127.0.0.1:1"})
    assert fast_path.answer(environment) is None
    (full.store / "machines" / "gen" / "config.json").write_text("{}")
    variables = {"DOCKER_HOST": f"tcp://{full.address}"}
    assert fast_path.answer(environment_of(full, ["active"], "machsh", variables)) is None
    (full.store / "machines" / "gen" / "config.json").unlink()
    (full.store / "machines" / "gen").rmdir()
    assert fast_path.answer(environment_of(full, ["active"], "machsh", variables)) == "foo"


@pytest.mark.parametrize(
    "words",
    [
        ["env", "nosuch"],
        ["env", "../foo"],
        ["env", ""],
        ["env", "-u"],
        ["env", "foo", "--no-proxy"],
        ["env"],
        ["ip"],
        ["ip", "foo", "nosuch"],
        ["ls"],
        ["ls", "-q", "--filter", "name=x"],
        ["config", "--swarm", "foo"],
        ["active", "-t", "1"],
        ["-D", "ip", "foo"],
        ["status"],
        ["status", "foo", "bar"],
        ["inspect"],
        ["inspect", "-f"],
        ["inspect", "-f", "{{.Driver}}", "foo"],
        ["inspect", "-f", "{{json .Driver}}", "foo"],
        ["inspect", "-f", "{{.Driver.Nothing}}", "foo"],
        ["inspect", "-f", "{{.Name.Nothing}}", "foo"],
        ["inspect", "-f", "{{.Driver.IPAddress", "foo"],
        ["inspect", "-f", "Driver", "foo"],
    ],
    ids=" ".join,
)
def test_any_doubt_is_left_to_the_ordinary_way(full, words):
    assert fast_path.answer(environment_of(full, words, "machsh", {})) is None


def test_a_machine_whose_address_may_be_another_ones_must_show_its_own_certificate(full):
    config = full.store / "machines" / "gen" / "config.json"
    record = json.loads(config.read_text())
    record["DriverName"] = "docker"
    certificate = full.store / "machines" / "gen" / "server.pem"
    record["HostOptions"]["AuthOptions"]["ServerCertPath"] = str(certificate)
    config.write_text(json.dumps(record))
    words = ["env", "gen"]
    assert fast_path.answer(environment_of(full, words, "machsh", {})) is None
    certificate.write_bytes((full.store / "certs" / "cert.pem").read_bytes())
    assert fast_path.answer(environment_of(full, words, "machsh", {})) is None
    certificate.write_bytes((full.store / "certs" / "engine.pem").read_bytes())
    text = fast_path.answer(environment_of(full, words, "machsh", {}))
    assert text is not None
    assert f'export DOCKER_HOST="tcp://{full.address}"' in text
    assert fast_path.answer(environment_of(full, ["ip", "gen"], "machsh", {})) == "127.0.0.1"
    certificate.unlink()
    assert fast_path.answer(environment_of(full, ["ip", "gen"], "machsh", {})) is None
    assert fast_path.answer(environment_of(full, ["url", "gen"], "machsh", {})) is None


def turn_into(full, driver):
    """Make `gen` a machine of this driver, whose engine answers with its own certificate."""
    config = full.store / "machines" / "gen" / "config.json"
    record = json.loads(config.read_text())
    kind = registry.find(driver, NoPlugins()).record_type if driver in registry.BUILT_IN else GenericRecord
    own = {"IPAddress": "127.0.0.1", "MachineName": "gen", "EnginePort": full.port, "SSHPort": 1}
    if driver == "virtualbox":
        own |= {"Network": "nat", "Image": "ubuntu-24.04", "VMID": "8d2b0d6a-7f0d-4a51-9a8e-0c5b1f1d2e3f"}
    record["Driver"] = {**kind().to_json(), **own}
    record["DriverName"] = driver
    record["HostOptions"]["AuthOptions"]["ServerCertPath"] = str(full.store / "certs" / "engine.pem")
    config.write_text(json.dumps(record))


@pytest.mark.parametrize("driver", ["docker", "qemu", "virtualbox"])
def test_machines_of_every_driver_that_makes_some_are_answered_quickly(full, driver):
    turn_into(full, driver)
    for words, part in (
        (["ip", "gen"], "127.0.0.1"),
        (["url", "gen"], f"tcp://{full.address}"),
        (["env", "gen"], f'export DOCKER_HOST="tcp://{full.address}"'),
        (["config", "gen"], f"-H=tcp://{full.address}"),
        (["status", "gen"], "Running"),
        (["ls", "-q"], "gen"),
    ):
        text = fast_path.answer(environment_of(full, words, "machsh", {}))
        assert text is not None, words
        assert part in text


def test_what_only_a_driver_of_another_program_knows_is_left_to_the_ordinary_way(full):
    turn_into(full, "elsewhere")
    for word in ("ip", "url", "env", "config", "status"):
        assert fast_path.answer(environment_of(full, [word, "gen"], "machsh", {})) is None
    names = fast_path.answer(environment_of(full, ["ls", "-q"], "machsh", {}))
    assert names == "bar\nfoo\ngen"


def test_a_broken_record_is_left_to_the_ordinary_way(full):
    (full.store / "machines" / "bar" / "config.json").write_text("{")
    assert fast_path.answer(environment_of(full, ["ls", "-q"], "machsh", {})) is None


@pytest.mark.parametrize("words", [["status", "foo"], ["inspect", "foo"]], ids=" ".join)
@pytest.mark.parametrize("place", ["MACHSH_CONFIG", "MACHSH_CONFIG_HOME", "XDG_CONFIG_HOME", ""])
def test_what_is_wrong_with_the_settings_is_told_by_the_ordinary_way(full, words, place):
    bare = environment_of(full, words, "machsh", {})
    assert fast_path.answer(bare) is not None
    folder = {"MACHSH_CONFIG_HOME": "", "XDG_CONFIG_HOME": "machsh", "": ".config/machsh"}.get(place, "")
    file = full.home / folder / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    value = file if place == "MACHSH_CONFIG" else full.home
    variables = {place: str(value)} if place else {}
    assert fast_path.answer(environment_of(full, words, "machsh", variables)) is None
    assert fast_path.answer(environment_of(full, words, "docker-machine", variables)) is not None
