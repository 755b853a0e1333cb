"""Drivers of clouds on their stand-ins: what `create`, `ls` and `--help` take beyond the cloud itself.

    python benchmarks/clouds.py [--runs N]

amazonec2 on moto. `create` is the driver's own part, without a host behind the instance, whose waits are none here.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP)]

from measure import Row, medians, milliseconds, report  # noqa: E402

from machsh.machine.records.store import Store  # noqa: E402
from plugins.aws.tests.ec2_stand_in import StandIn, stand_in  # noqa: E402
from plugins.aws.tests.trial_machine import KEYS, TrialMachine  # noqa: E402
from tests.support.stores import add_machine  # noqa: E402

MACHSH = str(Path(sys.executable).with_name("machsh"))
MACHINES = 50
CREATE = """
import json, sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from plugins.aws.tests.trial_machine import TrialMachine
from types import SimpleNamespace
trial = TrialMachine(SimpleNamespace(url=sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
trial.created()
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


def creation(cloud: StandIn, folder: Path, runs: int) -> Row:
    """A process of its own that checks and makes an instance, against one that only imports boto3 and the driver."""
    number = iter(range(1 << 20))

    def create() -> None:
        run(sys.executable, "-c", CREATE, str(TOP), cloud.url, str(folder), f"web-{next(number)}")

    (took,) = medians([create], runs)
    return Row("amazonec2: check and create", milliseconds(took), "2000 ms", took, 2.0)


def listing(cloud: StandIn, folder: Path, runs: int) -> list[Row]:
    """`ls` of 50 machines of one region, whose engines' port refuses connections."""
    trial = TrialMachine(cloud, folder)
    store = Store(folder / "fleet")
    variables = {**KEYS, "HOME": str(folder), "MACHINE_STORAGE_PATH": str(store.folder)}
    driver = trial.created()
    words = {"ImageId": driver.record.ami, "MinCount": MACHINES, "MaxCount": MACHINES, "ClientToken": "fleet"}
    made = driver.api.ec2("run_instances", **words)["Instances"]
    for number, instance in enumerate(made):
        record = {
            **driver.record.to_json(),
            "StorePath": str(store.folder),
            "InstanceId": instance["InstanceId"],
        }
        del record["MachineName"], record["IPAddress"]
        add_machine(store, f"node-{number}", driver_name="amazonec2", **record)
    for living in cloud.living():
        living.nics[0].public_ip = "127.0.0.1"
    cloud.calls.clear()
    (took,) = medians([lambda: run(MACHSH, "ls", variables=variables)], runs)
    calls = len(cloud.calls) / (runs + 1)
    return [
        Row("amazonec2: ls of 50", milliseconds(took), "1000 ms", took, 1.0),
        Row("amazonec2: calls of that ls", f"{calls:g}", "2", calls, 2.0),
    ]


def helping(runs: int) -> Row:
    """`create --help` with the installed plugins, against the same with none found."""
    sides = [lambda side=side: run(sys.executable, "-c", HELP, side) for side in ("with", "without")]
    with_plugins, without = medians(sides, runs)
    return Row(
        "create --help", milliseconds(with_plugins), milliseconds(without), with_plugins / without, 1.5
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    began = time.perf_counter()
    with stand_in() as cloud, tempfile.TemporaryDirectory() as folder:
        rows = [helping(runs), creation(cloud, Path(folder), runs), *listing(cloud, Path(folder), runs)]
    report("Clouds", rows)
    print(f"in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
