"""Changes of settings as they are written, and what they make of a value."""

import pytest

from machsh.commands.declarations.create import CREATE
from machsh.commands.handlers.setting_options import choices_of, help_of
from machsh.errors import UsageError
from machsh.machine.alteration.machine_setting import MACHINE_SETTINGS
from machsh.machine.alteration.setting_change import changed, is_change, parse, shown


def after(before, *words):
    return changed(before, [parse(word) for word in words])


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("engine.label=rack=7", ("engine.label", "=", "rack=7")),
        ("engine.label+=rack=7", ("engine.label", "+=", "rack=7")),
        ("engine.label-=rack", ("engine.label", "-=", "rack")),
        ("engine.registry-mirror=https://m?a-=b", ("engine.registry-mirror", "=", "https://m?a-=b")),
        ("engine.label=", ("engine.label", "=", "")),
        ("engine.env=A=b\nc", ("engine.env", "=", "A=b\nc")),
        ("cpus=4", ("cpus", "=", "4")),
    ],
)
def test_a_word_is_key_operator_and_value(word, parts):
    change = parse(word)
    assert (change.setting.key, change.operator, change.value) == parts


@pytest.mark.parametrize(
    ("word", "said", "hint"),
    [
        ("=x", "changes nothing", "KEY=VALUE"),
        ("a b=x", "changes nothing", "KEY=VALUE"),
        ("engine.lable=x", 'no setting "engine.lable"', "engine.label"),
        ("-=x", "changes nothing", "KEY=VALUE"),
        ("cpus+=1", "cpus has one value", "cpus=1"),
        ("timeout-=1", "timeout has one value", "timeout=1"),
        ("engine.label+=", "the value is missing", "engine.label= empties"),
    ],
)
def test_a_word_that_is_none_is_refused(word, said, hint):
    with pytest.raises(UsageError, match=said) as caught:
        parse(word)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("before", "words", "expected"),
    [
        ("", ["cpus=4"], "4"),
        ("4", ["cpus="], ""),
        ((), ["engine.label+=a=1"], ("a=1",)),
        (("a=1",), ["engine.label+=b=2"], ("a=1", "b=2")),
        (("a=1",), ["engine.label+=a=1"], ("a=1",)),
        (("a=1", "b=2"), ["engine.label+=a=3"], ("a=3", "b=2")),
        (("a=1",), ["engine.label=b=2", "engine.label=c=3"], ("b=2", "c=3")),
        (("a=1",), ["engine.label="], ()),
        (("a=1", "b=2"), ["engine.label-=a"], ("b=2",)),
        (("a=1", "b=2"), ["engine.label-=b=2"], ("a=1",)),
        (("a=1",), ["engine.label-=a", "engine.label+=c=1"], ("c=1",)),
        (("dns=1.1.1.1",), ["engine.opt+=dns=8.8.8.8"], ("dns=1.1.1.1", "dns=8.8.8.8")),
        (("dns=1.1.1.1", "dns=8.8.8.8", "debug"), ["engine.opt-=dns"], ("debug",)),
    ],
)
def test_what_becomes_of_a_value(before, words, expected):
    assert after(before, *words) == expected


def test_what_is_not_there_cannot_be_taken_away_and_secrets_stay_secret():
    with pytest.raises(UsageError, match=r'engine\.label has no "c"') as caught:
        after(("a=1",), "engine.label-=c")
    assert "it has a" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        after(("API_TOKEN=abcdef",), "engine.env-=OTHER_TOKEN=ghijkl")
    assert "abcdef" not in caught.value.hint
    assert "ghijkl" not in str(caught.value)
    assert shown(["API_TOKEN=abcdef", "A=b"]) == ["API_TOKEN=***", "A=b"]


def test_one_value_is_given_once():
    with pytest.raises(UsageError, match="cpus is given twice"):
        after("", "cpus=1", "cpus=2")


def test_the_engines_settings_are_the_engines_options_of_create():
    options = [option.name for option in CREATE if option.name.startswith("engine-")]
    followed = [one.option for one in MACHINE_SETTINGS.values() if one.option.startswith("engine-")]
    assert sorted(followed) == sorted(options)


def test_every_setting_says_what_it_is():
    assert [key for key, one in MACHINE_SETTINGS.items() if not help_of(one)] == []
    assert choices_of(MACHINE_SETTINGS["engine.install"]) == ("auto", "package", "script", "none")
    assert "debug" in choices_of(MACHINE_SETTINGS["engine.log-level"])
    assert choices_of(MACHINE_SETTINGS["engine.label"]) == ()


@pytest.mark.parametrize(
    ("word", "is_one"),
    [("cpus=4", True), ("engine.label-=x", True), ("web", False), ("@label:stage=test", False)],
)
def test_a_selection_of_machines_is_no_change(word, is_one):
    assert is_change(word) is is_one
