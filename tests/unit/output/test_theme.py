"""Looks."""

import io

from machsh.output.theme import ARROW, DARK, LIGHT, PLAIN_ARROW, Theme, arrow, state_look
from machsh.testing.fakes import FakeEnvironment


def test_themes_have_the_same_names():
    assert DARK.keys() == LIGHT.keys()
    assert DARK != LIGHT


def test_painting():
    assert Theme().paint("x", "error") == "\x1b[1;31mx\x1b[0m"
    assert Theme("light").paint("x", "warning") != Theme("dark").paint("x", "warning")
    assert Theme(is_on=False).paint("x", "error") == "x"
    assert Theme().paint("x", "no such look") == "x"
    assert Theme().paint("", "error") == ""


def test_every_state_has_a_look():
    from machsh.drivers.driver import State

    assert [state for state in State if state.value and state_look(state.value) not in DARK] == []


def test_the_arrow_fits_the_stream():
    environment = FakeEnvironment()
    assert arrow(environment) == ARROW
    environment.stdout = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    assert arrow(environment) == PLAIN_ARROW
