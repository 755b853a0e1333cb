"""What a command waits for is said after a moment, and leaves no trace."""

import pyte
import pytest

from machsh.output import waiting as module
from machsh.output.waiting import waiting
from machsh.testing.fakes import FakeEnvironment
from tests.support.waiting import wait_until


def screen_of(environment):
    screen = pyte.Screen(40, 4)
    pyte.Stream(screen).feed(environment.err)
    return screen


def test_it_is_shown_with_its_seconds_and_taken_away(monkeypatch):
    monkeypatch.setattr(module, "TICK_SECONDS", 0.001)
    environment = FakeEnvironment(terminal=True, variables={"COLUMNS": "40", "TERM": "xterm"})
    with waiting(environment, "Asking 6 engines about everything that they know..."):
        wait_until(lambda: " 3s" in environment.err or "…" in environment.err)
        shown = screen_of(environment)
        assert shown.display[0].startswith("Asking 6 engines")
        assert len(shown.display[0].rstrip()) <= 39
    assert [line.strip() for line in screen_of(environment).display] == [""] * 4
    assert environment.out == ""


def test_what_ends_at_once_is_not_spoken_of():
    environment = FakeEnvironment(terminal=True, variables={"TERM": "xterm"})
    with waiting(environment, "Asking..."):
        pass
    assert environment.err == ""


@pytest.mark.parametrize(
    "quiet",
    [{}, {"terminal": True, "variables": {"TERM": "dumb"}}, {"terminal": True, "program": "docker-machine"}],
    ids=["pipe", "dumb", "docker-machine"],
)
def test_where_nobody_looks_nothing_is_drawn(quiet, monkeypatch):
    monkeypatch.setattr(module.threading, "Thread", None)
    environment = FakeEnvironment(**quiet)
    with waiting(environment, "Asking..."):
        pass
    assert environment.err == ""


def interrupted(environment):
    with waiting(environment, "Asking..."):
        wait_until(lambda: "Asking" in environment.err)
        raise KeyboardInterrupt


def test_an_interruption_takes_it_away_too(monkeypatch):
    monkeypatch.setattr(module, "TICK_SECONDS", 0.001)
    environment = FakeEnvironment(terminal=True, variables={"TERM": "xterm"})
    with pytest.raises(KeyboardInterrupt):
        interrupted(environment)
    assert [line.strip() for line in screen_of(environment).display] == [""] * 4
