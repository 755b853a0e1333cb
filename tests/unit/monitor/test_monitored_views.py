"""What the monitor keeps of machines that come and go; the threads that follow them are stood in for."""

import pytest

from machsh.drivers.driver import State
from machsh.errors import MachineNotFoundError
from machsh.monitor import monitored_machines
from machsh.monitor.monitored_machines import MonitoredMachines
from tests.support.machines import catalog, create_request, fresh_driver, machines, progress  # noqa: F401


class IdleFollower:
    """Follows nothing; keeps what it is told."""

    def __init__(self, name, keeper, phase=0.0):
        self.name, self.is_closed, self.started = name, False, []
        self.has_ended = self.has_failed = self.is_settled = False

    def start(self, *words):
        self.started.append(words)

    def close(self):
        self.is_closed = True


@pytest.fixture
def monitored(machines, create_request, monkeypatch):  # noqa: F811
    """Three machines on the monitor; nobody looks for more."""
    for name in ("a", "b", "c"):
        machines.create(create_request(name))
    monkeypatch.setattr(monitored_machines, "MachineFollower", IdleFollower)
    monkeypatch.setattr(monitored_machines, "HostFollower", IdleFollower)
    found = MonitoredMachines(machines, machines.names, 1.0)
    found._scan()
    return found


def names(monitored):
    return [one.name for one in monitored.views()]


def test_a_machine_that_goes_is_followed_no_more(monitored, machines):  # noqa: F811
    gone = monitored._followers["b"]
    machines.remove("b")
    monitored._scan()
    assert (names(monitored), gone.machine.is_closed, gone.host.is_closed) == (["a", "c"], True, True)
    monitored.change("b", state="Running")
    assert names(monitored) == ["a", "c"], "what its thread still says brings it not back"


def test_a_machine_whose_thread_has_ended_is_followed_anew(monitored):
    former = monitored._followers["b"]
    former.machine.has_ended = True
    monitored._scan()
    assert monitored._followers["b"] is not former
    assert sorted(names(monitored)) == ["a", "b", "c"]


def test_a_name_that_is_chosen_and_not_in_the_store_is_no_row(machines, create_request, monkeypatch):  # noqa: F811
    monkeypatch.setattr(monitored_machines, "MachineFollower", IdleFollower)
    found = MonitoredMachines(machines, lambda: ["never"], 1.0)
    found._scan()
    assert found.views() == []


def test_a_choice_that_fails_keeps_the_machines_that_are_there(monitored):
    def choose():
        raise MachineNotFoundError("d")

    monitored._choose = choose
    monitored._scan()
    assert names(monitored) == ["a", "b", "c"]


def test_a_broken_record_keeps_no_other_row_back(monitored, machines, create_request):  # noqa: F811
    machines.store.config_path("a").write_text("{")
    machines.create(create_request("d"))
    monitored._scan()
    assert names(monitored) == ["a", "b", "c", "d"]
    assert [one.driver for one in monitored.views()] == ["bare"] * 4


def test_all_threads_end_with_the_screen(monitored, machines, monkeypatch):  # noqa: F811
    closed = []
    monkeypatch.setattr(type(machines), "close", lambda one: closed.append(one))
    monitored.__exit__(None, None, None)
    followers = monitored._followers.values()
    assert all(one.machine.is_closed and one.host.is_closed for one in followers)
    assert closed == [machines]


def test_the_first_round_is_over_when_each_machine_was_reached_or_not(monitored):
    monitored.change("a", state="Running")
    monitored.change("b", state="Stopped")
    assert not monitored.is_complete
    monitored.change("c", state="Error")
    assert monitored.is_complete


def test_a_host_is_read_by_one_thread_however_often_its_engine_comes_back(monitored):
    host = monitored._followers["a"].host
    monitored.change("a", is_answering=True, seen=1.0, data_folder="/data")
    monitored.change("a", is_answering=False)
    monitored.change("a", is_answering=True, seen=2.0)
    assert host.started == [("/data",)]


def test_all_is_told_when_engines_have_answered_or_failed_and_hosts_of_those_that_answer_too(monitored):
    for one in monitored._followers.values():
        one.machine.is_settled = True
    assert monitored._is_settled()
    monitored.change("a", is_answering=True, seen=1.0)
    assert not monitored._is_settled()
    monitored._followers["a"].host.is_settled = True
    assert monitored._is_settled()
    monitored._followers["b"].machine.is_settled = False
    assert not monitored._is_settled()


class Answer:
    """A driver's answer for all its machines."""

    def __init__(self, **states):
        self.states = states

    def state_of(self, machine):
        return self.states.get(machine.name)


def test_what_a_driver_says_is_told_of_machines_whose_engine_does_not_answer(monitored, machines):  # noqa: F811
    own = [machines.get(name) for name in ("a", "b", "c")]
    monitored.change("a", is_answering=True, seen=1.0, state="Running")
    monitored._take_states(Answer(a=State.STOPPED, b=State.STOPPED, c=State.RUNNING), own)
    assert [one.state for one in monitored.views()] == ["Running", "Stopped", ""]
    assert monitored._followers["b"].machine.has_failed
    machines.remove("b")
    monitored._scan()
    monitored._take_states(Answer(b=State.STOPPED), own)
    assert names(monitored) == ["a", "c"]
