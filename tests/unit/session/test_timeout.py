"""The global `--timeout`: one rule for commands, for docker and for programs."""

import pytest

from machsh.commands.timeouts import limit_of
from machsh.errors import UsageError
from machsh.session import dispatch
from machsh.session.executor import Executor


@pytest.mark.parametrize(("text", "seconds"), [("10", 10), ("0x10", 16), ("0", None), (None, None)])
def test_docker_and_programs_have_the_limit(session, text, seconds):
    if text is not None:
        session.environment.variables["MACHSH_TIMEOUT"] = text
    assert dispatch._limit(session.environment) == seconds


def test_a_limit_that_is_no_number_is_refused_for_all(session):
    session.environment.variables["MACHSH_TIMEOUT"] = "soon"
    with pytest.raises(UsageError):
        limit_of(session.environment)
    assert Executor(session).execute("!true") == 2


def test_create_waits_no_longer_than_the_global_timeout(session, monkeypatch):
    waited = []

    def create(request, around):
        waited.append(around.seconds)

    monkeypatch.setattr("machsh.machine.creating.creation.create", create)
    session.environment.variables["MACHSH_TIMEOUT"] = "7"
    Executor(session).execute("create -d none --url tcp://h:1 new")
    assert waited == [7]


@pytest.mark.parametrize("line", ["!true", "docker ps", "ls", "create -d none --url tcp://h:1 new"])
def test_a_limit_below_zero_is_refused_for_all(session, line):
    session.environment.variables["MACHSH_TIMEOUT"] = "-1"
    assert Executor(session).execute(line) == 2


def test_a_command_refuses_its_own_limit_below_zero(session):
    assert Executor(session).execute("create --timeout -1 -d none --url tcp://h:1 new") == 2
