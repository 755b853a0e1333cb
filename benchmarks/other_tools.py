"""What a docker context on a kept relay gains, beside the machine's own TLS and docker's `ssh://`.

    python benchmarks/other_tools.py [--runs N]

Needs an engine on this computer: it makes a host with the driver `docker` and removes it. docker's `ssh://` goes
by the blocks that `ssh-config` prints, so both sides have the same key and host key.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import Row, medians, milliseconds, report

MACHSH = [sys.executable, "-m", "machsh"]
NAME, PUBLIC = "tools-bench", "machsh-tools-bench"


def run(variables: dict[str, str], *words: str) -> str:
    done = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed: {done.stderr}")
    return done.stdout


def shim(home: Path, variables: dict[str, str]) -> None:
    """Let docker's ssh read the blocks of this home."""
    (home / "config").write_text(run(variables, *MACHSH, "ssh-config", NAME))
    program = home / "ssh"
    program.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {home}/config "$@"\n')
    program.chmod(0o755)


def rows(variables: dict[str, str], home: Path, runs: int) -> list[Row]:
    shim(home, variables)
    by_ssh = {**variables, "PATH": f"{home}:{variables['PATH']}", "DOCKER_HOST": f"ssh://{PUBLIC}"}
    flags = run(variables, *MACHSH, "config", NAME).replace('"', "").split()
    ours, tls, ssh = medians(
        [
            lambda: run(variables, "docker", "--context", PUBLIC, "ps"),
            lambda: run(variables, "docker", *flags, "ps"),
            lambda: run(by_ssh, "docker", "ps"),
        ],
        runs,
    )
    return [
        Row(
            "docker ps by context and relay", milliseconds(ours), f"TLS {milliseconds(tls)}", ours / tls, 1.0
        ),
        Row(
            "docker ps by context and relay",
            milliseconds(ours),
            f"ssh:// {milliseconds(ssh)}",
            ours / ssh,
            0.1,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=15)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        home = Path(folder)
        variables = {
            **os.environ,
            "HOME": folder,
            "MACHINE_STORAGE_PATH": f"{folder}/store",
            "DOCKER_CONFIG": f"{folder}/docker",
            "XDG_RUNTIME_DIR": folder,
        }
        run(variables, *MACHSH, "create", "-d", "docker", NAME)
        relay = subprocess.Popen([*MACHSH, "relay", NAME], env=variables, stdout=subprocess.DEVNULL)
        try:
            run(variables, *MACHSH, "contexts", "sync")
            time.sleep(2)
            return report("Other programs", rows(variables, home, wish.runs))
        finally:
            relay.send_signal(signal.SIGINT)
            relay.wait()
            run(variables, *MACHSH, "rm", "-f", NAME)


if __name__ == "__main__":
    sys.exit(main())
