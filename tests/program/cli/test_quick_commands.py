"""Quick commands are quick."""

import resource
import subprocess
import sys

import pytest

from tests.support.processes import run, variables_of
from tests.support.program import add_machines

QUICK = [["--version"], ["env", "a"], ["ip", "a"], ["ls", "-q"], ["inspect", "a"]]


HEAVY = {"prompt_toolkit", "paramiko", "docker", "cryptography"}


LOUD_CPU_SECONDS = 0.25
"""Five times the 50 ms that are wished for: other processes slow this one down."""


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_quick_commands_import_nothing_heavy_and_are_quick(home, words):
    add_machines(home, "a")
    run(home, "-c", "pwd")  # compiled once, as it is for every user
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "machsh", *words],
        env=variables_of(home),
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert done.stdout or words[0] == "env", done.stderr
    assert "machsh" in imported
    assert not imported & HEAVY
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < LOUD_CPU_SECONDS
