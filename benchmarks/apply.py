"""`apply` with nothing to do for 50 machines, against `ls` of the same 50.

    python benchmarks/apply.py [--runs N]

One real host is made with the docker driver; the other machines are copies of its record, which lead to its engine. They are taken over by
the file that `apply --adopt` writes of them. Everything made is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Row, medians, report

MACHSH = str(Path(sys.executable).with_name("machsh"))
HOST = f"bench-apply-{os.getpid()}"
COUNT = 50
REACH = 1.5
"""Seconds."""


class Fleet:
    """A store with one real machine and copies of its record, and the file of all of them."""

    def __init__(self, folder: Path) -> None:
        self.variables = {**os.environ, "MACHINE_STORAGE_PATH": str(folder / "store")}
        self.machines = folder / "store" / "machines"
        self.file = str(folder / "fleet.toml")

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [MACHSH, *words], capture_output=True, text=True, env=self.variables, check=False
        )
        if done.returncode:
            sys.exit(f"machsh {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def copy(self, name: str) -> None:
        made = self.machines / HOST
        folder = self.machines / name
        folder.mkdir(mode=0o700)
        record = json.loads((made / "config.json").read_text())
        record["Name"] = name
        (folder / "config.json").write_text(json.dumps(record))
        for file in ("ca.pem", "cert.pem", "key.pem"):
            (folder / file).write_bytes((made / file).read_bytes())
            (folder / file).chmod(0o600)

    def describe(self) -> None:
        Path(self.file).write_text(self.run("apply", "--adopt"))
        self.run("apply", self.file)

    def apply(self) -> None:
        said = self.run("apply", self.file)
        if f"Nothing to do: {COUNT} machines" not in said:
            sys.exit(f"apply found something to do:\n{said}")


def rows(fleet: Fleet, runs: int) -> list[Row]:
    applied, listed = medians([fleet.apply, lambda: fleet.run("ls")], runs)
    figure = f"`apply` with nothing to do, {COUNT} machines"
    shown = f"{applied:.2f} s"
    return [
        Row(figure, shown, f"{REACH:g} s", applied / REACH, 1),
        Row(
            figure, shown, f"`ls` of the same, which asks their engines: {listed:.2f} s", applied / listed, 1
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(Path(folder))
        fleet.run("create", "-d", "docker", "--docker-memory", "512m", "--engine-label", "role=web", HOST)
        try:
            for number in range(1, COUNT):
                fleet.copy(f"copy-{number}")
            fleet.describe()
            return report("Fleets from a file", rows(fleet, runs))
        finally:
            subprocess.run(["rm", "-rf", *map(str, fleet.machines.glob("copy-*"))], check=True)
            fleet.run("rm", "-f", "-y", HOST)


if __name__ == "__main__":
    sys.exit(main())
