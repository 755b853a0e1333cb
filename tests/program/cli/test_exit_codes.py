"""Exit codes."""

import os
import signal

import pytest

from tests.support.processes import WAITING, run, start
from tests.support.program import add_plugin, plugin_text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ls", "-q"], 0),
        (["status", "nope"], 1),
        (["ls", "--nope"], 2),
        (["nope"], 2),
        (["-c", "echo 'open"], 2),
        (["create", "-d", "nope", "x"], 3),
        (["boom"], 1),
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
    process = start(fleet, "--machine", "a", "-c", f"!{WAITING}", start_new_session=True)
    assert process.stdout.readline() == "begun\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
