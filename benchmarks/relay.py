"""What the relay gains and costs, beside the docker CLI with TLS variables or `ssh://`.

    python benchmarks/relay.py [--runs N] [--quick]

Needs root, dockerd and sshd: it starts an engine and an sshd of its own and removes them. Far hosts are a
proxy on loopback that adds round-trip time. `--quick` leaves out the long rows: saving 1 GB and 1,000 commands.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine import Engine
from measure import Row, medians, milliseconds, report

from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.process import RelayProcess
from machsh.environment import Environment
from machsh.ssh.target import Target
from machsh.testing.network_faults import SlowProxy
from tests.live.sshd import LoopbackSshd, running

ROUND_TRIP = 0.1
COMMANDS, TOGETHER, ROUNDS = 1000, 20, 5


def docker(variables: dict[str, str], *words: str) -> None:
    done = subprocess.run(["docker", *words], env=variables, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"docker {' '.join(words)} failed")


def variables_of(endpoint: Endpoint, **more: str) -> dict[str, str]:
    changed = endpoint.variables()
    kept = {name: value for name, value in os.environ.items() if name not in changed}
    return {**kept, **{name: value for name, value in changed.items() if value is not None}, **more}


class Warm:
    """A relay that is ready, as it is while a user types."""

    def __init__(self, endpoint: Endpoint, target: Target | None = None) -> None:
        self.relay = RelayProcess(endpoint, Environment.of_process(), "bench", target=target)

    def __enter__(self) -> Warm:
        self.relay.start()
        self.variables = variables_of(self.relay.endpoint)
        docker(self.variables, "ps")
        return self

    def __exit__(self, *error: object) -> None:
        self.relay.close()

    def memory(self) -> dict[str, int]:
        """Resident kilobytes now and at most."""
        process = self.relay._process
        assert process is not None
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        return {
            line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "VmHWM"))
        }


def compare(figure: str, reach: float, warm: Warm, direct: dict[str, str], runs: int) -> Row:
    def through() -> None:
        docker(warm.variables, "ps")

    def plain() -> None:
        docker(direct, "ps")

    ours, theirs = medians([through, plain], runs)
    return Row(figure, milliseconds(ours), milliseconds(theirs), ours / theirs, reach)


def tls_rows(engine: Engine, runs: int) -> list[Row]:
    with Warm(engine.endpoint) as warm:
        near = compare("docker ps, near", 1.0, warm, variables_of(engine.endpoint), runs)
    with SlowProxy(("127.0.0.1", engine.port), ROUND_TRIP) as proxy:
        far = Endpoint(proxy.url, engine.folder)
        with Warm(far) as warm:
            time.sleep(1)
            row = compare("docker ps, 100 ms", 0.35, warm, variables_of(far), runs)
    return [near, row]


def ssh_rows(runs: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "sshd") as sshd:
        rows = [ssh_row("docker ps over ssh, near", 0.10, sshd, sshd.port, runs)]
        with SlowProxy(("127.0.0.1", sshd.port), ROUND_TRIP) as proxy:
            rows.append(ssh_row("docker ps over ssh, 100 ms", 0.15, sshd, proxy.port, runs))
        return rows


def ssh_row(figure: str, reach: float, sshd: LoopbackSshd, port: int, runs: int) -> Row:
    """docker's own `ssh://` runs the system's ssh, which is told our key. The engine is this computer's own."""
    target = sshd.target(port=port)
    folder = sshd.folder / f"bin-{port}"
    folder.mkdir()
    wrapper = folder / "ssh"
    options = f"-i {sshd.key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    wrapper.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F none {options} "$@"\n')
    wrapper.chmod(0o755)
    endpoint = Endpoint(f"ssh://{target.user}@{target.host}:{port}")
    direct = variables_of(endpoint, PATH=f"{folder}:{os.environ['PATH']}")
    with Warm(endpoint, target) as warm:
        time.sleep(2)
        return compare(figure, reach, warm, direct, runs)


def save_rows(engine: Engine, runs: int) -> list[Row]:
    engine.add_image("big", 1024)
    direct = variables_of(engine.endpoint)
    with Warm(engine.endpoint) as warm:
        before = warm.memory()["VmRSS"]
        ours, theirs = medians(
            [lambda: docker(warm.variables, "save", "big"), lambda: docker(direct, "save", "big")], runs
        )
        grown = (warm.memory()["VmHWM"] - before) / 1024
    return [
        Row("docker save of 1 GB", milliseconds(ours), milliseconds(theirs), ours / theirs, 1.1),
        Row("relay's memory grows by (MB)", f"{grown:.1f} MB", "", grown, 16),
    ]


def burst(variables: dict[str, str]) -> float:
    """A fifth of the commands, 20 at a time; a failure ends the measurement."""
    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(lambda _: docker(variables, "ps", "-q"), range(COMMANDS // ROUNDS)))
    return time.perf_counter() - started


def burst_row(engine: Engine) -> Row:
    with Warm(engine.endpoint) as warm:
        direct = variables_of(engine.endpoint)
        pairs = [(burst(warm.variables), burst(direct)) for _ in range(ROUNDS)]
    ours, theirs = (sum(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    figure = f"{COMMANDS} short commands, {TOGETHER} at a time"
    return Row(figure, f"{ours:.1f} s", f"{theirs:.1f} s", ratio, 1.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--quick", action="store_true")
    wish = parser.parse_args()
    with Engine() as engine:
        rows = tls_rows(engine, wish.runs) + ssh_rows(wish.runs)
        if not wish.quick:
            rows += [*save_rows(engine, 3), burst_row(engine)]
    return report("Relay", rows)


if __name__ == "__main__":
    sys.exit(main())
