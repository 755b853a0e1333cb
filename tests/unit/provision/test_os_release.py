import pytest

from machsh.provision.os_release import EXACT, exactness, parse, version


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("ID=debian", "ID", "debian"),
        ('NAME="Debian GNU/Linux"', "NAME", "Debian GNU/Linux"),
        ("NAME='Arch Linux'", "NAME", "Arch Linux"),
        ("  ID=a  ", "ID", "a"),
        ('NAME="a=b=c"', "NAME", "a=b=c"),
        ('NAME="say \\"hi\\" for \\$5"', "NAME", 'say "hi" for $5'),
        ("NAME=''", "NAME", ""),
        ('NAME="', "NAME", ""),
        ('NAME="it\'s"', "NAME", "it's"),
        ("\ufeffID=x", "ID", "x"),
        ("VERSION_ID=", "VERSION_ID", ""),
    ],
)
def test_parses_a_line(line, name, value):
    assert parse(line) == {name: value}


def test_skips_comments_and_broken_lines():
    text = "# comment\n\nbroken\n=x\n1A=2\nID=debian\r\n#ID=other\n"
    assert parse(text) == {"ID": "debian"}


def test_id_beats_id_like_and_the_nearest_relative_counts_most():
    mint = {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}
    assert exactness({"ID": "Debian"}, "debian") == EXACT
    assert exactness(mint, "ubuntu") > exactness(mint, "debian") > 0
    assert exactness(mint, "linuxmint") > exactness(mint, "ubuntu")
    assert exactness(mint, "arch") == 0
    assert exactness({}, "linux") == EXACT


@pytest.mark.parametrize(
    ("text", "numbers"), [("14.04", (14, 4)), ("40", (40,)), ("rolling", ()), ("", ()), ("v1.5", ())]
)
def test_version(text, numbers):
    assert version({"VERSION_ID": text}) == numbers
