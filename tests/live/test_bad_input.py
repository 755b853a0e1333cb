"""What a user may type wrong, given to the program itself: one message, a remedy, the code, and a store as before."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import TOP

pytestmark = pytest.mark.live

URL = ("--url", "tcp://192.0.2.10:2376")
NAMES = ("a/b", "..", ".hidden", "a b", "", "wéb", "x" * 300, "local", "all", "a\nb", "-")


@pytest.fixture
def machsh(tmp_path):
    """Runs machsh on a store of its own, with no person to ask."""
    variables = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(TOP.parent)}

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "machsh", *words],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def machines_folder(machsh, tmp_path):
    """The store's folder, with the machine `web` in it."""
    made = machsh("create", "-d", "none", *URL, "web")
    assert made.returncode == 0, made.stderr
    return tmp_path / ".docker" / "machine" / "machines"


def told(done, code, text):
    """One message and a remedy on stderr, and the code."""
    assert done.returncode == code, done.stderr
    message, *rest = done.stderr.splitlines()
    assert text in message
    assert rest
    assert rest[0].startswith("  hint: ")
    assert "Traceback" not in done.stderr


def content(folder: Path):
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_machine_can_have(machsh, machines_folder, name):
    before = content(machines_folder)
    told(machsh("create", "-d", "none", *URL, name), 3, "Error creating machine: ")
    assert content(machines_folder) == before


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("create", "-d", "none", *URL, "web"), 3, 'Docker machine "web" already exists'),
        (("create", "-d", "nowhere", "db"), 3, 'Driver "nowhere" not found'),
        (("create", "--nowhere", "db"), 2, "flag provided but not defined: -nowhere"),
        (("create", "-d", "none", "db"), 2, "--url option is required"),
        (("create", "-d", "generic", "db"), 2, "requires the --generic-ip-address option"),
        (("ls", "--nowhere"), 2, "flag provided but not defined: -nowhere"),
        (("nowhere",), 2, "'nowhere' is not a machsh command"),
    ],
)
def test_wrong_words(machsh, machines_folder, words, code, text):
    before = content(machines_folder)
    told(machsh(*words), code, text)
    assert content(machines_folder) == before


@pytest.mark.parametrize("command", ["ip", "env", "config", "inspect", "start", "stop", "url", "status"])
def test_an_unknown_machine(machsh, machines_folder, command):
    done = machsh(command, "nowhere")
    assert done.returncode == 1
    assert 'Docker machine "nowhere" does not exist' in done.stderr
    assert [path.name for path in machines_folder.iterdir() if not path.name.startswith(".")] == ["web"]


@pytest.mark.parametrize("text", ['{"ConfigVersion": 3, "Dri', "", "[]", '{"ConfigVersion": 9}'])
def test_a_broken_record_is_one_row_and_can_be_forgotten(machsh, machines_folder, text):
    assert machsh("create", "-d", "none", *URL, "db").returncode == 0
    (machines_folder / "db" / "config.json").write_text(text)
    for command in ("ip", "env", "inspect", "start", "provision"):
        told(machsh(command, "db"), 1, "Error getting migrated host")
    listed = machsh("ls", "-f", "{{.Name}} {{.State}}")
    assert (listed.returncode, listed.stdout) == (0, "db Error\nweb Running\n")
    assert machsh("rm", "-y", "db").returncode == 1
    assert machsh("rm", "-y", "-f", "db").returncode == 0
    assert not (machines_folder / "db").exists()


def test_a_host_that_does_not_answer_is_listed_and_removable(machsh, machines_folder):
    address = ("--generic-ip-address", "127.0.0.1", "--generic-ssh-port", "1")
    done = machsh("create", "-d", "generic", *address, "--timeout", "2", "db")
    told(done, 1, "Error waiting for machine to be running")
    assert "127.0.0.1 port 1" in done.stderr
    assert "creation not finished" in machsh("ls").stdout
    assert machsh("rm", "-y", "db").returncode == 0
    assert not (machines_folder / "db").exists()
