"""Servers that stop answering at some stage, or never stop: one deadline counts for everything."""

import os
import socket
import threading
import time
from contextlib import suppress

import pytest

from machsh.errors import DeadlineError, MachshError
from machsh.ssh.connection import ANSWER_BYTES, Connection
from machsh.ssh.errors import AnswerTooLongError
from machsh.ssh.keys import make_key_pair
from machsh.ssh.pty import interact
from tests.live.ssh.lying import GARBAGE, STAGES, lying
from tests.live.sshd import nobody

pytestmark = pytest.mark.live

SECONDS = 2.0
GENEROUS = 5 * SECONDS
"""What a busy computer may need for it."""


@pytest.fixture
def connect(tmp_path):
    """A connection to a target with a key of its own."""
    from dataclasses import replace

    make_key_pair(tmp_path / "key")
    made = []

    def make(target, seconds=60):
        made.append(
            Connection(
                replace(target, key_path=tmp_path / "key"), ask=nobody(), seconds=seconds, home=tmp_path
            )
        )
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.mark.parametrize("stage", STAGES)
def test_a_command_ends_at_its_deadline_wherever_the_server_stops(connect, stage):
    with lying(stage) as target:
        begin = time.monotonic()
        with pytest.raises(MachshError) as caught:
            connect(target).run(["true"], seconds=SECONDS)
        assert SECONDS * 0.7 < time.monotonic() - begin < GENEROUS
        assert f"no answer within {SECONDS:g} s" in str(caught.value)
        assert caught.value.hint


@pytest.mark.parametrize("stage", STAGES[:6])
def test_a_stream_without_a_limit_still_starts_within_the_connections(connect, stage):
    with lying(stage) as target:
        begin = time.monotonic()
        with pytest.raises(MachshError, match=f"no answer within {SECONDS:g} s"):
            connect(target, SECONDS).stream("true", stdin=None, out=len, err=len)
        assert time.monotonic() - begin < GENEROUS


@pytest.mark.parametrize("stage", ["channel", "command"])
def test_a_terminal_and_a_socket_are_not_waited_for_longer_than_the_connection_may(connect, stage):
    with lying(stage) as target:
        begin = time.monotonic()
        with pytest.raises(MachshError, match="no answer within"):
            interact(connect(target, SECONDS), "true")
        with pytest.raises(MachshError):
            connect(target, SECONDS).open_unix("/var/run/docker.sock")
        assert time.monotonic() - begin < 3 * GENEROUS


@pytest.mark.parametrize("stage", ["output", "slow output", "exit code"])
def test_a_terminal_with_a_limit_ends_at_it(connect, stage):
    with lying(stage) as target:
        begin = time.monotonic()
        with pytest.raises(DeadlineError, match=f"no answer within {SECONDS:g} s"):
            interact(connect(target), "true", stdin=os.open(os.devnull, os.O_RDONLY), seconds=SECONDS)
        assert time.monotonic() - begin < GENEROUS


@pytest.mark.parametrize("stage", sorted(GARBAGE))
def test_packets_without_sense_are_one_message(connect, stage):
    with lying(stage) as target:
        for call in (lambda one: one.run(["true"], seconds=SECONDS), lambda one: one.host_key()):
            with pytest.raises(MachshError, match="cannot reach"):
                call(connect(target, SECONDS))


def test_threads_that_wait_for_one_dialling_keep_their_own_deadlines(connect):
    with lying("login") as target:
        connection = connect(target, GENEROUS)

        def dial():
            with suppress(MachshError):
                connection.connect()

        first = threading.Thread(target=dial, daemon=True)
        first.start()
        begin = time.monotonic()
        with pytest.raises(MachshError):
            connection.run(["true"], seconds=SECONDS)
        assert time.monotonic() - begin < GENEROUS
    first.join(GENEROUS)


def test_an_agent_that_never_answers_is_given_up(connect, tmp_path, monkeypatch):
    import subprocess

    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", tmp_path / "locked"], check=True
    )
    with socket.socket(socket.AF_UNIX) as silent, lying("command") as target:
        silent.bind(str(tmp_path / "agent"))
        silent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        (tmp_path / "key").unlink()
        (tmp_path / "locked").rename(tmp_path / "key")
        begin = time.monotonic()
        with pytest.raises(MachshError):
            connect(target).run(["true"], seconds=SECONDS)
        assert time.monotonic() - begin < GENEROUS


def test_a_name_that_is_never_resolved_is_given_up(connect, monkeypatch):
    from machsh.ssh.target import Target

    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(60))
    try:
        with pytest.raises(MachshError, match=f"no answer within {SECONDS:g} s"):
            connect(Target("web.example")).run(["true"], seconds=SECONDS)
    finally:
        released.set()


@pytest.mark.parametrize("stage", ["endless output", "endless errors"])
def test_an_endless_answer_is_cut_and_told(connect, stage):
    with lying(stage) as target:
        begin = time.monotonic()
        with pytest.raises(AnswerTooLongError, match="it printed more than 4 MiB and was hung up on"):
            connect(target).run(["uname"], seconds=60)
        assert time.monotonic() - begin < 30


def test_what_the_user_runs_is_streamed_without_a_limit(connect):
    size = 0

    def count(piece):
        nonlocal size
        size += len(piece)

    with lying("endless output") as target, pytest.raises(DeadlineError):
        connect(target).stream("yes", stdin=None, out=count, err=count, seconds=SECONDS * 3)
    assert size > ANSWER_BYTES
