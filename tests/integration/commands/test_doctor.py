"""The doctor on computers with and without things; programs are small scripts on a PATH of their own."""

import json
import os
from pathlib import Path

import pytest

import machsh
from machsh.commands.handlers.doctor import computer, installation, probe
from machsh.commands.handlers.doctor.finding import Finding, Health
from machsh.commands.handlers.doctor.report import Redactor, markdown
from machsh.machine.machines import Machines
from machsh.machine.records.record import MachineRecord
from machsh.plugin.catalog import Catalog
from machsh.progress import NullProgress
from machsh.session import one_shot
from machsh.session.opening import open_session
from machsh.session.session import Mode
from machsh.testing.fakes import FakeEnvironment, ScriptedAsk

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs are shell scripts")


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "bin").mkdir()
    return FakeEnvironment(
        tmp_path, variables={"PATH": str(tmp_path / "bin"), "DOCKER_HOST": f"unix://{tmp_path}/no"}
    )


def program(environment, name, script):
    path = environment.home / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def of_computer(environment):
    return {one.name: one for one in computer.findings(environment)}


def of_own(environment):
    catalog = Catalog(environment)
    machines = Machines(environment, catalog=catalog, progress=NullProgress(), ask=ScriptedAsk())
    return {one.name: one for one in installation.findings(environment, machines, catalog)}


def doctor(environment, *words):
    session = open_session(environment, Mode.ONE_SHOT)
    try:
        return one_shot.run(session, ["doctor", *words])
    finally:
        session.close()


def test_the_package_itself_is_named(environment):
    assert of_computer(environment)["machsh"].text.endswith(f", {Path(machsh.__file__).parent}")


def test_a_missing_docker_gets_the_command_of_this_computers_package_manager(environment):
    program(environment, "dnf", "true")
    found = of_computer(environment)["docker CLI"]
    assert found.health is Health.ABSENT
    assert found.remedy == "sudo dnf install docker-cli"


def test_a_docker_that_fails_or_hangs_is_wrong(environment, monkeypatch):
    program(environment, "docker", "exit 3")
    assert of_computer(environment)["docker CLI"].health is Health.BAD
    program(environment, "docker", "exec /bin/sleep 60")
    monkeypatch.setattr(probe, "SECONDS", 0.2)
    assert of_computer(environment)["docker CLI"].health is Health.BAD


def test_versions_are_shown_and_plugins_that_are_missing(environment):
    program(environment, "docker", '[ "$1" = compose ] && exit 1\necho "version of $1"')
    found = of_computer(environment)
    assert "version of --version" in found["docker CLI"].text
    assert found["buildx"].health is Health.GOOD
    assert found["compose"].health is Health.ABSENT


def test_of_hypervisors_the_versions_are_shown_and_the_drivers_say_what_is_missing(environment):
    assert not {"QEMU", "VirtualBox"} & of_computer(environment).keys()
    assert of_own(environment)["virtualbox"].text == "VBoxManage is not there: VirtualBox is not installed"
    program(environment, "VBoxManage", 'echo "WARNING: no module"; echo; echo 7.2.22r1')
    assert of_computer(environment)["VirtualBox"].text.startswith("7.2.22r1, ")


def test_an_agent_that_is_gone_is_wrong(environment):
    environment.variables["SSH_AUTH_SOCK"] = str(environment.home / "gone")
    assert of_computer(environment)["agent"].health is Health.BAD


def test_an_empty_home_is_good(environment):
    bad = [one for one in of_own(environment).values() if one.health is Health.BAD]
    assert bad == []


def test_damaged_machines_settings_plugins_and_open_folders_are_told_one_by_one(environment):
    catalog = Catalog(environment)
    store = Machines(environment, catalog=catalog, progress=NullProgress(), ask=ScriptedAsk()).store
    store.machine_folder("web").mkdir(parents=True)
    store.config_path("web").write_text("{")
    store.machine_folder("db").mkdir()
    store.save(MachineRecord(name="db", driver_name="none", driver={"MachineName": "db"}))
    (environment.config_folder / "plugins").mkdir(parents=True)
    (environment.config_folder / "plugins" / "half.py").write_text("import nothing_of_that_name")
    (environment.config_folder / "config.toml").write_text("prompt = 3")
    environment.store_folder.chmod(0o777)
    found = of_own(environment)
    assert found["web"].health is Health.BAD
    assert found["machines"].text == "1 can be read"
    assert found["half"].health is Health.BAD
    assert "prompt must be" in found["file"].text
    assert found["folder"].remedy == f"chmod go-w {environment.store_folder}"


def test_the_exit_code_says_whether_something_is_wrong(environment):
    assert doctor(environment) == 0
    assert "no telemetry" in environment.out
    environment.config_folder.mkdir(parents=True)
    (environment.config_folder / "config.toml").write_text("prompt = 3")
    assert doctor(environment) == 1


def test_json_has_every_finding(environment):
    assert doctor(environment, "--json") == 0
    rows = json.loads(environment.out)
    assert {row["Topic"] for row in rows} >= {"machsh", "Docker", "ssh", "Store", "Drivers"}
    assert all(set(row) == {"Topic", "Name", "Health", "Text", "Remedy"} for row in rows)


SECRETS = [
    "https://user:pa55@proxy.corp.example:3128",
    "tcp://10.1.2.3:2376",
    "tcp://[2001:db8::17]:2376",
    "db of alice@corp.example",
    "the machine secret-project is damaged",
    "--password hunter2x",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_report_tells_nothing_of_the_user(environment, text):
    redactor = Redactor(environment, ["secret-project"])
    shown = markdown([Finding("Store", "secret-project", Health.BAD, text)], redactor)
    for word in ("pa55", "corp.example", "10.1.2.3", "2001:db8", "alice", "secret-project", "hunter2x"):
        assert word not in shown


def test_a_report_keeps_what_helps(environment):
    redactor = Redactor(environment, [])
    text = f"{environment.home}/x 5.1.0, Docker version 28.2.2, unix:///var/run/docker.sock, 127.0.0.1"
    assert redactor(text) == "~/x 5.1.0, Docker version 28.2.2, unix:///var/run/docker.sock, 127.0.0.1"


@pytest.mark.parametrize("place", ["a file", "x" * 300, "file/below"])
@pytest.mark.parametrize("words", [(), ("--json",), ("--report",)])
def test_a_store_that_cannot_be_looked_into_is_a_finding(environment, place, words):
    (environment.home / "a file").write_text("")
    (environment.home / "file").write_text("")
    environment.take("MACHINE_STORAGE_PATH", str(environment.home / place))
    doctor(environment, *words)
    assert "Drivers" in environment.out
