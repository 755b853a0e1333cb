"""Words: equal to Python's shlex wherever they are plain."""

import shlex

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from machsh.language import LanguageError, parse
from machsh.language.tree import Chain, Simple
from tests.support.places import CASE_FILES

CASES = [
    line
    for line in (CASE_FILES / "language/words.txt").read_text().split("\n")
    if line and not line.startswith("# ")
]
PLAIN = st.text(st.sampled_from("ab1 \t'\"\\-=./:ü漢"), max_size=30)


def words(text):
    program = parse(text)
    found = []
    for statement in program.statements:
        assert isinstance(statement.body, Chain)
        command = statement.body.first.parts[0]
        assert isinstance(command, Simple)
        found += ["-"] * statement.ignores_failure + [word.literal for word in command.words]
    return found


def test_there_are_sixty_cases():
    assert len(CASES) >= 60


@pytest.mark.parametrize("line", CASES)
def test_plain_words_read_as_shlex_reads_them(line):
    assert words(line) == shlex.split(line)


@settings(deadline=None)
@given(PLAIN)
@example("'")
@example("a\\")
@example('"\\')
def test_no_difference_from_shlex(line):
    line = f"x {line}"  # a lone dash at the start has a meaning of its own
    try:
        expected = shlex.split(line)
    except ValueError:
        with pytest.raises(LanguageError) as caught:
            parse(line)
        assert caught.value.is_incomplete
        return
    assert words(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a # b", ["a"]),
        ("a#b", ["a#b"]),
        ("'#' a", ["#", "a"]),
        ("a \\\n b", ["a", "b"]),
        ("a\\\nb", ["ab"]),
        ("a \\\r\n b", ["a", "b"]),
        ('"a\\\nb"', ["ab"]),
        ("a\r\n", ["a"]),
        ("'a\nb'", ["a\nb"]),
        ("\"\\$X\" \\$X '$X'", ["$X", "$X", "$X"]),
        ("a $ b$ $% '|' \\| \"|\"", ["a", "$", "b$", "$%", "|", "|", "|"]),
        ("a '&&' \\; \\> \\<", ["a", "&&", ";", ">", "<"]),
        ("a 2 a2 2a", ["a", "2", "a2", "2a"]),
    ],
)
def test_what_shlex_does_not_know(line, expected):
    assert words(line) == expected


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a 'b", 1, 3),
        ('ab\ncd "e', 2, 4),
        ("x\ny $(z", 2, 3),
        ("a ${b", 1, 3),
        ("a\\", 1, 2),
        ("漢 'b", 1, 3),
    ],
)
def test_an_open_piece_is_named_by_its_place(text, line, column):
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.is_incomplete


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_what_is_quoted_comes_back(text):
    word = parse(f"echo {shlex.quote(text)}").statements[0].body.first.parts[0].words[1]
    assert word.literal == text
