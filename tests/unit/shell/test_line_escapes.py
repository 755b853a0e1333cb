"""A line with several `!`: each is a piece of its own for highlighting and completion."""

import pytest

from machsh.shell.completion.line import cursor_context, split


@pytest.mark.parametrize("operator", [";", "&&", "||", "|"])
def test_each_exclamation_mark_begins_a_piece(operator):
    line = split(f"!echo a {operator} !grep 'b; !c'")
    assert [(piece.operator, [word.text for word in piece.words]) for piece in line.pieces] == [
        ("", ["echo", "a"]),
        (operator, ["grep", "b; !c"]),
    ]
    assert all(piece.is_escape for piece in line.pieces)


def test_the_word_after_a_further_exclamation_mark_is_a_program():
    found = cursor_context("ls -q | !gre")
    assert (found.words, found.typed, found.is_foreign) == ((), "gre", True)
