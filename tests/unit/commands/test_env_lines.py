"""The lines of `env` where only an interactive shell shows a fault."""

import pytest

from machsh.commands.handlers.env_lines import dialect_of


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("a!b", """export V="a"'!'"b\""""),
        ("\\!", """export V="\\\\"'!'"\""""),
        ("!!", """export V=""'!'""'!'"\""""),
    ],
)
def test_history_expansion_finds_no_exclamation_mark_in_double_quotes(value, line):
    assert dialect_of("bash").set("V", value) == dialect_of("zsh").set("V", value) == line
