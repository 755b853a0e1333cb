"""What is said while something runs."""

import threading

import pyte
import pytest

from machsh.commands.command import Context
from machsh.output.console import width
from machsh.output.progress_display import LineProgress, TerminalProgress, progress_for
from machsh.testing.fakes import FakeClock, FakeEnvironment


@pytest.fixture
def clock():
    return FakeClock(0.0)


@pytest.fixture
def terminal(clock):
    environment = FakeEnvironment(terminal=True, variables={"COLUMNS": "40", "TERM": "xterm"})
    environment.monotonic = clock
    return environment


def seen(environment, columns=40, rows=12):
    screen = pyte.Screen(columns, rows)
    screen.set_mode(pyte.modes.LNM)
    pyte.Stream(screen).feed(environment.out)
    return [line.rstrip() for line in screen.display if line.strip()]


def test_lines_for_a_pipe():
    environment = FakeEnvironment()
    progress = LineProgress(environment)
    progress.step("Creating machine...")
    progress.info("(a) detail")
    progress.warning("careful")
    progress.debug("not shown")
    progress.end()
    assert environment.out == "Creating machine...\n(a) detail\ncareful\n"
    environment.debug = True
    LineProgress(environment, to_stderr=True).step("x")
    progress.debug("shown")
    assert environment.err == "x\nshown\n"


def test_steps_with_their_time(terminal, clock):
    progress = TerminalProgress(terminal)
    progress.step("Running pre-create checks...")
    clock.advance(1.25)
    progress.step("Creating machine...")
    assert seen(terminal) == ["✓ Running pre-create checks... 1.2s", "• Creating machine..."]
    progress.info("(a) detail")
    clock.advance(61)
    progress.warning("careful")
    progress.end()
    assert seen(terminal) == [
        "✓ Running pre-create checks... 1.2s",
        "  (a) detail",
        "careful",
        "✓ Creating machine... 61.0s",
    ]


def test_a_failed_step(terminal):
    progress = TerminalProgress(terminal)
    progress.step("Creating machine...")
    progress.end(is_good=False)
    assert seen(terminal) == ["✗ Creating machine... 0.0s"]


def test_lines_without_a_step_stand_alone(terminal):
    progress = TerminalProgress(terminal)
    progress.info("About to remove a")
    progress.end()
    assert terminal.out == "About to remove a\n"


def test_a_long_step_never_wraps(terminal, clock):
    progress = TerminalProgress(terminal)
    progress.step("x" * 100)
    clock.advance(5)
    progress.info("done soon")
    progress.end()
    found = seen(terminal)
    assert found == ["  done soon", f"✓ {'x' * 31}… 5.0s"]
    assert all(width(line) < 40 for line in found)


def test_each_thread_has_its_step(terminal, clock):
    progress = TerminalProgress(terminal)
    progress.step("Starting a...")
    thread = threading.Thread(target=progress.step, args=("Starting b...",))
    thread.start()
    thread.join()
    clock.advance(2)
    progress.end()
    assert sorted(seen(terminal)) == ["✓ Starting a... 2.0s", "✓ Starting b... 2.0s"]


def test_a_thread_ends_its_own_step_only(terminal, clock):
    progress = TerminalProgress(terminal)
    progress.step("Starting a...")

    def start():
        progress.step("Starting b...")
        progress.done(is_good=False)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    clock.advance(2)
    assert seen(terminal) == ["✗ Starting b... 0.0s", "• Starting a..."]
    progress.end()
    assert seen(terminal) == ["✗ Starting b... 0.0s", "✓ Starting a... 2.0s"]


def test_plain_marks_where_letters_are_plain(terminal):
    class Ascii(type(terminal.stdout)):
        encoding = "ascii"

    terminal.stdout = Ascii()
    progress = TerminalProgress(terminal)
    progress.step("Creating machine...")
    progress.end()
    assert terminal.out.isascii()


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"terminal": True}, TerminalProgress),
        ({}, LineProgress),
        ({"terminal": True, "program": "docker-machine"}, LineProgress),
        ({"terminal": True, "variables": {"TERM": "dumb"}}, LineProgress),
    ],
)
def test_who_gets_which(options, kind):
    assert type(progress_for(FakeEnvironment(**options))) is kind


def test_what_came_out_is_said_below_the_steps_of_all_threads(terminal):
    progress = TerminalProgress(terminal)
    worker = threading.Thread(target=progress.step, args=("Restarting the engine",))
    worker.start()
    worker.join()
    context = Context(*[None] * 4, progress, *[None] * 5)
    context.conclude("Renewed: web")
    assert seen(terminal) == ["✓ Restarting the engine 0.0s", "Renewed: web"]
