"""One machine that is followed: pauses, what its driver says of it, and when nothing is told any more."""

import pytest

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import MachineNotFoundError, MachshError
from machsh.monitor import machine_follower
from machsh.monitor.engine_follower import ROTATION_SECONDS
from machsh.monitor.machine_follower import MachineFollower


class FollowedMachine:
    """A machine whose engine ends each attempt with an error; its driver says a state, or fails."""

    is_over_ssh = False

    def __init__(self, says=State.RUNNING, has=()):
        self.says, self.capabilities, self.closed, self.asked_at = says, has, 0, []
        self.states_told = 0
        self.driver = self
        self.record = self.machsh = self
        self.cluster = "prod"

    def endpoint(self):
        self.asked_at.append("the record's address")

    def endpoint_at(self, url):
        self.asked_at.append(url)

    def state(self):
        self.states_told += 1
        if isinstance(self.says, BaseException):
            raise self.says
        return self.says

    def url(self):
        return "tcp://192.0.2.9:2376"

    def has(self, capability):
        return capability in self.capabilities

    def close(self):
        self.closed += 1


class FollowTrial:
    """Lets a follower try so often; it is the keeper, and the event that closes the follower."""

    interval = 2.0

    def __init__(self, machine, attempts=1, error=None, engine=None):
        self.kept, self.told, self.waited, self.attempts = machine, [], [], attempts
        self.error, self.seen = error or OSError(113, "No route to host"), 0
        self.is_closed, self.watched = False, set()
        self.follower = MachineFollower("web", self)
        self.follower._closed = self
        self.follower._engine.follow = engine or self.fail
        self.follower._run()

    def fail(self, *_):
        self.seen += 1
        self.is_closed = self.seen > 50  # for one that never pauses
        raise self.error

    def is_set(self):
        return self.is_closed or len(self.waited) >= self.attempts

    def wait(self, seconds):
        self.waited.append(seconds)

    def machine(self, name):
        if isinstance(self.kept, BaseException):
            raise self.kept
        return self.kept

    def change(self, name, **changes):
        self.told.append(changes)

    def is_watched(self, name):
        return name in self.watched

    def wait_for_first_round(self, seconds):
        return None


@pytest.fixture(autouse=True)
def no_dialer(monkeypatch):
    monkeypatch.setattr("machsh.machine.contact.engine_dial.engine_dialer", lambda machine, endpoint: None)


def test_who_does_not_answer_is_tried_ever_more_seldom_and_without_end():
    assert FollowTrial(FollowedMachine(), 8).waited == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0]


def test_a_machine_that_runs_is_looked_for_where_its_driver_says():
    machine = FollowedMachine()
    FollowTrial(machine, 2)
    assert machine.asked_at == ["the record's address", "tcp://192.0.2.9:2376"]
    machine = FollowedMachine()
    trial = FollowTrial(machine, 1)
    machine.says = State.STOPPED
    trial.attempts = 3
    trial.follower._run()
    assert machine.asked_at[-2:] == ["tcp://192.0.2.9:2376", "the record's address"]


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (State.RUNNING, {"state": "Running", "error": "no route to host"}),
        (State.NONE, {"state": "Running", "error": "no route to host"}),
        (State.ERROR, {"state": "Error", "error": "no route to host"}),
    ],
)
def test_a_machine_that_may_come_back_keeps_what_was_known_of_it(says, told):
    (found,) = FollowTrial(FollowedMachine(says)).told
    assert found == {"is_answering": False, **told}


def test_a_machine_that_does_not_run_has_no_containers_and_no_error():
    (found,) = FollowTrial(FollowedMachine(State.STOPPED)).told
    assert (found["state"], found["error"], found["containers"], found["role"]) == ("Stopped", "", (), "")


@pytest.mark.parametrize(
    "error", [MachshError("no such account"), RuntimeError("no such account"), SystemExit(3)]
)
def test_a_driver_that_fails_is_told_and_ends_nothing(error):
    trial = FollowTrial(FollowedMachine(error), 2)
    assert [one["state"] for one in trial.told] == ["Error", "Error"]
    assert (str(error) in trial.told[0]["error"], trial.follower.is_settled) == (True, True)


def test_a_driver_that_fails_does_not_change_the_state_of_a_machine_that_was_seen():
    trial = FollowTrial(FollowedMachine())
    trial.attempts = 2
    trial.follower._publish(is_answering=True)
    assert trial.told[-1]["cluster"] == "prod"
    assert not trial.follower.has_failed
    trial.kept.says = MachshError("no such account")
    trial.follower._run()
    assert "state" not in trial.told[-1]


def test_a_driver_that_is_a_program_does_not_stay_for_that():
    machine = FollowedMachine(MachshError("no"), has=(Capability.PROGRAM,))
    FollowTrial(machine)
    assert machine.closed == 1
    machine = FollowedMachine()
    FollowTrial(machine)
    assert machine.closed == 0


def test_whatever_an_engine_says_it_is_tried_again():
    assert FollowTrial(FollowedMachine(), 3, error=KeyError("x")).seen == 3


def test_a_machine_that_was_removed_is_followed_no_more():
    trial = FollowTrial(MachineNotFoundError("web"), 5)
    assert (trial.follower.has_ended, trial.waited, trial.told) == (True, [], [])


def test_a_machine_that_is_no_longer_watched_tells_nothing():
    def ended(*_):
        trial.is_closed = True
        raise OSError

    trial = FollowTrial(FollowedMachine(), 0)
    trial.attempts, trial.follower._engine.follow = 9, ended
    trial.follower._run()
    assert (trial.told, trial.kept.states_told) == ([], 0)
    trial.follower._publish(is_answering=True)
    assert trial.told == []


def test_containers_that_nobody_sees_are_read_seldom():
    trial = FollowTrial(FollowedMachine(), 0)
    assert trial.follower._period() == ROTATION_SECONDS
    trial.watched = {"web"}
    assert trial.follower._period() == 2.0
    trial.watched, trial.interval = set(), 60.0
    assert trial.follower._period() == 60.0


def test_connections_over_ssh_take_turns(monkeypatch):
    turns = []

    class Login:
        def __enter__(self):
            turns.append("begins")

        def __exit__(self, *_):
            turns.append("ends")

    monkeypatch.setattr(machine_follower, "login_turn", Login)
    monkeypatch.setattr(
        "machsh.machine.contact.engine_dial.engine_dialer", lambda *_: lambda seconds: turns.append(seconds)
    )
    machine = FollowedMachine()
    follower = FollowTrial(machine, 0).follower
    follower._dialer(machine)(5.0)
    machine.is_over_ssh = True
    follower._dialer(machine)(5.0)
    assert turns == [5.0, "begins", 5.0, "ends"]
