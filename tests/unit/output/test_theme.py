"""Looks."""

import io
import re

import pytest
from pygments.styles import get_all_styles

from machsh.errors import MachshError
from machsh.output import messages
from machsh.output.progress_display import progress_for
from machsh.output.results import Document, Table
from machsh.output.theme import ARROW, DARK, LIGHT, PLAIN_ARROW, Theme, arrow, highlighted, state_look
from machsh.output.writer import Writer
from machsh.settings import parse
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


@pytest.mark.parametrize("name", sorted(get_all_styles()))
def test_every_pygments_style_is_a_theme(name):
    assert Theme(name).paint("x", "error").startswith("\x1b[")
    assert re.fullmatch(r"(\x1b\[[0-9;]*m)*x(\x1b\[[0-9;]*m)*", Theme(name).paint("x", "machine"))
    assert Theme(name, is_on=False).paint("x", "error") == "x"
    found = parse(f'theme = "{name}"', "config.toml")
    assert found.problems == ()
    assert found.text("theme") == name


def test_an_unknown_theme_is_a_problem_and_dark():
    assert "Pygments style" in parse('theme = "nosuch"', "config.toml").problems[0]
    assert Theme("nosuch").paint("x", "error") == Theme().paint("x", "error")


@pytest.mark.parametrize("theme", ["dark", "light", "monokai", "nosuch"])
def test_json_keeps_every_character_in_colour(theme):
    text = '{\n    "A": [1, true, null, "\\u003c"]\n}\n'
    shown = highlighted(text, "json", theme)
    assert shown != text
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == text


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_json_is_coloured_on_a_terminal_only(variables):
    environment = FakeEnvironment(variables=variables, terminal=True)
    Writer(environment).write(Document({"A": 1}))
    assert ("\x1b[" in environment.stdout.getvalue()) is not bool(variables)
    piped = FakeEnvironment()
    Writer(piped).write(Document({"A": 1}))
    assert piped.out == '{\n    "A": 1\n}\n'


def test_the_theme_reaches_all_that_is_printed():
    dark, monokai = (FakeEnvironment(terminal=True) for _ in range(2))
    monokai.theme = "monokai"
    for environment in (dark, monokai):
        messages.report_error(environment, MachshError("bad", hint="better"))
        messages.note(environment, "dim", "dim")
        progress = progress_for(environment)
        progress.warning("careful")
        Writer(environment).write(Table(("NAME",), [("a",)], [("machine",)]))
    plain = [
        re.sub(r"\x1b\[[0-9;]*m", "", one.stdout.getvalue() + one.stderr.getvalue())
        for one in (dark, monokai)
    ]
    assert plain[0] == plain[1]
    assert dark.stdout.getvalue() != monokai.stdout.getvalue()
    assert dark.stderr.getvalue() != monokai.stderr.getvalue()
