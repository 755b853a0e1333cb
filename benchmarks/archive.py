"""`backup` and `restore` of ten machines, without their hosts: the whole program each time, encrypted with a passphrase.

    python benchmarks/archive.py [--runs N]

Nothing is contacted: the machines are records with keys and certificates in a temporary store.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Row, medians, milliseconds, report

MACHSH = str(Path(sys.executable).with_name("machsh"))
MACHINES = 10
REACH_SECONDS = 1.0


class Stores:
    """A store with ten machines, and a place for the archive and for what is restored."""

    def __init__(self, folder: Path) -> None:
        self.here, self.there, self.archive = folder / "here", folder / "there", folder / "x.age"
        self.secret = folder / "passphrase"
        self.secret.write_text("correct horse battery staple\n")
        for number in range(MACHINES):
            name = f"web-{number}"
            self.run(self.here, "create", "-d", "none", "--url", f"tcp://192.0.2.{number}:2376", name)
            machine = self.here / "machines" / name
            for copy in ("ca.pem", "cert.pem", "key.pem"):
                shutil.copy(self.here / "certs" / copy, machine / copy)
            for key in ("id_ed25519", "id_ed25519.pub", "known_hosts", "server.pem", "server-key.pem"):
                (machine / key).write_bytes(os.urandom(600))

    def run(self, store: Path, *words: str) -> None:
        variables = {**os.environ, "MACHINE_STORAGE_PATH": str(store)}
        subprocess.run([MACHSH, *words], env=variables, check=True, capture_output=True)

    def backup(self) -> None:
        words = ("backup", "--all", "--force", "-o", str(self.archive), "--passphrase-file", str(self.secret))
        self.run(self.here, *words)

    def restore(self) -> None:
        shutil.rmtree(self.there, ignore_errors=True)
        self.run(self.there, "restore", str(self.archive), "--passphrase-file", str(self.secret))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(Path(folder))
        backup, restore, nothing = medians(
            (stores.backup, stores.restore, lambda: stores.run(stores.here, "--version")), runs
        )
    against = f"1 s; `--version` takes {milliseconds(nothing)}"
    return report(
        "Archives of ten machines",
        [
            Row(f"{name} of {MACHINES} machines", milliseconds(took), against, took, REACH_SECONDS)
            for name, took in (("`backup`", backup), ("`restore`", restore))
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
