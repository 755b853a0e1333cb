"""The manual page has every word of the table, and roff takes none of them for one of its own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machsh.commands.command_table import built_in
from machsh.commands.global_options import GLOBAL_OPTIONS
from machsh.commands.manual import escape
from machsh.commands.packaging import COMPLETIONS, MANUAL, files

PAGE = files()[MANUAL]
COMMANDS = {one.name: one for one in built_in()}


def section(name):
    return PAGE.partition(f"\n.SS {escape(name)}\n")[2].partition("\n.S")[0]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_a_command_has_a_section_with_its_options_and_examples(command):
    text = section(command.name)
    assert escape(command.summary.rstrip(".")) in text
    for option in command.options:
        assert option.hidden or escape(f"-{option.name}") in text
    for example in command.examples:
        assert escape(example) in text


def test_options_before_the_command_and_the_drivers_have_theirs():
    before = PAGE.partition(".SH OPTIONS")[2].partition(".SH COMMANDS")[0]
    assert [one.name for one in GLOBAL_OPTIONS if escape(f"--{one.name}") not in before] == []
    drivers = PAGE.partition(".SH DRIVERS")[2]
    assert all(f".SS {name}" in drivers for name in ("docker", "generic", "none"))
    assert escape("--generic-ip-address") in drivers


def test_only_what_is_built_in_is_packed(monkeypatch, tmp_path):
    folder = tmp_path / "machsh" / "plugins"
    folder.mkdir(parents=True)
    (folder / "evil.py").write_text("raise SystemExit('a plugin was read')\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert files()[MANUAL] == PAGE
    assert set(files()) == {MANUAL, *COMPLETIONS.values()}


@given(st.text(alphabet=st.sampled_from(".'\\-\n ab\"%")))
def test_no_text_becomes_a_request_of_roff(text):
    shown = escape(text)
    assert not re.search(r"^[.']", shown, re.MULTILINE)
    assert not re.search(r"\\(?![e\-&(])", shown)
