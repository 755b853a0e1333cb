"""Long messages are broken between words, and what a user copies stays whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machsh.errors import MachshError
from machsh.output import messages
from machsh.output.progress_display import TerminalProgress
from machsh.output.prose import broken
from machsh.testing.fakes import FakeEnvironment

HINT = "  hint: "
PROSE = "the engine restarts to take its new certificate, and whatever runs there stops with it"


def lines(text, columns, **more):
    return broken(text, columns, **more).split("\n")


def test_prose_is_broken_between_words():
    assert lines(PROSE, 40) == [
        "the engine restarts to take its new",
        "certificate, and whatever runs there",
        "stops with it",
    ]


def test_what_fits_and_what_has_no_room_stays():
    assert broken(PROSE, 200) == PROSE
    assert broken(PROSE, 12) == PROSE


def test_a_line_that_is_set_in_goes_on_as_far_in():
    assert lines(f"  web: {PROSE}", 40)[1].startswith("  new certificate")


def test_lines_of_a_host_stay_as_they_came():
    text = f"it failed\n  {PROSE}"
    assert broken(text, 40) == text


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (
            "what was made is kept: `machsh rm docker-machine-web-1` removes it",
            "`machsh rm docker-machine-web-1`",
        ),
        ("go on with: machsh certs renew --ca --yes-i-am-sure", "machsh certs renew --ca --yes-i-am-sure"),
        ("what runs out is told by machsh certs --ask web-1, every day anew", "machsh certs --ask web-1,"),
        (
            'open /var/lib/some/where: "a name with many words in it" is no file',
            '"a name with many words in it"',
        ),
        (
            "allow it there: echo 'me ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/me",
            "echo 'me ALL=(ALL) NOPASSWD:ALL' >",
        ),
        ("restore it: certs renew web, certs renew db, certs renew proxy", "certs renew web, certs renew db"),
    ],
)
def test_what_a_user_may_copy_stays_whole(text, whole):
    found = lines(HINT + text, 34, indent=" " * 8, is_hint=True)
    assert any(whole in line for line in found), found


def test_what_is_quoted_in_a_hint_is_all_that_stays_whole():
    text = "what was made is kept: `machsh create --resume web` goes on, `machsh rm web` removes it"
    assert lines(HINT + text, 60, indent=" " * 8, is_hint=True) == [
        "  hint: what was made is kept: `machsh create --resume web`",
        "        goes on, `machsh rm web` removes it",
    ]


def test_names_of_programs_are_words_of_prose_too():
    text = "check that the machine runs and that its ssh port can be reached from this computer"
    assert max(map(len, lines(HINT + text, 60, indent=" " * 8, is_hint=True))) > 54


@given(st.lists(st.text("abcdefgh/.-:;`\"'(),", min_size=1, max_size=30), min_size=1), st.integers(1, 60))
def test_nothing_but_white_space_changes_and_no_word_is_broken(words, columns):
    text = " ".join(words)
    for is_hint in (True, False):
        assert broken(text, columns, is_hint=is_hint).split() == text.split()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_errors_are_broken_on_a_terminal_alone(is_terminal):
    environment = FakeEnvironment(terminal=is_terminal, variables={"COLUMNS": "40", "NO_COLOR": "1"})
    messages.report_error(environment, MachshError(PROSE, hint=f"start it first; {PROSE}"))
    assert (max(map(len, environment.err.splitlines())) <= 40) is is_terminal
    assert ("\n        " in environment.err) is is_terminal


def test_what_is_said_while_something_runs_is_broken_too():
    environment = FakeEnvironment(
        terminal=True, variables={"COLUMNS": "40", "NO_COLOR": "1", "TERM": "xterm"}
    )
    progress = TerminalProgress(environment)
    progress.info(PROSE)
    progress.warning(PROSE)
    assert environment.out.splitlines() == [*lines(PROSE, 40), *lines(PROSE, 40)]


def test_programs_that_expect_docker_machine_get_whole_lines():
    environment = FakeEnvironment(terminal=True, program="docker-machine", variables={"COLUMNS": "40"})
    messages.report_error(environment, MachshError(PROSE))
    assert environment.err == PROSE + "\n"


def test_a_command_in_brackets_stays_whole():
    text = "  no: expires in 3 days (machsh certs renew web-1)"
    assert broken(text, 44).split("\n") == ["  no: expires in 3 days", "  (machsh certs renew web-1)"]


def test_a_list_after_a_colon_is_broken_where_no_line_has_room_for_it():
    names = "amazonec2, azure, digitalocean, docker, generic, google"
    lines = broken(f"  hint: known drivers: {names}", 50, indent=" " * 8, is_hint=True).split("\n")
    assert lines == [
        "  hint: known drivers: amazonec2, azure,",
        "        digitalocean, docker, generic, google",
    ]
