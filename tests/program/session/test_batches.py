"""Lines from files, options and standard input."""

import pytest

from tests.support.processes import install, run
from tests.support.program import run_file
from tests.support.screen import Screen


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        ("docker exit 9", 9, "f.machsh:3:1: "),
        ("!exit 7", 7, "f.machsh:3:1: "),
        ("echo x; status nope", 1, "f.machsh:3:9: "),
    ],
)
def test_batch_stops_at_the_first_failure(fleet, line, code, place):
    text = f"use a\necho one\n{line}\necho two\n"
    ended, out, err = run_file(fleet, text)
    assert ended == code
    assert err.startswith(place)
    assert "one" in out
    assert "two" not in out


def test_going_on_is_asked_for(fleet):
    text = "use a\ndocker exit 9\necho two\n"
    code, out, err = run_file(fleet, text, options=["--keep-going"])
    assert (code, out) == (9, "two\n")
    assert err.startswith("f.machsh:2:1: ")
    assert run_file(fleet, text.replace("docker", "- docker"))[:2] == (0, "two\n")


def test_text_input_and_file(home):
    assert run(home, "-c", "echo a; echo b") == (0, "a\nb\n", "")
    assert run(home, text="echo a\necho b\n") == (0, "a\nb\n", "")
    assert run_file(home, "echo $2 $1\n", "x", "y z") == (0, "y z x\n", "")


def test_a_file_with_a_first_line_is_a_program(home):
    install(home)
    program = home / "greet"
    program.write_text("#!/usr/bin/env machsh\necho hello $1\n")
    program.chmod(0o755)
    assert run(home, "-c", "!./greet you") == (0, "hello you\n", "")


def test_check_runs_nothing_and_trace_shows_all(home):
    assert run_file(home, "echo a > made\n", options=["-n"]) == (0, "", "")
    assert not (home / "made").exists()
    assert run_file(home, "echo a\necho 'b\n", options=["-n"])[0] == 2
    code, out, err = run_file(home, "echo a 'b c'\n", options=["-x"])
    assert (code, out) == (0, "a b c\n")
    assert err.rstrip().endswith("❯ echo a 'b c'")


def test_interactive_stays(home):
    with Screen.machsh(home, "-i", "-c", "set X=kept") as screen:
        screen.wait_for("❯").settle(0.3)
        screen.type("echo is $X\r").wait_for("\nis kept").wait_for_prompt()
        screen.press("ctrl-d")
        assert screen.wait_end() == 0
