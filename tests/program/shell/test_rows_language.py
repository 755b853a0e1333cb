"""Rows of the shell's table that speak of its language: each criterion, on the real program."""

import os
import signal

import pytest

from tests.support.docker import add_docker
from tests.support.processes import install, run, start
from tests.support.program import add_machines, add_plugin, plugin_text, run_file
from tests.support.screen import Screen


@pytest.fixture
def fleet(home):
    """A home with the machines a and b, and a docker."""
    add_machines(home, "a", "b")
    add_docker(home)
    return home


def test_pipes_and_redirection(fleet):
    text = """use a
docker lines | !cat > first
ls -q | docker cat > names
docker words "x | y" '|' > words
docker where >> words
- docker fail this 2> errors
docker cat < names > copy
"""
    # A ! takes the rest of its line, redirection and all.
    assert run_file(fleet, text) == (0, "", "")
    assert (fleet / "first").read_text() == "a line 1\na line 2\na line 3\n"
    assert (fleet / "names").read_text() == (fleet / "copy").read_text() == "a\nb\n"
    assert (fleet / "words").read_text() == "[x | y]\n[|]\na tcp://127.0.0.1:1\n"
    assert (fleet / "errors").read_text() == "no this\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("docker exit 3 | docker cat", 3),
        ("docker exit 3 | docker exit 4 | docker cat", 4),
        ("ls -q | docker exit 6", 6),
        ("status nope | docker cat", 1),
        ("ls -q | docker cat", 0),
    ],
)
def test_a_pipelines_code_is_the_rightmost_failure(fleet, line, code):
    assert run(fleet, "--machine", "a", "-c", line)[0] == code


def test_errors_show_the_line_a_caret_and_a_remedy(fleet):
    code, _, err = run_file(fleet, "use b\nif docker exit 0\n  use a; echo $NOT\nend\n")
    assert code == 2
    assert err.splitlines() == [
        "f.machsh:3:15: the variable NOT is not set",
        "    use a; echo $NOT",
        " " * 16 + "^^^^",
        "  hint: set it, or write ${NOT:-default}",
    ]


def test_a_bug_is_one_line_and_a_report_without_secrets(fleet):
    add_plugin(fleet, "boom", plugin_text("boom", "raise RuntimeError('bang hunter22')"))
    code, _, err = run(fleet, "boom", variables={"MY_TOKEN": "hunter22"})
    (report,) = (fleet / ".local" / "state" / "machsh" / "crashes").iterdir()
    assert code == 70
    assert "Traceback" not in err
    assert str(report) in err
    assert "RuntimeError: bang ***" in report.read_text()
    assert "Traceback" in report.read_text()
    assert "hunter22" not in report.read_text()
    assert "Traceback" in run(fleet, "--debug", "boom")[2]


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
        screen.type("echo is $X\r").wait_for("is kept")
        screen.press("ctrl-d")
        assert screen.wait_end() == 0


def test_variables(fleet):
    text = """set X=1
echo $X ${X} ${Y:-d} ${X}2 '$X'
echo $1 $# "$@"
use a
docker exit 5 || echo $?
echo $(ls -q) "$(ls -q)"
"""
    expected = "1 1 d 12 $X\np 2 p q r\n5\na b a\nb\n"
    assert run_file(fleet, text, "p", "q r") == (0, expected, "")


def test_an_unset_variable_is_an_error_in_a_batch(home):
    code, out, err = run(home, "-c", "echo one; echo $NOT; echo two")
    assert (code, out) == (2, "one\n")
    assert "the variable NOT is not set" in err


def test_and_or_if_for(fleet):
    text = """use a
docker exit 0 && echo yes || echo no
docker exit 1 && echo yes || echo no
if docker exit 1
  echo first
else
  echo second
end
for m in $(ls -q)
  use $m
  docker where; echo done $m
end
"""
    expected = "yes\nno\nsecond\na tcp://127.0.0.1:1\ndone a\nb tcp://127.0.0.1:1\ndone b\n"
    assert run_file(fleet, text) == (0, expected, "")


@pytest.mark.parametrize("targets", ["@all", "@a,b"])
def test_several_machines_at_once_with_their_names(fleet, targets):
    code, out, _ = run(fleet, "-c", f"{targets} docker lines")
    assert code == 0
    assert sorted(out.splitlines()) == [f"{name} | {name} line {n}" for name in "ab" for n in (1, 2, 3)]


def test_the_worst_code_and_side_by_side(fleet):
    # Each waits until the other has come: one after the other would never end well.
    meet = 'touch "$DOCKER_MACHINE_NAME.here"; n=0\nwhile [ $n -lt 50 ]; do [ -e a.here ] && [ -e b.here ] && break\n'
    meet += "n=$((n + 1)); sleep 0.1; done\n[ $n -lt 50 ] || exit 99\n[ $DOCKER_MACHINE_NAME = a ] && exit 6\nexit 2\n"
    (fleet / "bin" / "docker").write_text("#!/bin/sh\ncase $1 in --*) echo; exit;; esac\n" + meet)
    code, _, err = run(fleet, "-c", "@all docker meet")
    assert code == 6, err


def test_resume_skips_what_is_done(home):
    text = "echo one\n!test -e ready\necho three\n"
    options = ["--checkpoint", "done"]
    assert run_file(home, text, options=options)[:2] == (1, "one\n")
    assert run_file(home, text, options=[*options, "--resume"])[:2] == (1, "")
    (home / "ready").touch()
    assert run_file(home, text, options=[*options, "--resume"])[:2] == (0, "three\n")


def test_a_changed_line_is_not_skipped_silently(home):
    text = "echo one\n!test -e ready\n"
    options = ["--checkpoint", "done"]
    run_file(home, text, options=options)
    (home / "ready").touch()
    code, out, err = run_file(home, text.replace("one", "other"), options=[*options, "--resume"])
    assert code != 0
    assert out == ""
    assert "f.machsh" in err


def test_a_question_says_what_is_lost(fleet):
    with Screen.machsh(fleet, "rm", "a", columns=120) as screen:
        screen.wait_for("This destroys a: machsh's record of the machine").wait_for("Are you sure?")
        screen.type("n\r")
        screen.wait_end()
    assert run(fleet, "ls", "-q")[1] == "a\nb\n"
    with Screen.machsh(fleet, "rm", "a") as screen:
        screen.wait_for("Are you sure?").type("y\r")
        assert screen.wait_end() == 0
    assert run(fleet, "ls", "-q")[1] == "b\n"


def test_nobody_to_ask_is_never_a_yes(fleet):
    (fleet / "f.machsh").write_text("rm a\n")
    for words, text in ((["f.machsh"], "y\n"), (["-c", "rm a"], "y\n"), (["rm", "a"], "")):
        code, _, err = run(fleet, *words, text=text)
        assert code == 2, words
        assert "-y answers yes" in err
    assert run(fleet, "ls", "-q")[1] == "a\nb\n"
    assert run(fleet, "--yes", "f.machsh")[0] == 0
    assert run(fleet, "ls", "-q")[1] == "b\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ls", "-q"], 0),
        (["status", "nope"], 1),
        (["ls", "--nope"], 2),
        (["nope"], 2),
        (["-c", "echo 'open"], 2),
        (["create", "-d", "nope", "x"], 3),
        (["boom"], 70),
        (["-c", "use a; docker exit 42"], 42),
        (["-c", "use a; docker exit 125"], 125),
        (["-c", "!exit 5"], 5),
        (["-c", "!kill -TERM $$"], 143),
        (["-c", "!kill -KILL $$"], 137),
        (["-c", "exit 9"], 9),
    ],
)
def test_exit_codes(fleet, words, code):
    add_plugin(fleet, "boom", plugin_text("boom", "raise RuntimeError('bang')"))
    assert run(fleet, *words)[0] == code


def test_ctrl_c_is_130(fleet):
    process = start(fleet, "--machine", "a", "-c", "!echo begun; sleep 30", start_new_session=True)
    assert process.stdout.readline() == "begun\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
