"""Go's flag rules as docker-machine's users know them; texts from the original."""

import pytest

from machsh.commands import flags
from machsh.commands.command import Command
from machsh.commands.command_table import built_in, find
from machsh.commands.flags import WrongWordsError, parse, to_int
from machsh.options import Kind, Option
from machsh.testing.fakes import FakeEnvironment

LS = find("ls", built_in())
CREATE = find("create", built_in())
URL = (Option("url", "URL"),)


def read(command, *words, variables=None, driver_options=()):
    return parse(command, list(words), FakeEnvironment(variables=variables), driver_options)


@pytest.mark.parametrize("words", [["-q"], ["--q"], ["-quiet"], ["--quiet"], ["-q=true"], ["--quiet=1"]])
def test_one_dash_or_two_is_the_same(words):
    values, rest = read(LS, *words)
    assert values.flag("quiet")
    assert rest == []
    assert values.given == {"quiet"}


@pytest.mark.parametrize(
    "words", [["-t", "5"], ["-t=5"], ["--timeout=5"], ["--t", "0x5"], ["-timeout", "05"]]
)
def test_a_value_stands_behind_or_after_the_sign(words):
    assert read(LS, *words)[0].number("timeout") == 5


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("010", 8), ("0x1F", 31), ("0b11", 3), ("0o17", 15), ("-5", -5), ("+7", 7), ("1_000", 1000)],
)
def test_integers_have_go_prefixes(text, number):
    assert to_int(text) == number


@pytest.mark.parametrize("text", ["", "abc", "08", "1.5", " 5", "5 ", "0x", "1__0"])
def test_what_go_does_not_take_is_refused(text):
    with pytest.raises(ValueError, match="parse error"):
        to_int(text)


def test_an_integer_that_is_too_large_is_out_of_range():
    with pytest.raises(
        WrongWordsError, match='invalid value "99999999999999999999" for flag -t: value out of range'
    ):
        read(LS, "-t", "99999999999999999999")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-nosuch"], "flag provided but not defined: -nosuch"),
        (["--nosuch=3"], "flag provided but not defined: -nosuch"),
        (["-qt", "5"], "flag provided but not defined: -qt"),
        (["-t"], "flag needs an argument: -t"),
        (["--format"], "flag needs an argument: -format"),
        (["-t", "abc"], 'invalid value "abc" for flag -t: parse error'),
        (["-quiet=maybe"], 'invalid boolean value "maybe" for -quiet: parse error'),
        (["-=x"], "bad flag syntax: -=x"),
        (["---q"], "bad flag syntax: ---q"),
        (["-q", "--quiet"], "Cannot use two forms of the same flag: q quiet"),
        (["-t", "1", "--timeout", "2"], "Cannot use two forms of the same flag: t timeout"),
    ],
)
def test_the_errors_are_gos(words, message):
    with pytest.raises(WrongWordsError) as caught:
        read(LS, *words)
    assert str(caught.value) == message
    assert caught.value.code == 2
    assert caught.value.docker_machine_code == 1


def test_a_mistyped_option_is_suggested():
    with pytest.raises(WrongWordsError) as caught:
        read(LS, "--filtre", "x")
    assert caught.value.hint == "did you mean --filter?"


def test_a_boolean_takes_no_word():
    values, rest = read(LS, "-q", "false")
    assert values.flag("quiet")
    assert rest == ["false"]


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        (["m1", "-d", "none", "--url", "x"], ["m1"]),
        (["-d", "none", "m1", "--url", "x"], ["m1", "--url", "x"]),
        (["m1", "-d", "none", "extra", "--url", "x"], ["extra", "--url", "x", "m1"]),
        (["-d", "none", "--", "m1"], ["m1"]),
        (["m1", "-d", "none", "--", "-x"], ["m1", "--", "-x"]),
        (["--", "-x"], ["-x"]),
        (["a", "--", "-x"], ["a", "--", "-x"]),
        (["a", "-"], ["-", "a"]),
    ],
)
def test_options_may_follow_names(words, rest):
    assert read(CREATE, *words, driver_options=URL)[1] == rest


def test_the_last_of_several_texts_wins_and_lists_collect():
    values, _ = read(CREATE, "-d", "a", "-d", "b", "--engine-label", "x=1", "--engine-label=y=2")
    assert values.text("driver") == "b"
    assert values.texts("engine-label") == ["x=1", "y=2"]


def test_a_variable_stands_in_for_an_option():
    variables = {"MACHINE_DRIVER": "generic", "ENGINE_REGISTRY_MIRROR": "http://a, http://b"}
    values, _ = read(CREATE, variables=variables)
    assert values.text("driver") == "generic"
    assert values.given == set()
    assert values.texts("engine-registry-mirror") == ["http://a", "http://b"]
    assert read(CREATE, "-d", "none", variables=variables)[0].text("driver") == "none"
    assert read(CREATE, variables={"MACHINE_DRIVER": ""})[0].text("driver") == ""


def test_a_variable_that_does_not_parse_is_ignored():
    options = (
        Option("n", "", Kind.INT, default=3, variable="N"),
        Option("b", "", Kind.BOOL, variable="B"),
    )
    command = Command("c", "", "", options=options)
    values, _ = read(command, variables={"N": "many", "B": "bogus"})
    assert values.number("n") == 3
    assert values.flag("b") is False
    values, _ = read(command, variables={"N": "0x10", "B": "T"})
    assert values.number("n") == 16
    assert values.flag("b") is True


def test_a_raw_command_keeps_its_words():
    ssh = find("ssh", built_in())
    assert read(ssh, "m1", "-C", "--", "ls", "-l")[1] == ["m1", "-C", "--", "ls", "-l"]


def test_help_is_an_option_of_every_command():
    assert read(LS, "-h")[0].flag(flags.HELP.name)
    assert read(LS, "x", "--help")[0].flag(flags.HELP.name)
    assert not read(LS)[0].flag(flags.HELP.name)
