"""`ls` beside processes that create and remove."""

import itertools
import subprocess
import sys

from machsh.deadline import Deadline
from tests.support.places import TOP

CHURN = """
import sys
from pathlib import Path
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store
store = Store(Path(sys.argv[1]))
while True:
    with store.creating(MachineRecord(name="web", driver_name="none", driver={"n": "x" * 5000})):
        pass
    store.remove("web")
"""


def test_a_machine_that_comes_and_goes_is_never_half_there(tmp_path, machines, create_request):
    """`ls` beside `create` and `rm`: no row of a machine that is being made or removed."""
    machines.create(create_request(name="db"))
    child = subprocess.Popen([sys.executable, "-c", CHURN, str(machines.store.folder)], cwd=TOP)
    try:
        seen, deadline = set(), Deadline.after(60)
        for look in itertools.count():
            seen |= {(row.name, row.is_loaded) for row in machines.survey(seconds=0)}
            if (look >= 500 and ("web", True) in seen) or deadline.has_passed:
                break
        assert seen == {("db", True), ("web", True)}
    finally:
        child.kill()
        child.wait(20)
