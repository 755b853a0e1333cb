"""The ways in, and how failures end, seen from outside of the process."""

import os
import signal
import subprocess

import pytest

from machsh.secrets import cleaned
from machsh.testing.fakes import FakeEnvironment
from tests.support.processes import WAITING, run, start, variables_of


@pytest.fixture
def home(tmp_path):
    assert run(tmp_path, "create", "-d", "none", "--url", "tcp://127.0.0.1:1", "foo")[0] == 0
    return tmp_path


def test_a_text(home):
    assert run(home, "-c", "ls -q; ip foo") == (0, "foo\n127.0.0.1:1\n", "")


def test_standard_input(home):
    assert run(home, text="# a comment\nls -q\n") == (0, "foo\n", "")


def test_a_file_with_arguments(home):
    (home / "lines.machsh").write_text("ip $1\n")
    assert run(home, "lines.machsh", "foo") == (0, "127.0.0.1:1\n", "")


def test_a_file_that_stops_at_the_first_failure_says_where(home):
    (home / "lines.machsh").write_text("ls -q\nip nosuch\nls -q\n")
    code, out, err = run(home, "lines.machsh")
    assert code == 1
    assert out == "foo\n"
    assert err.startswith("lines.machsh:2")


def test_a_program_by_its_first_line(home):
    script = home / "script"
    script.write_text("#!/usr/bin/env machsh\nip $1\n")
    script.chmod(0o755)
    run(home, "--version")
    done = subprocess.run(
        [str(script), "foo"], env=variables_of(home), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "127.0.0.1:1\n")


def test_a_missing_batch_file(home):
    code, _, err = run(home, "nosuch.machsh")
    assert code == 1
    assert "nosuch.machsh" in err


def test_docker_machine_without_words_shows_its_help(home):
    code, out, _ = run(home, name="docker-machine")
    assert code == 0
    assert out.startswith("Usage: docker-machine [OPTIONS] COMMAND [arg...]\n")


@pytest.mark.parametrize("word", ["--version", "-v", "version"])
def test_the_version(home, word):
    code, out, _ = run(home, word)
    assert code == 0
    assert out.startswith("machsh version ")
    code, out, _ = run(home, word, name="docker-machine")
    assert out.startswith("docker-machine version 0.16.2, build ")


def test_a_command_of_a_session_only(home):
    code, _, err = run(home, "use", "foo")
    assert code == 2
    assert "session" in err


def test_nobody_reads(home):
    for number in range(40):
        folder = home / ".docker" / "machine" / "machines" / f"m{number}"
        folder.mkdir()
    process = start(home, "completion", "bash")
    process.stdout.close()
    process.wait(timeout=60)
    assert process.stderr.read() == ""
    assert process.returncode in (0, 141)


def test_ctrl_c_ends_with_130_and_no_traceback(home):
    process = start(home, "-c", f"!{WAITING}", start_new_session=True)
    assert process.stdout.readline() == "begun\n"
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_a_private_key_is_no_part_of_a_report():
    key = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"
    assert cleaned(f"before {key} after", FakeEnvironment()) == "before *** after"


LONG = "x" * 300


@pytest.mark.parametrize(
    "words",
    [
        ("--tls-ca-cert", LONG, "create", "-d", "none", "--url", "tcp://h:1", "new"),
        ("-s", LONG, "regenerate-certs", "-f", "foo"),
        ("create", "-d", "generic", "--generic-ip-address", "h", "--generic-ssh-key", LONG, "new"),
        ("install-alias", LONG),
        ("-c", f"source {LONG}; echo on"),
        ("-c", f"--checkpoint {LONG}"),
        (LONG,),
    ],
)
def test_a_name_that_no_file_can_have_is_no_bug(home, words):
    code, _, err = run(home, *words)
    assert code in (1, 2)
    assert "internal error" not in err


def test_an_empty_home_is_not_the_current_folder(home):
    assert run(home, "ip", "foo", variables={"HOME": "", "MACHINE_STORAGE_PATH": str(home / "x")})[0] == 1
    from machsh.cli import fast_path

    assert fast_path.answer(FakeEnvironment(home, variables={"HOME": ""}, arguments=("ls", "-q"))) is None


@pytest.mark.parametrize("name", ["use", "set", "cd", "clear", "exit", "fg", "watch"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_on_what_means_something_in_a_session_only(home, name, option):
    code, out, err = run(home, name, option)
    assert (code, err) == (0, "")
    assert f"machsh {name}" in out
    assert "Examples" in out


def test_rm_asks_nothing_about_a_machine_that_does_not_exist(home):
    code, out, err = run(home, "rm", "nothing", "foo", text="y\n")
    assert (code, out) == (1, "")
    assert "does not exist" in err
    assert run(home, "ls", "-q")[1] == "foo\n"


@pytest.mark.parametrize("topic", ["use", "doctor", "watch"])
def test_docker_machine_s_help_knows_its_own_commands_only(home, topic):
    code, out, err = run(home, "help", topic, name="docker-machine")
    assert (code, out) == (1, "")
    assert f"'{topic}' is not a docker-machine command" in err
