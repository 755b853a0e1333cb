"""How long `adopt` takes on a near host, over ssh and by TLS files, from the command line to its end.

    python benchmarks/adopt.py [--runs N]

Makes one host with the driver `docker` in a store of its own, adopts it again and again in another, and removes it. What is held against
it is the least that can be done by hand over ssh: a login that asks the engine its version.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from measure import Row, medians, milliseconds, report

MACHSH = str(Path(sys.executable).with_name("machsh"))
REACH = 1.0
"""Seconds for one adoption."""


def run(words: list[str], store: str) -> None:
    variables = {**os.environ, "MACHINE_STORAGE_PATH": store}
    done = subprocess.run(words, capture_output=True, text=True, env=variables, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed: {done.stderr}")


def adopting(words: list[str], store: str) -> Callable[[], None]:
    """Return the function that adopts under a name which nothing has yet."""
    return lambda: run([MACHSH, "adopt", "--again", *words, f"m{uuid.uuid4().hex[:8]}"], store)


def rows(folder: Path, host: str, runs: int) -> list[Row]:
    store = str(folder / "own")
    made = folder / "made" / "machines" / host
    address = json.loads((made / "config.json").read_text())["Driver"]["IPAddress"]
    key = str(made / "id_ed25519")
    by_hand = [
        *(
            "ssh",
            "-i",
            key,
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "LogLevel=ERROR",
        ),
        *("-o", "UserKnownHostsFile=/dev/null", f"root@{address}", "docker", "version"),
    ]
    tls = [
        f"--tls-{one}={made / file}"
        for one, file in (("ca", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem"))
    ]
    sides = (
        adopting(["--ssh", f"root@{address}", "--ssh-key", key], store),
        adopting([f"tcp://{address}:2376", *tls], store),
        lambda: run(by_hand, store),
    )
    over_ssh, over_tls, asked = medians(sides, runs)
    against = f"1 s (ssh HOST docker version: {milliseconds(asked)})"
    return [
        Row("`adopt --ssh`, near", milliseconds(over_ssh), against, over_ssh, REACH),
        Row("`adopt tcp://`, near", milliseconds(over_tls), "1 s", over_tls, REACH),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    given = parser.parse_args()
    host = f"bench-adopt-{uuid.uuid4().hex[:6]}"
    with tempfile.TemporaryDirectory() as folder:
        made = str(Path(folder) / "made")
        try:
            run([MACHSH, "create", "-d", "docker", host], made)
            return report("Adoption", rows(Path(folder), host, given.runs))
        finally:
            subprocess.run(
                [MACHSH, "rm", "-f", host], env={**os.environ, "MACHINE_STORAGE_PATH": made}, check=False
            )


if __name__ == "__main__":
    raise SystemExit(main())
