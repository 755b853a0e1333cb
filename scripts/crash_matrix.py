"""Kills creations of the docker driver at every moment, and goes on with them or removes them.

python scripts/crash_matrix.py        # needs a Docker engine; about two minutes
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from machsh.machine.machines import Machines
from tests.live.test_machines import machines_in, new_name, on_engine
from tests.support.crashes import MOMENTS, killed_creation, traces


def main() -> int:
    """Go through the matrix; print a line for each moment. Raises AssertionError at the first that fails."""
    for moment in MOMENTS:
        for ending in (_resume, _remove):
            with tempfile.TemporaryDirectory() as folder:
                began, name = time.monotonic(), new_name()
                machines = machines_in(Path(folder))
                try:
                    killed_creation(Path(folder), name, moment)
                    ending(machines, name)
                finally:
                    machines.remove(*machines.names(), force=True)
                    machines.close()
            assert traces(name) == [[], []], (moment, traces(name))
            print(f"{moment:20} {ending.__name__[1:]:8} {time.monotonic() - began:5.1f} s", flush=True)
    return 0


def _resume(machines: Machines, name: str) -> None:
    machines.resume(name)
    assert on_engine(machines, name, "ps", "-q") == ""
    assert machines.provision(name)[0].changes == ()


def _remove(machines: Machines, name: str) -> None:
    machines.remove(name)
    assert list(machines.store.machines_folder.iterdir()) == []


if __name__ == "__main__":
    sys.exit(main())
