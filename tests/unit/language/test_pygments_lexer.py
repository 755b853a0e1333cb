"""The language's lexer for Pygments, as anybody's program finds it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename, guess_lexer
from pygments.token import Comment, Keyword, Name, Operator, String

from machsh.language.pygments_lexer import MachshLexer

TEXT = """#!/usr/bin/env machsh
# two hosts
@web docker ps -a --filter "name=$X" 'it'
if use web
  ls | !grep web
end
"""


def test_pygments_finds_it_by_name_and_by_file():
    assert isinstance(get_lexer_by_name("machsh"), MachshLexer)
    assert isinstance(get_lexer_for_filename("deploy.machsh"), MachshLexer)
    assert isinstance(guess_lexer(TEXT), MachshLexer)


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("#!/usr/bin/env machsh", Comment.Hashbang),
        ("# two hosts", Comment.Single),
        ("@web", Name.Label),
        ("docker", Name.Function),
        ("-a", Name.Attribute),
        ("$X", Name.Variable),
        ("name=", String.Double),
        ("'it'", String.Single),
        ("if", Keyword),
        ("use", Name.Function),
        ("|", Operator),
        ("grep web", String.Backtick),
        ("end", Keyword),
    ],
)
def test_what_is_what(piece, kind):
    assert (kind, piece) in list(MachshLexer().get_tokens(TEXT))


@given(st.one_of(st.text(), st.text(alphabet="ab$(){}'\"\\|&;<>#!@-\n \t\r=?", max_size=40)))
def test_any_text_comes_out_as_it_went_in(text):
    pieces = list(MachshLexer().get_tokens_unprocessed(text))
    assert "".join(piece for _, _, piece in pieces) == text
    at = 0
    for start, _, piece in pieces:
        assert start == at
        at += len(piece)
