"""What machsh itself costs with VirtualBox, on the stand-in of VBoxManage: calls, and `ls` of 20 stopped VMs.

    python benchmarks/virtualbox.py [--runs N]

The real VBoxManage takes 50 to 130 ms for a call; the number of calls is what counts there.
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

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.virtualbox import StandInBox, raw_image

MACHSH = str(Path(sys.executable).with_name("machsh"))
VMS = 20
DOCKER_MACHINES_CREATE = 30
"""Calls of docker-machine 0.16 for one creation, recorded with an adapter that has to be made."""


class Bench:
    """A store with VMs on one stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.box = StandInBox(folder / "box", has_module=False)
        self.image = raw_image(folder)
        self.variables = {
            **os.environ,
            **self.box.variables,
            "MACHINE_STORAGE_PATH": str(folder / "store"),
            "MACHSH_CONFIG_HOME": str(folder / "config"),
            "MACHSH_STATE_HOME": str(folder / "state"),
            "MACHSH_CACHE_HOME": str(folder / "cache"),
        }

    def run(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [MACHSH, *words], capture_output=True, text=True, env=self.variables, check=False
        )
        if check and done.returncode:
            sys.exit(f"machsh {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def create(self) -> int:
        """Make one machine as far as its engine, which the stand-in's guest has not; return the number of calls."""
        options = ("--virtualbox-no-vtx-check", "--virtualbox-image", str(self.image), "--timeout", "1")
        self.run("create", "-d", "virtualbox", *options, "vm-00", check=False)
        lines = self.box.lines()
        begun = next(number for number, line in enumerate(lines) if line.startswith("startvm"))
        return begun + 1

    def multiply(self) -> None:
        """Make stopped VMs of the one that is there, in the store and in VirtualBox."""
        self.run("kill", "vm-00")
        machines = self.folder / "store" / "machines"
        record = json.loads((machines / "vm-00" / "config.json").read_text())
        vms = [self.box.vm("vm-00")]
        for number in range(1, VMS):
            name = f"vm-{number:02}"
            uuid = f"{number:08}-0000-0000-0000-000000000000"
            vms.append({**vms[0], "name": name, "uuid": uuid})
            driver = {**record["Driver"], "MachineName": name, "VMID": uuid}
            (machines / name).mkdir(mode=0o700)
            text = json.dumps({**record, "Name": name, "Driver": driver})
            (machines / name / "config.json").write_text(text)
        self.box.set(vms=vms)


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--runs", type=int, default=7)
    runs = arguments.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            calls = bench.create()
            bench.multiply()
            bench.box.forget_calls()
            if bench.run("ls").count("Stopped") != VMS:
                sys.exit("ls does not show the stopped VMs")
            ls_calls = len(bench.box.calls)
            bench.box.forget_calls()
            bench.run("status", "vm-00")
            status_calls = len(bench.box.calls)
            ls, status = medians([lambda: bench.run("ls"), lambda: bench.run("status", "vm-00")], runs)
        finally:
            bench.box.end()
    rows = [
        Row("calls of `create`", str(calls), "docker-machine's", calls / DOCKER_MACHINES_CREATE, 1.0),
        Row(f"calls of `ls`, {VMS} stopped VMs", str(ls_calls), "", ls_calls, 1),
        Row("calls of `status`", str(status_calls), "", status_calls, 1),
        Row(f"`ls`, {VMS} stopped VMs", f"{ls:.3f} s", "", ls, 0.3),
        Row("`status`", f"{status:.3f} s", "", status, 0.3),
    ]
    return report("VirtualBox (stand-in)", rows)


if __name__ == "__main__":
    sys.exit(main())
