import shlex

import pytest

from machsh.shell.completion.line import CursorContext, cursor_context, quoted, split

PLAIN = [
    "a", "a b", "  a   b  ", "'a b'", '"a b"', "a\\ b", "a'b'c", 'a"b c"d', "''", '""', "a '' b", "'a\"b'", '"a\'b"',
    '"a\\"b"', "'a\\b'", "\\'a", 'a\\"b', '"a\\\\b"', "--x=y", "--x='y z'", "a=b c", "x'y z'\"w v\"", "1 2 3", "é ü", "a\tb",
    "-it --name web-1", "a.b/c:d@e,f", "'it'\\''s'", '"$x"', "%d +5",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_are_those_of_a_shell(text):
    assert [word.text for piece in split(text).pieces for word in piece.words] == shlex.split(text)


@pytest.mark.parametrize("text", PLAIN)
def test_quoting_is_undone_by_a_shell(text):
    assert shlex.split(quoted(text)) == [text]
    if "$" not in text:  # shlex does not know the escaped dollar of a shell's double quotes
        assert shlex.split(quoted(text, '"')) == [text]
    assert shlex.split(quoted(text, "'")) == [text]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", CursorContext()),
        ("ps", CursorContext((), "ps", 0)),
        ("ps ", CursorContext(("ps",), "", 3)),
        ("ps -a", CursorContext(("ps",), "-a", 3)),
        ("cd 'my fo", CursorContext(("cd",), "my fo", 3, "'")),
        ('cd "my fo', CursorContext(("cd",), "my fo", 3, '"')),
        ("cd my\\ fo", CursorContext(("cd",), "my fo", 3)),
        ("a; b c", CursorContext(("b",), "c", 5)),
        ("a && b", CursorContext((), "b", 5)),
        ("ps | gr", CursorContext((), "gr", 5, "", "", True)),
        ("ps | grep x", CursorContext(("grep",), "x", 10, "", "", True)),
        ("ps '|' gr", CursorContext(("ps", "|"), "gr", 7)),
        ("!l", CursorContext((), "l", 1, "", "", True)),
        ("!ls x", CursorContext(("ls",), "x", 4, "", "", True)),
        ("!ls | gr", CursorContext((), "gr", 6, "", "", True)),
        ("echo $(ls 'a b", CursorContext(("ls",), "a b", 10, "'")),
        ("ps > fi", CursorContext(("ps",), "fi", 5, "", ">")),
        ("ps >", CursorContext((), "", 4, "", ">")),
        ("ps 2>> fi", CursorContext(("ps",), "fi", 7, "", "2>>")),
        ("ps < fi", CursorContext(("ps",), "fi", 5, "", "<")),
        ("ps > f -a", CursorContext(("ps",), "-a", 7)),
        ("echo $(ls -", CursorContext(("ls",), "-", 10)),
        ("ps # what", CursorContext(is_comment=True)),
        ("ps \\\n -a", CursorContext(("ps",), "-a", 6)),
        ("for x in a\nps -", CursorContext(("ps",), "-", 14)),
    ],
)
def test_spot(before, expected):
    assert cursor_context(before) == expected


def test_words_know_their_places():
    text = "a 'b c' | d"
    words = [word for piece in split(text).pieces for word in piece.words]
    assert [text[word.start : word.end] for word in words] == ["a", "'b c'", "d"]
