"""Several processes change one record."""

import subprocess
import sys

import pytest

from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store
from tests.support.places import TOP


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "machine")
    store.save(MachineRecord(name="web", driver_name="none", driver={"n": 0}))
    return store


ADD = """
import sys
from pathlib import Path
from machsh.machine.records.store import Store
for number in range(25):
    with Store(Path(sys.argv[1])).change("web") as record:
        record.driver["n"] += 1
"""


def test_processes_that_change_one_record_lose_nothing(store):
    words = [sys.executable, "-c", ADD, str(store.folder)]
    children = [subprocess.Popen(words, cwd=TOP) for _ in range(4)]
    assert [child.wait(120) for child in children] == [0] * 4
    assert store.load("web").driver["n"] == 100
