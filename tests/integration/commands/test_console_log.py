"""A console's log that grows while it is followed."""

import os
import signal
import subprocess
import sys

import pytest

from machsh.commands.handlers import console_log
from machsh.commands.handlers.console_log import ConsoleLog
from machsh.errors import MachshError
from tests.support.places import TOP
from tests.support.waiting import wait_until


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "console.log"
    path.write_bytes(b"one\ntwo\n")
    return path


@pytest.fixture
def followed(path, monkeypatch):
    monkeypatch.setattr(console_log, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(console_log, "PAUSE_SECONDS", 0.01)
    lines = ConsoleLog(path).lines(1, follows=True)
    assert next(lines) == "two\n"
    return lines


def append(path, content):
    with path.open("ab") as file:
        file.write(content)


def test_lines_come_as_they_are_written(path, followed):
    append(path, b"three\nfo")
    assert next(followed) == "three\n"
    append(path, b"ur\n")
    assert next(followed) in ("four\n", "fo\n")


def test_a_prompt_without_an_end_is_shown_after_a_while(path, followed):
    append(path, b"vm login: ")
    assert next(followed) == "vm login:\n"


def test_a_letter_may_arrive_in_two_pieces(path, followed):
    append(path, b"caf\xc3")
    append(path, b"\xa9\n")
    assert next(followed) == "café\n"


def test_the_next_boot_begins_a_new_file(path, followed):
    append(path, b"the end")
    os.replace(path, path.with_name("console.log.1"))
    path.write_bytes(b"another boot\n")
    assert next(followed) == "another boot\n"


def test_a_log_that_is_cut_is_read_from_its_start(path, followed):
    path.write_bytes(b"x\n")
    assert next(followed) == "x\n"


def test_a_log_that_is_away_between_two_boots_is_waited_for(path, followed):
    path.unlink()
    path.write_bytes(b"back again\n")
    assert next(followed) == "back again\n"


def test_a_pipe_that_took_its_place_is_an_error(path, followed):
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(MachshError, match="not a regular file"):
        next(followed)


def test_an_endless_line_does_not_fill_the_memory(path):
    with path.open("wb") as file:
        for _ in range(80):
            file.write(b"x" * (1 << 16))
    pieces = list(ConsoleLog(path).lines())
    assert max(map(len, pieces)) < 1 << 17


FOLLOW = """
import sys
from machsh.drivers.none import NoneDriver
from machsh.drivers.capabilities import Capability
from pathlib import Path
NoneDriver.capabilities |= {Capability.CONSOLE}
log = Path(sys.argv[-1])
NoneDriver.console_log = lambda self: log
from machsh import cli
sys.argv = ["machsh", "console", "-f", "web"]
raise SystemExit(cli.main())
"""


def test_ctrl_c_ends_it_quietly(path, tmp_path):
    variables = {**os.environ, "MACHINE_STORAGE_PATH": str(tmp_path / "store"), "PYTHONPATH": str(TOP)}
    create = [sys.executable, "-m", "machsh", "create", "-d", "none", "--url", "tcp://127.0.0.1:1", "web"]
    subprocess.run(create, env=variables, check=True, capture_output=True, timeout=60)
    output = tmp_path / "output"
    with output.open("wb") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-c", FOLLOW, str(path)], env=variables, stdout=stdout, stderr=subprocess.PIPE
        )
        wait_until(lambda: output.read_bytes() == b"one\ntwo\n", what="the first lines", seconds=60)
        append(path, b"three\n")
        wait_until(lambda: output.read_bytes().endswith(b"three\n"), what="the next line")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in errors
