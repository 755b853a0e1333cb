"""`ship` beside `docker save | ssh docker load`: an image that is missing, and one that is there but for 10 %.

    python benchmarks/ship.py [--runs N] [--megabytes N]

Needs root, an engine, ssh and tc: it makes one host with the docker driver, and removes it and its images. Each row is
measured on this computer's own bridge, where bytes cost next to nothing, and over a link of 100 Mbit/s.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measure import Row, medians, report

MACHSH = str(Path(sys.executable).with_name("machsh"))
LAYERS = 10
LINK = "rate 100mbit burst 256kb latency 400ms"
BASE, IMAGE = "ship-bench:base", "ship-bench:all"


def run(*words: str, variables: dict[str, str] | None = None) -> str:
    done = subprocess.run(words, capture_output=True, text=True, env=variables, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


@dataclass(frozen=True)
class Host:
    """A machine with an engine, and both ways to it."""

    name: str
    variables: dict[str, str]

    @property
    def ssh(self) -> list[str]:
        folder = Path(self.variables["MACHINE_STORAGE_PATH"]) / "machines" / self.name
        driver = json.loads((folder / "config.json").read_text())["Driver"]
        return [
            "ssh", "-i", driver["SSHKeyPath"], "-p", str(driver["SSHPort"]),
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            f"{driver['SSHUser']}@{driver['IPAddress']}",
        ]  # fmt: skip

    def ship(self, image: str) -> None:
        run(MACHSH, "ship", image, self.name, variables=self.variables)

    def save_and_load(self, image: str) -> None:
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
            if subprocess.run(
                [*self.ssh, "docker", "load"], stdin=saving.stdout, stdout=subprocess.DEVNULL, check=False
            ).returncode:
                sys.exit("docker load failed")

    def forget(self, *images: str) -> None:
        subprocess.run([*self.ssh, "docker", "rmi", *images], capture_output=True, check=False)

    @contextmanager
    def behind_a_link(self) -> Iterator[None]:
        number = run("docker", "exec", f"machsh-{self.name}", "cat", "/sys/class/net/eth0/iflink")
        lines = run("ip", "-o", "link").splitlines()
        device = next(line.split(": ")[1].split("@")[0] for line in lines if line.startswith(f"{number}: "))
        run("tc", "qdisc", "add", "dev", device, "root", "tbf", *LINK.split())
        try:
            yield
        finally:
            run("tc", "qdisc", "del", "dev", device, "root")


def build(megabytes: int) -> None:
    """Make an image of equal layers of random bytes, and its base, which is all but the last."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(LAYERS):
            (Path(folder) / f"part{number}").write_bytes(os.urandom((megabytes << 20) // LAYERS))
        lines = [f"COPY part{number} /" for number in range(LAYERS)]
        for name, count in ((BASE, LAYERS - 1), (IMAGE, LAYERS)):
            (Path(folder) / "Dockerfile").write_text("\n".join(["FROM scratch", *lines[:count]]))
            run("docker", "build", "-q", "-t", name, folder)


def compare(figure: str, host: Host, reach: float, runs: int, prepare: Callable[[], None]) -> Row:
    """Measure both sides in turn; what prepares a run is measured alone and taken off."""

    def side(work: Callable[[str], None]) -> Callable[[], None]:
        def act() -> None:
            prepare()
            work(IMAGE)

        return act

    ours, theirs, before = medians([side(host.ship), side(host.save_and_load), prepare], runs, warm_up=0)
    ours, theirs = ours - before, theirs - before
    return Row(figure, f"{ours:.1f} s", f"{theirs:.1f} s", ours / theirs, reach)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=500)
    given = parser.parse_args()
    build(given.megabytes)
    with tempfile.TemporaryDirectory() as folder:
        host = Host(f"ship-bench-{os.getpid()}", {**os.environ, "MACHINE_STORAGE_PATH": folder})
        run(MACHSH, "create", "-d", "docker", host.name, variables=host.variables)
        try:
            rows = measured(host, given.runs)
        finally:
            run(MACHSH, "rm", "-f", "-y", host.name, variables=host.variables)
            run("docker", "rmi", BASE, IMAGE)
    return report(f"ship, an image of {given.megabytes} MB", rows)


def measured(host: Host, runs: int) -> list[Row]:
    rows = []
    for where in ("on the bridge", "over 100 Mbit/s"):

        def both(place: str = where) -> None:
            rows.append(
                compare(f"nothing is there, {place}", host, 1.0, runs, lambda: host.forget(IMAGE, BASE))
            )
            host.save_and_load(BASE)
            rows.append(compare(f"90 % is there, {place}", host, 0.2, runs, lambda: host.forget(IMAGE)))

        if where == "on the bridge":
            both()
        else:
            with host.behind_a_link():
                both()
    return rows


if __name__ == "__main__":
    sys.exit(main())
