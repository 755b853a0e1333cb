"""How long it takes to make a cluster of three near hosts, to take a worker in, and to ask for its nodes.

    python benchmarks/cluster.py [--runs N] [--store FOLDER]

Makes three hosts with the driver `docker` in a store of its own and removes them, or takes the first three machines of FOLDER, which must
be in no cluster. What is held against `init` is docker's own CLI, which checks nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from measure import Row, milliseconds, report, seconds

MACHSH = str(Path(sys.executable).with_name("machsh"))
INIT, JOIN, STATUS = 6.0, 1.0, 0.2
"""What the figures must reach, in seconds."""
CLUSTER = "bench"


class Hosts:
    """Three machines in a store."""

    def __init__(self, store: str, names: Sequence[str]) -> None:
        self.variables = {**os.environ, "MACHINE_STORAGE_PATH": store}
        self.names = names

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [MACHSH, *words], capture_output=True, text=True, env=self.variables, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(words)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def docker(self, name: str, *words: str) -> str:
        line = self.run("config", name).split()
        done = subprocess.run(["docker", *line, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def by_hand(hosts: Hosts) -> float:
    """Make a swarm with docker's own commands, end it, and return how long the making took."""
    first, *others = hosts.names
    address = hosts.run("ip", first).strip()

    def make() -> None:
        hosts.docker(first, "swarm", "init", "--advertise-addr", address)
        token = hosts.docker(first, "swarm", "join-token", "-q", "worker")
        for name in others:
            hosts.docker(name, "swarm", "join", "--token", token, f"{address}:2377")

    took = seconds(make)
    for name in hosts.names:
        hosts.docker(name, "swarm", "leave", "--force")
    return took


def one_round(hosts: Hosts) -> dict[str, float]:
    """Make a cluster, end it, and return how long each step took."""
    first, *others = hosts.names
    took = {"by hand": by_hand(hosts)}
    took["init"] = seconds(lambda: hosts.run("cluster", "init", CLUSTER, first, *others))
    hosts.run("cluster", "leave", others[-1])
    took["join"] = seconds(lambda: hosts.run("cluster", "join", CLUSTER, others[-1]))
    took["ping"] = seconds(lambda: hosts.run("url", first))
    took["status"] = seconds(lambda: hosts.run("cluster", "status", CLUSTER))
    hosts.run("cluster", "rm", "-y", CLUSTER)
    return took


def rows(hosts: Hosts, runs: int) -> list[Row]:
    found = [one_round(hosts) for _ in range(runs)]
    median = {key: statistics.median(one[key] for one in found) for key in found[0]}
    hand = f"6 s (docker's own commands: {milliseconds(median['by hand'])})"
    bare = f"0.2 s (`machsh url NAME`: {milliseconds(median['ping'])})"
    return [
        Row("`cluster init`, three hosts", milliseconds(median["init"]), hand, median["init"], INIT),
        Row("`cluster join` of a worker", milliseconds(median["join"]), "1 s", median["join"], JOIN),
        Row("`cluster status`", milliseconds(median["status"]), bare, median["status"], STATUS),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--store", help="a store with three machines; without it three hosts are made")
    given = parser.parse_args()
    if given.store:
        hosts = Hosts(given.store, [])
        hosts.names = hosts.run("ls", "-q").split()[:3]
        return report("Clusters", rows(hosts, given.runs))
    with tempfile.TemporaryDirectory() as store:
        hosts = Hosts(store, [f"bench-cluster{number}-{uuid.uuid4().hex[:6]}" for number in (1, 2, 3)])
        try:
            for name in hosts.names:
                hosts.run("create", "-d", "docker", name)
            return report("Clusters", rows(hosts, given.runs))
        finally:
            subprocess.run([MACHSH, "rm", "-y", "-f", *hosts.names], env=hosts.variables, check=False)


if __name__ == "__main__":
    raise SystemExit(main())
