import os
import subprocess

import pytest

from machsh.ssh.remote import get_words, is_sudo_refusal, put_words, short


def put(path, content, size, mode=0o640):
    """The script itself, run by the shell here; sudo is out of reach as for a user who has none."""
    environment = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(
        put_words(str(path), mode, size), input=content, env=environment, capture_output=True, check=False
    )


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "it's a file"
    path.write_bytes(b"old")
    assert put(path, b"new\0content", 11).returncode == 0
    assert path.read_bytes() == b"new\0content"
    assert path.stat().st_mode & 0o777 == 0o640


def test_half_a_content_changes_nothing(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    done = put(path, b"hal", 4)
    assert done.returncode == 1
    assert b"only a part of it arrived" in done.stderr
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_name_that_begins_with_a_dash_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert put("-rf", b"x", 1).returncode == 0
    done = subprocess.run(get_words("-rf"), capture_output=True, check=True)
    assert done.stdout == b"x"


@pytest.mark.parametrize(
    ("errors", "is_refusal"),
    [
        (b"sudo: a password is required\n", True),
        (b"sh: 1: sudo: not found\n", True),
        (b"bash: sudo: command not found\n", True),
        (b"bob is not in the sudoers file.\n", True),
        (b"apt-get: not found\n", False),
    ],
)
def test_refusals_of_sudo_are_known(errors, is_refusal):
    assert is_sudo_refusal(errors) is is_refusal


def test_a_long_command_is_shortened_for_errors():
    assert short("uname -a") == "uname -a"
    assert short("set -e\nsecond line") == "set -e..."
    assert short("x" * 200) == "x" * 80 + "..."
