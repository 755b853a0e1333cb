import pytest

from machsh.commands.command import Context
from machsh.commands.declarations.shell import COMMANDS
from machsh.errors import UsageError
from machsh.options import Values
from machsh.shell import shell_commands
from machsh.shell.history.history import FILE_NAME
from machsh.shell.history.history_store import HistoryEntry, HistoryFile
from machsh.testing.fakes import FakeClock, FakeEnvironment


class NoShell:
    """A session that is no interactive shell's."""


def context(name, home, words=(), **values):
    command = next(one for one in COMMANDS if one.name == name)
    content = {option.name: option.empty for option in command.options} | values
    environment = FakeEnvironment(home)
    environment.now = FakeClock(10_000.0)
    return Context(
        environment, None, NoShell(), None, None, None, command, Values(content), list(words), None
    )


@pytest.fixture
def home(tmp_path):
    file = HistoryFile(FakeEnvironment(tmp_path).state_folder / FILE_NAME)
    for time, machine, text, code in (
        (100, "web", "ps", 0),
        (9_000, "web", "pull x", 1),
        (9_500, "db", "pull y", 1),
    ):
        entry = HistoryEntry(text, machine, "/srv", "s", time)
        file.add(entry)
        entry.code, entry.seconds = code, 2.0
        file.finish(entry)
    file.close()
    return tmp_path


def lines(table):
    return [row[4] for row in table.rows]


def test_history_without_a_shell_reads_the_file(home):
    assert lines(shell_commands.history(context("history", home))) == ["ps", "pull x", "pull y"]


def test_history_by_machine_failure_time_and_text(home):
    assert lines(shell_commands.history(context("history", home, machine="web", failed=True))) == ["pull x"]
    assert lines(shell_commands.history(context("history", home, since="20m"))) == ["pull x", "pull y"]
    assert lines(shell_commands.history(context("history", home, ["pull"], number=1))) == ["pull y"]
    assert shell_commands.history(context("history", home, folder=True)).rows[0][-1] == "/srv"


def test_history_with_a_span_that_is_none(home):
    with pytest.raises(UsageError, match="not a time span"):
        shell_commands.history(context("history", home, since="soon"))


@pytest.mark.parametrize("name", ["jobs", "foreground", "background", "complete"])
def test_what_needs_the_shell_says_so(home, name):
    declared = {"foreground": "fg", "background": "bg"}.get(name, name)
    with pytest.raises(UsageError, match="interactive shell"):
        getattr(shell_commands, name)(context(declared, home, ["x"]))


@pytest.mark.parametrize("words", [[], ["ps"], ["2"], ["0", "ps"], ["-1", "ps"]])
def test_watch_needs_seconds_and_a_line(home, words):
    with pytest.raises(UsageError, match="watch needs"):
        shell_commands.watch(context("watch", home, words))
