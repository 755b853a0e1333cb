"""What virtual machines cost: `create -d qemu` beyond the boot, a state, a second disk, `ls` of 20 stopped ones.

    python benchmarks/vm.py --image GUEST.qcow2 [--runs N]

The image has cloud-init, sshd and an engine; scripts/lab/guest_image.sh makes one. Everything made is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import Row, medians, milliseconds, report, seconds

from machsh.drivers.qemu.driver import QemuDriver
from machsh.drivers.qemu.record import QemuRecord
from machsh.testing.fakes import fake_context

MACHSH = str(Path(sys.executable).with_name("machsh"))
NAME = "bench-vm"
STOPPED = 20
BOOT_SECONDS = 1800


class Store:
    """A store of its own."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.variables = {**os.environ, "MACHINE_STORAGE_PATH": folder}

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [MACHSH, *words], capture_output=True, text=True, env=self.variables, check=False
        )
        if done.returncode:
            sys.exit(f"machsh {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def machine(self, name: str) -> Path:
        return self.folder / "machines" / name

    def create(self, image: str) -> tuple[float, float]:
        """Create the machine; the seconds of all, and of the wait for the guest's sshd."""
        words = [MACHSH, "create", "-d", "qemu", "--qemu-image", image]
        words += ["--qemu-boot-timeout", str(BOOT_SECONDS), NAME]
        began, boot_began, booted = time.perf_counter(), 0.0, 0.0
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.variables
        ) as child:
            assert child.stdout
            for line in child.stdout:
                if "Waiting for the guest to boot" in line:
                    boot_began = time.perf_counter()
                elif boot_began and not booted:
                    booted = time.perf_counter()
        if child.returncode:
            sys.exit("create failed")
        return time.perf_counter() - began, booted - boot_began

    def driver(self) -> QemuDriver:
        record = json.loads((self.machine(NAME) / "config.json").read_text())["Driver"]
        driver = QemuDriver(QemuRecord.from_json(record), fake_context(self.folder))
        driver.context.folder = self.machine(NAME)
        return driver

    def copy(self, count: int) -> None:
        """Make stopped machines: records with a small disk each."""
        for number in range(count):
            name = f"{NAME}-{number}"
            self.machine(name).mkdir()
            text = (self.machine(NAME) / "config.json").read_text()
            (self.machine(name) / "config.json").write_text(re.sub(rf"\b{NAME}\b", name, text))
            (self.machine(name) / "disk.qcow2").touch()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", required=True)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        try:
            rows = measured(store, os.path.abspath(given.image), given.runs)
        finally:
            subprocess.run(
                [MACHSH, "rm", "-f", "-y", NAME], env=store.variables, capture_output=True, check=False
            )
    return 1 if report("virtual machines", rows) else 0


def measured(store: Store, image: str, runs: int) -> list[Row]:
    whole, boot = store.create(image)
    driver = store.driver()
    (state,) = medians([driver.state], runs)
    disk = (store.machine(NAME) / "disk.qcow2").stat().st_blocks * 512 / 1e6
    stop = seconds(lambda: store.run("stop", NAME))
    store.copy(STOPPED - 1)
    (listed,) = medians([lambda: store.run("ls")], runs)
    for number in range(STOPPED - 1):
        shutil.rmtree(store.machine(f"{NAME}-{number}"))
    return [
        Row("`create -d qemu`, engine in the image", f"{whole:.0f} s", "150 s", whole / 150, 1),
        Row("of which beyond the boot", f"{whole - boot:.1f} s", "15 s", (whole - boot) / 15, 1),
        Row("`state` of a running machine", milliseconds(state), "50 ms", state / 0.05, 1),
        Row("disk of a booted machine", f"{disk:.0f} MB", "50 MB", disk / 50, 1),
        Row("`stop`", f"{stop:.1f} s", "60 s", stop / 60, 1),
        Row(f"`ls`, {STOPPED} stopped machines", f"{listed:.2f} s", "0.3 s", listed / 0.3, 1),
    ]


if __name__ == "__main__":
    sys.exit(main())
