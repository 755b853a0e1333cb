"""How long `create` takes until docker answers over TLS.

    python benchmarks/create.py [--runs N]

Rows: the docker driver with its image built, four creates together against four in turn, the generic driver on a host
whose engine is installed. Everything made is removed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Row, medians, report, seconds

MACHSH = str(Path(sys.executable).with_name("machsh"))


class Store:
    """A store of its own and the machines made in it."""

    def __init__(self, folder: str) -> None:
        self.variables = {**os.environ, "MACHINE_STORAGE_PATH": folder}
        self.names: list[str] = []

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [MACHSH, *words], capture_output=True, text=True, env=self.variables, check=False
        )
        if done.returncode:
            sys.exit(f"machsh {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def name(self) -> str:
        self.names.append(f"bench-{os.getpid()}-{len(self.names)}")
        return self.names[-1]

    def docker_words(self) -> list[str]:
        return ["create", "-d", "docker", self.name()]

    def create(self) -> None:
        """One create, then docker over TLS."""
        words = self.docker_words()
        self.run(*words)
        self.run("-c", f"use {words[-1]}; docker version")

    def create_together(self, count: int) -> None:
        words = [self.docker_words() for _ in range(count)]
        started = [
            subprocess.Popen([MACHSH, *one], env=self.variables, stdout=subprocess.DEVNULL) for one in words
        ]
        if any(process.wait() for process in started):
            sys.exit("a create failed")

    def create_in_turn(self, count: int) -> None:
        for _ in range(count):
            self.run(*self.docker_words())

    def adopt(self, host: str) -> None:
        """The generic driver on a running machine's own address, with that machine's key."""
        folder = Path(self.variables["MACHINE_STORAGE_PATH"]) / "machines" / host
        key = next(path for path in folder.iterdir() if path.name.startswith("id_") and not path.suffix)
        self.run(
            "create",
            "-d",
            "generic",
            f"--generic-ip-address={self.run('ip', host)}",
            f"--generic-ssh-key={key}",
            self.name(),
        )

    def clear(self) -> None:
        subprocess.run(
            [MACHSH, "rm", "-f", *self.names], env=self.variables, capture_output=True, check=False
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        try:
            rows = measured(store, runs)
        finally:
            store.clear()
    return 1 if report("create", rows) else 0


def measured(store: Store, runs: int) -> list[Row]:
    (docker,) = medians([store.create], runs)
    in_turn, together = seconds(lambda: store.create_in_turn(4)), seconds(lambda: store.create_together(4))
    host = store.names[0]
    (generic,) = medians([lambda: store.adopt(host)], runs, warm_up=0)
    return [
        Row("`create -d docker` to docker over TLS", f"{docker:.1f} s", "6 s", docker / 6, 1),
        Row(
            "four creates together", f"{together:.1f} s", f"in turn {in_turn:.1f} s", together / in_turn, 0.75
        ),
        Row(
            "`create -d generic`, engine installed",
            f"{generic:.1f} s",
            "6 s (docker-machine 9.0 s)",
            generic / 6,
            1,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
