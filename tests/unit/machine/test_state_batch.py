"""A driver that can tell the states of all its machines is asked once."""

import threading

import pytest

from machsh.drivers.driver import State
from machsh.errors import MachshError
from tests.support.machines import VirtualDriver

NAMES = [f"vm{number}" for number in range(20)]


@pytest.fixture
def made(machines, create_request, engine, monkeypatch):
    monkeypatch.setattr("machsh.machine.status.engine_version", lambda machine, url, seconds: "27.0")
    for name in NAMES:
        machines.create(create_request(name, "virtual"))
        VirtualDriver.hosts[name] = State.STOPPED
    machines.create(create_request("other", "bare"))
    VirtualDriver.calls.clear()
    return machines


def asked_alone():
    return VirtualDriver.calls.count("state")


def test_twenty_machines_are_one_question(made):
    rows = made.survey(NAMES)
    assert {row.state for row in rows} == {State.STOPPED}
    assert VirtualDriver.asked == [sorted(NAMES)]
    assert asked_alone() == 0


def test_a_running_machine_has_its_known_url(made):
    VirtualDriver.hosts["vm3"] = State.RUNNING
    (row,) = [row for row in made.survey(NAMES) if row.state is State.RUNNING]
    assert (row.name, row.url, row.docker_version) == ("vm3", "tcp://127.0.0.1:49211", "v27.0")
    assert asked_alone() == 0


def test_a_machine_that_is_missing_in_the_answer_is_asked_alone(made):
    VirtualDriver.unknown = {"vm1"}
    rows = {row.name: row.state for row in made.survey(NAMES)}
    assert rows["vm1"] is State.STOPPED
    assert len(VirtualDriver.asked) == 1
    assert 0 < asked_alone() <= 2


@pytest.mark.parametrize(
    "error", [MachshError("VBoxManage hangs"), ZeroDivisionError("a bug"), SystemExit(1)]
)
def test_a_failed_question_is_not_the_end(made, error):
    VirtualDriver.fails["states"] = error
    rows = made.survey()
    assert {row.state for row in rows if row.name in NAMES} == {State.STOPPED}
    assert all(row.error == "" for row in rows)


def test_what_fails_for_each_is_one_row_each(made):
    VirtualDriver.fails.update(states=MachshError("no answer"), state=MachshError("no answer"))
    rows = made.survey()
    assert len(rows) == len(NAMES) + 1
    assert {(row.state, row.error) for row in rows if row.name in NAMES} == {(State.ERROR, "no answer")}


def test_a_question_that_hangs_makes_late_rows_of_its_driver_only(made, monkeypatch):
    end = threading.Event()
    monkeypatch.setattr(VirtualDriver, "states", classmethod(lambda cls, drivers: end.wait(30) and {}))
    rows = made.survey(seconds=0.3)
    end.set()
    assert {row.state for row in rows if row.name in NAMES} == {State.TIMEOUT}
    assert next(row.state for row in rows if row.name == "other") is State.RUNNING


def test_a_nonsensical_answer_counts_as_none(made, monkeypatch):
    monkeypatch.setattr(VirtualDriver, "states", classmethod(lambda cls, drivers: {"vm1": "poweroff"}))
    assert {row.state for row in made.survey(NAMES)} == {State.STOPPED}


def test_a_broken_record_does_not_keep_the_others_from_being_asked_together(made):
    with made.store.change("vm5") as record:
        record.driver["SSHPort"] = "x"
    rows = {row.name: row.state for row in made.survey(NAMES)}
    assert rows.pop("vm5") is State.ERROR
    assert set(rows.values()) == {State.STOPPED}
    assert VirtualDriver.asked == [sorted(set(NAMES) - {"vm5"})]
