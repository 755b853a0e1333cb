"""What the first boot places is what provisioning would have written."""

import base64
import json
import re

import pytest

from machsh.provision.engine_config.systemd_unit import start_line
from machsh.provision.first_boot import DEBIAN_LINE, DOCKER_LINE, START_LINES, script
from machsh.provision.os_release import parse
from machsh.provision.provisioner import EngineSpec, Plan, Step
from machsh.provision.provisioners import choose
from machsh.testing.fake_host import FakeHost
from tests.support.places import CASE_FILES

SPEC = EngineSpec(
    "m1", "qemu", labels=("a=it's",), authority_pem="CA\n", server_pem="SERVER\n", server_key_pem="KEY\n"
)
HOSTS = CASE_FILES / "provision" / "hosts"
PUT = re.compile(r"^put (\d+) (\S+) <<'END'\n(.*)\nEND$", re.MULTILINE)


def placed(text, line):
    """Path, content and mode of what the script writes on a host whose unit has this line."""
    block = re.search(rf"^if starts_with '{re.escape(line)}'; then\n(.*?)^fi$", text, re.M | re.S)
    after = text.rpartition("\nfi\n")[2]
    for mode, path, encoded in PUT.findall(block[1] + after):
        yield path, base64.b64decode(encoded).decode(), int(mode, 8)


def booted(name, spec):
    """A host of the case files whose engine was started with what the script placed."""
    known = json.loads((HOSTS / f"{name}.json").read_text())
    facts = {"os-release": known["os_release"], **known.get("facts", {}), **known["engine"]}
    host = FakeHost({**facts, "hostname": "m1", "file:/etc/hostname": "m1"}, {})
    host.facts["file:/etc/hosts"] = "127.0.1.1 m1"
    line = start_line(host.facts["unit"])
    host.do(
        Plan(
            tuple(
                Step(path, file=path, content=text, mode=mode)
                for path, text, mode in placed(script(spec), line)
            )
        )
    )
    host.do(Plan((Step("boot", commands=(("systemctl", "enable", "docker.service"), ("x", "start"))),)))
    host.facts["ports"] += "\n2376"
    return host


@pytest.mark.parametrize("name", ["debian-12", "debian-13", "ubuntu-24.04"])
@pytest.mark.parametrize("changes", [{}, {"variables": ("HTTP_PROXY=http://p:1",), "flags": ("mtu=1400",)}])
def test_provisioning_finds_nothing_to_do_after_it(name, changes):
    spec = EngineSpec(**{**{key: getattr(SPEC, key) for key in SPEC.__slots__}, **changes})
    host = booted(name, spec)
    assert host.facts["hash:/etc/docker/server-key.pem"].endswith(" 600")
    provisioner = choose(parse(host.facts["os-release"]))
    assert [step.title for step in provisioner.plan(host.facts, spec).steps] == []


def test_a_changed_spec_is_still_provisioned():
    host = booted("debian-12", SPEC)
    provisioner = choose(parse(host.facts["os-release"]))
    spec = EngineSpec(**{**{key: getattr(SPEC, key) for key in SPEC.__slots__}, "labels": ("b=2",)})
    assert provisioner.plan(host.facts, spec).steps


def test_the_known_lines_are_those_of_the_systems():
    lines = {
        path.stem: start_line(json.loads(path.read_text())["engine"].get("unit", ""))
        for path in HOSTS.glob("*.json")
    }
    assert {lines["debian-12"], lines["debian-13"]} == {DEBIAN_LINE}
    assert lines["ubuntu-24.04"] == DOCKER_LINE
    assert START_LINES == (DEBIAN_LINE, DOCKER_LINE)


def test_the_key_is_written_last_and_daemon_json_last_of_the_settings():
    paths = [path for path, _, _ in placed(script(SPEC), DEBIAN_LINE)]
    assert paths[-1] == "/etc/docker/server-key.pem"
    assert [path for path in paths if not path.endswith(".pem")][-1] == "/etc/docker/daemon.json"


def test_nothing_of_it_can_be_read_as_a_command():
    """Contents are encoded; so a label may contain the word that ends one."""
    spec = EngineSpec("m1", "qemu", labels=("a=1\nEND\nreboot\n",), server_pem="S", server_key_pem="K")
    assert "reboot" not in script(spec)


def test_an_engine_that_the_boot_is_just_starting_is_waited_for_and_not_restarted():
    host = booted("debian-12", SPEC)
    host.facts["service"] = "LoadState=loaded\nActiveState=activating\nUnitFileState=enabled"
    host.facts["ports"] = "22"
    provisioner = choose(parse(host.facts["os-release"]))
    (step,) = provisioner.plan(host.facts, SPEC).steps
    assert step.title == "wait for the engine to start"
    assert ("systemctl", "start", "docker.service") in step.commands
    assert step.commands[-1][-1] == "2376"
    host.facts["stale"] = "/etc/docker/daemon.json"
    assert [one.title for one in provisioner.plan(host.facts, SPEC).steps] == ["start the engine"]
