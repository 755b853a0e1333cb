"""Machines whose engines machsh sets up know which engine they have, so that `adopt` knows it again."""

import pytest

from machsh.machine.adopting.engine_source import EngineSource
from machsh.machine.records import phase
from machsh.machine.upkeep import provisioning
from machsh.machine.upkeep.engine_identity import note_identity
from machsh.testing.fake_engine import FakeEngine


@pytest.fixture
def web(machines, tmp_path):
    """A machine and its engine; what the engine is called is not in its record."""
    with FakeEngine(tmp_path / "engine.sock", info={"ID": "QZ7F:ABCD"}) as running:
        machines.adopt(machines.examine_engine(EngineSource(running.url), "web", seconds=5))
        machine = machines.get("web")
        machine.record.machsh.engine_id = ""
        running.requests.clear()
        yield machine, running


def test_an_engine_that_was_never_asked_is_noted_and_known_again(machines, web):
    machine, running = web
    note_identity(machine)
    with machines.store.change("web") as record:
        record.machsh.engine_id = machine.record.machsh.engine_id
    assert machines.adopted_as(machines.examine_engine(EngineSource(running.url), "two", seconds=5)) == "web"


def test_an_engine_that_is_known_is_not_asked_again(web):
    machine, running = web
    note_identity(machine)
    running.requests.clear()
    note_identity(machine)
    assert running.requests == []


def test_a_creation_that_goes_on_asks_again_because_its_host_may_be_a_new_one(web):
    machine, _ = web
    machine.record.machsh.engine_id, machine.record.machsh.phase = "QZ7F:GONE", phase.ENGINE
    note_identity(machine)
    assert machine.record.machsh.engine_id == "QZ7F:ABCD"


def test_an_engine_that_refuses_to_tell_ends_nothing(web):
    machine, running = web
    running.refuses["GET /info"] = "an authorization plugin says no"
    note_identity(machine)
    running.stop()
    note_identity(machine)
    assert machine.record.machsh.engine_id == ""


def test_setting_an_engine_up_notes_which_one_it_is(web, monkeypatch):
    machine, _ = web
    host = provisioning.DetectedHost(machine, type("Provisioner", (), {"plan": None})(), {})
    monkeypatch.setattr(
        provisioning, "spec_with_certificates", lambda *_, **__: provisioning.spec_over_ssh(machine)
    )
    monkeypatch.setattr(provisioning, "converge", lambda *_: provisioning.ConvergeResult())
    SET_UP(machine, host)
    assert machine.record.machsh.engine_id == "QZ7F:ABCD"


SET_UP = provisioning.apply
"""The fixtures replace it."""
