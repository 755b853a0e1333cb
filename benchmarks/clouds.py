"""Drivers of clouds on their stand-ins: what `create`, `ls` and `--help` take beyond the cloud itself.

    python benchmarks/clouds.py [--runs N] [DRIVER ...]

Each stand-in runs in a process of its own. `create` is the driver's own part, without a host behind the server, whose
waits are none here; the engines' port of the machines that `ls` shows refuses connections.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP)]

from measure import Row, medians, milliseconds, report  # noqa: E402

from tests.support.cloud_stand_in import DRIVERS, CloudProcess  # noqa: E402

MACHSH = str(Path(sys.executable).with_name("machsh"))
MACHINES = 50
CALLS = {"azure": 2, "openstack": 2}
"""Questions of a list: Azure has states and sizes apart, OpenStack a login before them; others need one."""
CREATE = """
import json, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from machsh.machine.records.store import Store
from tests.support.cloud_stand_in import add_cloud_machine
add_cloud_machine(sys.argv[2], json.loads(sys.argv[3]), Store(Path(sys.argv[4])), sys.argv[5])
"""
HELP = """
import sys
from machsh.plugin import entry_points
if sys.argv[1] == "without":
    entry_points.of_group, entry_points.groups = (lambda group: []), (lambda *given: [])
sys.argv[:] = ["machsh", "create", "-d", "docker", "--help"]
from machsh.cli import main
main()
"""


def run(*words: str, variables: dict[str, str] | None = None) -> None:
    subprocess.run(words, env={**os.environ, **(variables or {})}, capture_output=True, check=True, cwd=TOP)


def processor_seconds(action: Callable[[], None], runs: int) -> float:
    """The least processor time of the action's processes: other programs lengthen it, nothing shortens it."""

    def used() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        action()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(used() for _ in range(runs))


def creation(driver: str, cloud: CloudProcess, folder: Path, runs: int) -> Row:
    """A process of its own that checks and makes a server."""
    number = iter(range(1 << 20))

    def create() -> None:
        words = (
            sys.executable,
            "-c",
            CREATE,
            str(TOP),
            driver,
            json.dumps(cloud.variables),
            str(folder / "made"),
        )
        run(*words, f"web-{next(number)}", variables=cloud.variables)

    (took,) = medians([create], runs)
    return Row(f"{driver}: check and create", milliseconds(took), "2000 ms", took, 2.0)


def listing(driver: str, cloud: CloudProcess, folder: Path, runs: int) -> list[Row]:
    """`ls` of 50 machines of one account and region."""
    variables = {**cloud.variables, "HOME": str(folder), "MACHINE_STORAGE_PATH": str(folder)}

    def ls() -> None:
        run(MACHSH, "ls", variables=variables)

    cloud.calls()
    (took,) = medians([ls], runs)
    calls, expected = len(cloud.calls()) / (runs + 1), CALLS.get(driver, 1)
    used = processor_seconds(ls, runs)
    return [
        Row(f"{driver}: ls of {MACHINES}", milliseconds(took), "1000 ms", took, 1.0),
        Row(f"{driver}: processor time of that", milliseconds(used), "1000 ms", used, 1.0),
        Row(f"{driver}: calls of that", f"{calls:g}", str(expected), calls, expected),
    ]


def rows_of(driver: str, runs: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with CloudProcess(driver, "--store", name, "--machines", str(MACHINES)) as cloud:
            return [*listing(driver, cloud, folder, runs), creation(driver, cloud, folder, runs)]


def helping(runs: int) -> Row:
    """`create --help` with the installed plugins, against the same with none found."""
    sides = [lambda side=side: run(sys.executable, "-c", HELP, side) for side in ("with", "without")]
    with_plugins, without = medians(sides, runs)
    return Row(
        "create --help", milliseconds(with_plugins), milliseconds(without), with_plugins / without, 1.5
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("drivers", nargs="*", metavar="DRIVER", default=DRIVERS)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    began = time.perf_counter()
    rows = [helping(given.runs)]
    for driver in given.drivers:
        rows += rows_of(driver, given.runs)
    report("Clouds", rows)
    print(f"in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
