"""Many machines at once: `ls` of 100, of which 20 may never answer, and one line on 50.

    python benchmarks/many.py [--runs N]

One real host is made with the docker driver; the other machines are records of the generic driver that lead to its
engine, directly or through a proxy on loopback that adds 100 ms of round trip. Everything made is removed.
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

from machsh.testing.network_faults import BlackHole, SlowProxy

MACHSH = str(Path(sys.executable).with_name("machsh"))
HOST = f"bench-many-{os.getpid()}"


class Store:
    """A store with one real machine, and as many records of it as wanted."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.variables = {**os.environ, "MACHINE_STORAGE_PATH": folder}

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [MACHSH, *words], capture_output=True, text=True, env=self.variables, check=False
        )
        if done.returncode != code:
            sys.exit(f"machsh {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def record(self) -> dict[str, object]:
        return json.loads((self.folder / "machines" / HOST / "config.json").read_text())

    def add(self, names: list[str], address: str, port: int, ssh_port: int = 22) -> None:
        record = self.record()
        driver = dict(record["Driver"])
        for name in names:
            own = {
                "IPAddress": address,
                "MachineName": name,
                "SSHPort": ssh_port,
                "EnginePort": port,
                "SSHKey": "",
            }
            folder = self.folder / "machines" / name
            folder.mkdir(mode=0o700)
            text = json.dumps({**record, "DriverName": "generic", "Driver": {**driver, **own}, "Name": name})
            (folder / "config.json").write_text(text)
            for file in ("ca.pem", "cert.pem", "key.pem"):
                (folder / file).write_bytes((self.folder / "machines" / HOST / file).read_bytes())
                (folder / file).chmod(0o600)

    def drop(self, names: list[str]) -> None:
        self.run("rm", "-f", "-y", *names)

    def docker(self, url: str) -> None:
        """The docker CLI on one engine, as `eval $(docker-machine env)` would have it."""
        variables = {
            **os.environ,
            "DOCKER_HOST": url,
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(self.folder / "machines" / HOST),
        }
        subprocess.run(["docker", "ps"], env=variables, check=True, capture_output=True)


def listing_rows(store: Store, address: str, runs: int) -> list[Row]:
    names = [f"row-{number}" for number in range(80)]
    more = [f"more-{number}" for number in range(19)]
    store.add(names[:-1], address, 2376)
    store.add(more + names[-1:], address, 2376)
    (all_answer,) = medians([lambda: store.run("ls")], runs)
    rows = [
        Row(
            "`ls`, 100 machines on one engine",
            f"{all_answer:.2f} s",
            "docker-machine 2.1 s",
            all_answer / 0.8,
            1,
        )
    ]
    store.drop([*more, *names[-1:]])
    with BlackHole() as hole:
        holes = [f"hole-{number}" for number in range(20)]
        store.add(holes, "127.0.0.1", hole.port, hole.port)
        (some,) = medians([lambda: store.run("ls", "-t", "2")], runs)
        right = sum("Running" in line and "v2" in line for line in store.run("ls", "-t", "2").splitlines())
        store.drop(holes)
    shown = f"{some:.2f} s, {right} right rows"
    rows.append(
        Row(
            "`ls -t 2`, 80 answer and 20 never do",
            shown,
            "2.8 s and 80 rows",
            some / 2.8,
            1 if right == 80 else 0,
        )
    )
    store.drop(names[:-1])
    return rows


def fleet_rows(store: Store, address: str, runs: int) -> list[Row]:
    names = [f"row-{number}" for number in range(50)]
    with SlowProxy((address, 2376), 0.1) as far:
        return [
            fleet_row(store, names, address, 2376, (0.5, "near"), runs),
            fleet_row(store, names, "localhost", far.port, (0.1, "at 100 ms"), max(1, runs // 3)),
        ]


def fleet_row(
    store: Store, names: list[str], address: str, port: int, reach: tuple[float, str], runs: int
) -> Row:
    store.add(names, address, port)
    words = f"@{','.join(names)} docker ps"

    def in_turn() -> None:
        for _ in names:
            store.docker(f"tcp://{address}:{port}")

    ours, theirs = medians([lambda: store.run("-c", words), in_turn], runs, warm_up=0)
    store.drop(names)
    limit, where = reach
    return Row(
        f"`@... docker ps`, 50 machines, {where}",
        f"{ours:.2f} s",
        f"50 docker CLIs in turn {theirs:.2f} s",
        ours / theirs,
        limit,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        try:
            store.run("create", "-d", "docker", HOST)
            address = store.run("ip", HOST).strip()
            rows = listing_rows(store, address, runs) + fleet_rows(store, address, runs)
        finally:
            subprocess.run(
                [MACHSH, "rm", "-f", "-y", HOST], env=store.variables, capture_output=True, check=False
            )
    return 1 if report("Many machines", rows) else 0


if __name__ == "__main__":
    sys.exit(main())
