import shlex

import pytest

from machsh.shell.complete.line import Spot, quoted, split, spot

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
        ("", Spot()),
        ("ps", Spot((), "ps", 0)),
        ("ps ", Spot(("ps",), "", 3)),
        ("ps -a", Spot(("ps",), "-a", 3)),
        ("cd 'my fo", Spot(("cd",), "my fo", 3, "'")),
        ('cd "my fo', Spot(("cd",), "my fo", 3, '"')),
        ("cd my\\ fo", Spot(("cd",), "my fo", 3)),
        ("a; b c", Spot(("b",), "c", 5)),
        ("a && b", Spot((), "b", 5)),
        ("ps | gr", Spot((), "gr", 5, "", "", True)),
        ("ps | grep x", Spot(("grep",), "x", 10, "", "", True)),
        ("ps '|' gr", Spot(("ps", "|"), "gr", 7)),
        ("!l", Spot((), "l", 1, "", "", True)),
        ("!ls x", Spot(("ls",), "x", 4, "", "", True)),
        ("!ls | gr", Spot((), "gr", 6, "", "", True)),
        ("echo $(ls 'a b", Spot(("ls",), "a b", 10, "'")),
        ("ps > fi", Spot(("ps",), "fi", 5, "", ">")),
        ("ps >", Spot((), "", 4, "", ">")),
        ("ps 2>> fi", Spot(("ps",), "fi", 7, "", "2>>")),
        ("ps < fi", Spot(("ps",), "fi", 5, "", "<")),
        ("ps > f -a", Spot(("ps",), "-a", 7)),
        ("echo $(ls -", Spot(("ls",), "-", 10)),
        ("ps # what", Spot(is_comment=True)),
        ("ps \\\n -a", Spot(("ps",), "-a", 6)),
        ("for x in a\nps -", Spot(("ps",), "-", 14)),
    ],
)
def test_spot(before, expected):
    assert spot(before) == expected


def test_words_know_their_places():
    text = "a 'b c' | d"
    words = [word for piece in split(text).pieces for word in piece.words]
    assert [text[word.start : word.end] for word in words] == ["a", "'b c'", "d"]
