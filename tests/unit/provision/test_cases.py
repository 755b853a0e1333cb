"""Every case file: a host's facts and a spec give these steps, files and notes, or this error, and then nothing."""

import json
from dataclasses import replace

import pytest

from machsh.errors import MachshError
from machsh.provision.os_release import parse
from machsh.provision.provisioner import EngineSpec
from machsh.provision.provisioners import choose
from machsh.testing.fake_host import FakeHost
from tests.support.places import CASE_FILES

FOLDER = CASE_FILES / "provision"
CASES = sorted(FOLDER.glob("*.json"))
SPEC = EngineSpec("m1", "generic", authority_pem="CA", server_pem="SERVER", server_key_pem="KEY")


def spec_of(changes):
    return replace(
        SPEC, **{key: tuple(value) if isinstance(value, list) else value for key, value in changes.items()}
    )


NAME_FILES = ("hosts", "hostname", "machine-hostname.yml")


def assert_can_be_undone(plan):
    """Every file but the host's name is the engine's, and a later step shows whether it takes it."""
    written = [step for step in plan.steps if step.file.rpartition("/")[2] not in (*NAME_FILES, "")]
    assert all(step.is_engine_file for step in written)
    assert not written or plan.steps[-1].recovery


def settle(host, provisioner, spec, first=None):
    """Plan and do until nothing is asked for again; the titles and notes of each round."""
    plan = (first or provisioner.plan)(host.facts, spec)
    rounds, notes, image = [], [], plan.image
    for _ in range(4):
        rounds.append([step.title for step in plan.steps])
        notes += plan.notes
        assert_can_be_undone(plan)
        host.do(plan)
        if not plan.again:
            return rounds, notes, image
        host.facts.update(host.done)
        plan = provisioner.plan(host.facts, spec)
    raise AssertionError("does not settle")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path):
    case = json.loads(path.read_text())
    host = host_of(case)
    host.done = case.get("done", {})
    if "error" in case:
        with pytest.raises(MachshError) as caught:
            run(host, case)
        assert str(caught.value) == case["error"]
        assert caught.value.hint
        assert host.commands == []
        assert host.files == {}
        return
    provisioner, rounds, notes, image = run(host, case)
    assert rounds == (case["rounds"] or [[]])
    check(host, case, notes, image)
    again = provisioner.plan(host.facts, spec_of(case.get("spec", {})))
    assert [step.title for step in again.steps] == []


def host_of(case):
    known = json.loads((FOLDER / "hosts" / f"{case['host']}.json").read_text())
    engine = known["engine"] if case.get("engine") else {}
    facts = {"os-release": known["os_release"], **known.get("facts", {}), **engine, **case.get("facts", {})}
    return FakeHost(facts, known["engine"])


def run(host, case):
    provisioner = choose(parse(host.facts["os-release"]))
    assert provisioner.name == case.get("provisioner", provisioner.name)
    if "after" in case:
        settle(host, provisioner, spec_of(case["after"]))
        host.commands.clear()
        for name, value in case.get("changed", {}).items():
            host.change(name, value)
    upgrade = provisioner.upgrade if case.get("upgrade") else None
    return provisioner, *settle(host, provisioner, spec_of(case.get("spec", {})), upgrade)


def check(host, case, notes, image):
    for path, expected in case.get("files", {}).items():
        content, mode = host.files[path]
        assert (content if isinstance(expected, str) else json.loads(content)) == expected
        assert mode == case.get("modes", {}).get(path, "644")
    for path in case.get("gone", []):
        assert host.facts[f"file:{path}"] == ""
    for command in case.get("commands", []):
        assert command in host.commands
    if "notes" in case:
        assert notes == case["notes"]
    assert image == case.get("image", "")
