"""One host that is read over ssh: its answers, what ends it, and what is told when it cannot be read."""

import shlex

import pytest

from machsh.errors import MachineNotFoundError
from machsh.machine.errors import NoSshError
from machsh.monitor import host_follower
from machsh.monitor.host_follower import HostFollower
from machsh.monitor.host_readings import MOST_BYTES

READING = b"0.5 1 2 1/4 7\nMemTotal: 90 kB\nMemAvailable: 50 kB\nFilesystem x\noverlay 100 40 60 40% /\n.\n"


class HostChannel:
    """The channel of one command, whose answers come in these pieces; behind the last it is closed."""

    def __init__(self, *pieces):
        self.pieces, self.commands, self.limits, self.is_closed = list(pieces), [], [], False

    def exec_command(self, line):
        self.commands.append(line)

    def settimeout(self, seconds):
        self.limits.append(seconds)

    def sendall(self, content):
        assert content == b"\n"

    def recv(self, size):
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def close(self):
        self.is_closed = True


class HostTrial:
    """A host follower that makes so many attempts; the channel or the error of each is given.

    It is the keeper, the machine and the connection in one.
    """

    interval = 0.0

    def __init__(self, *attempts, folder="/data", is_answering=True):
        self.attempts, self.left, self.told, self.waited = attempts, list(attempts), [], []
        self.answers = is_answering
        self.follower = HostFollower("web", self)
        self.follower._closed = self
        self.follower._run(folder)

    # The event that closes it: it is set when all attempts were made.

    def is_set(self):
        return len([one for one in self.waited if one]) >= len(self.attempts)

    def wait(self, seconds):
        self.waited.append(seconds)

    # The keeper.

    def wait_for_first_round(self, seconds):
        assert len(self.left) == len(self.attempts), "a login delays the first screen"

    def is_answering(self, name):
        return self.answers

    def change(self, name, **changes):
        self.told.append(changes)

    def machine(self, name):
        return self

    def runner(self):
        return self

    def connect(self):
        found = self.left.pop(0)
        if isinstance(found, BaseException):
            raise found
        self.channel = found

    def open_session(self):
        return self.channel


def test_a_host_is_read_again_and_again_by_one_command():
    channel = HostChannel(READING[:9], READING[9:], READING)
    trial = HostTrial(channel, folder="/da ta; reboot")
    assert [one["host"] and one["host"].load for one in trial.told] == [0.5, 0.5, None]
    assert "may have no sh, or no /proc" in trial.told[-1]["host_error"]
    (line,) = channel.commands
    assert shlex.split(line)[-1] == "/da ta; reboot"
    assert channel.is_closed


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (OSError(113, "No route to host"), "no route to host"),
        (TimeoutError(), "no answer over ssh"),
        (RuntimeError("of a plugin"), "RuntimeError: of a plugin"),
        (SystemExit("of a plugin"), "SystemExit: of a plugin"),
        ([b"x" * (MOST_BYTES + 1), READING], "may have no sh"),
        ([b"sh: not found\n.\n"], "not a reading of /proc"),
        ([TimeoutError()], "no answer over ssh"),
    ],
)
def test_a_host_that_cannot_be_read_is_told_and_tried_again(attempt, said):
    first = HostChannel(*attempt) if isinstance(attempt, list) else attempt
    trial = HostTrial(first, OSError(111, "Connection refused"))
    assert said in trial.told[0]["host_error"]
    assert trial.told[1] == {"host": None, "host_error": "connection refused"}
    assert trial.follower.is_settled


@pytest.mark.parametrize("error", [NoSshError("web", "none"), MachineNotFoundError("web")])
def test_a_machine_without_ssh_or_without_a_record_is_not_asked_again(error):
    trial = HostTrial(error, OSError())
    assert len(trial.left) == 1
    assert trial.follower.is_settled
    assert trial.told == []


def test_a_machine_that_does_not_answer_is_not_logged_in_to():
    trial = HostTrial(OSError(), is_answering=False)
    assert len(trial.left) == 1


def test_of_a_machine_that_stopped_meanwhile_the_state_says_enough():
    trial = HostTrial.__new__(HostTrial)
    trial.told, trial.answers = [], False
    HostFollower("web", trial)._record_failure(OSError(113, "No route to host"))
    assert trial.told == [{"host": None, "host_error": ""}]


def test_an_answer_that_trickles_has_one_limit_for_all_of_it():
    channel = HostChannel(*(bytes([one]) for one in READING))
    HostTrial(channel)
    assert all(0 < one <= host_follower.ANSWER_SECONDS for one in channel.limits)
    assert channel.limits[len(READING) - 1] < channel.limits[1]


def test_logins_take_turns(monkeypatch):
    turns = []

    class Turn:
        def __enter__(self):
            turns.append("begins")

        def __exit__(self, *_):
            turns.append("ends")

    monkeypatch.setattr(host_follower, "login_turn", Turn)
    monkeypatch.setattr(HostTrial, "connect", lambda self: turns.append("login"))
    monkeypatch.setattr(HostTrial, "open_session", lambda self: HostChannel())
    HostTrial(None)
    assert turns == ["begins", "login", "ends"]
