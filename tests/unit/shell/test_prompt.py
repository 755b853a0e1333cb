import pytest

from machsh.errors import UsageError
from machsh.shell.prompt import DEFAULT, RIGHT, PromptState, continuation, render, text_of


def words(template, **facts):
    return text_of(render(template, PromptState(**facts)))


def test_default_prompt_looks_like_the_demo():
    assert words(DEFAULT, machine="docker-machine-1") == "docker-machine-1 ❯ "


def test_every_field():
    template = "{machine} {driver} {state} {status} {seconds} {folder} {time} {user} {jobs} ❯"
    text = words(
        template,
        machine="m",
        driver="d",
        state="Running",
        status=3,
        seconds=3.21,
        folder="~",
        time="12:00",
        user="u",
        jobs=2,
    )
    assert text == "m d Running 3 3.2s ~ 12:00 u 2 ❯"


def test_words_around_a_field_vanish_with_it():
    assert words("{status:[exit *] }x") == "x"
    assert words("{status:[exit *] }x", status=2) == "[exit 2] x"


def test_machine_takes_the_colour_of_its_state():
    assert render("{machine}", PromptState(machine="m", state="Stopped")) == [
        ("class:machine class:state.stopped", "m")
    ]
    assert render("{machine}", PromptState(machine="m")) == [("class:machine class:state.unknown", "m")]


def test_a_protected_machine_is_red():
    assert render("{machine}", PromptState(machine="m", state="Running", is_protected=True)) == [
        ("class:protected", "m")
    ]


def test_right_prompt_shows_only_what_is_worth_it():
    assert words(RIGHT, seconds=1.9).strip() == ""
    assert words(RIGHT, seconds=2.1).strip() == "2.1s"
    assert words(RIGHT, status=1).strip() == "exit 1"


def test_unknown_field_names_the_fields():
    with pytest.raises(UsageError, match=r"no field \{host\}") as caught:
        render("{host}", PromptState())
    assert "machine" in caught.value.hint


def test_broken_template():
    with pytest.raises(UsageError, match="does not parse"):
        render("{machine", PromptState())


def test_no_machine_is_said():
    assert words("{machine}> ") == "no machine> "


def test_continuation_lines_up():
    assert text_of(continuation(8)) == "      · "


def test_an_encoding_without_arrow():
    assert words(DEFAULT, machine="m", is_plain=True) == "m > "


def test_the_arrow_shows_a_failure():
    assert render("❯", PromptState(status=1)) == [("class:arrow.failed", "❯")]
