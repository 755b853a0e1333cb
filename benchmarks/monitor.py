"""`monitor` with 50 machines and 500 containers: first full screen, steady load, and the answer to a key.

    python benchmarks/monitor.py [--seconds N] [--machines N]

The engines are fakes behind TLS, in this process; what is measured is the program's own process, in a
pseudo-terminal of 160 x 60. Their statistics have the size of a real engine's, and grow with the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from measure import Row, milliseconds, report

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from machsh.testing.fake_engine import FakeEngine  # noqa: E402
from tests.support.screen import Screen, environment  # noqa: E402

CONTAINERS = 10
KEYS = 60
BARE = """
from prompt_toolkit.application import Application
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
keys, count = KeyBindings(), [0]
@keys.add("j")
@keys.add("k")
def _(event): count[0] += 1
@keys.add("q")
def _(event): event.app.exit()
def text(): return "\\n".join(f"machine-{n:3} Running {count[0]:8} ".ljust(159, ".") for n in range(50))
Application(layout=Layout(Window(FormattedTextControl(text))), key_bindings=keys, full_screen=True).run()
"""
"""A full-screen application of the same library that shows as many lines, and knows them already."""
HERTZ = os.sysconf("SC_CLK_TCK")


class Stats(dict[str, Any]):
    """Statistics of any container: half a processor of two, and some 2 KB of what a real engine tells beside."""

    def get(self, name: str, default: Any = None) -> Any:
        now = int(time.time() * 1e9)
        padding = {f"total_{word}": 0 for word in map(str, range(40))}
        blocks = [
            {"major": 8, "minor": 0, "op": op, "value": 4096} for op in ("read", "write", "sync", "total")
        ]
        return {
            "read": "2026-01-01T00:00:00.000000000Z",
            "blkio_stats": {"io_service_bytes_recursive": blocks, "io_serviced_recursive": blocks},
            "cpu_stats": {
                "cpu_usage": {"total_usage": now // 2, "percpu_usage": [now // 4, now // 4]},
                "system_cpu_usage": now * 2,
                "online_cpus": 2,
            },
            "memory_stats": {
                "usage": 50_000_000,
                "stats": {**padding, "inactive_file": 1_000_000},
                "limit": 8 << 30,
            },
            "networks": {"eth0": {"rx_bytes": 1, "tx_bytes": 1}},
        }


def engine() -> FakeEngine:
    made = FakeEngine(version="27.3.1", api_version="1.47", stats=Stats())
    made.info |= {"ServerVersion": "27.3.1", "DockerRootDir": "/var/lib/docker"}
    for number in range(CONTAINERS):
        labels = {"Labels": {f"com.example.label{key}": "some value" for key in range(6)}}
        made.containers[f"service-{number}"] = {
            "Id": f"id-service-{number}",
            "Config": labels,
            "State": {"Status": "running"},
            "HostConfig": {},
        }
    return made


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has taken, all threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def first_screen(home: Path, machines: int, *, is_bare: bool = False) -> tuple[float, Screen]:
    began = time.perf_counter()
    size = {"columns": 160, "lines": machines + 10}
    if is_bare:
        screen = Screen([sys.executable, "-c", BARE], env=environment(home), **size)
        machines = 50
    else:
        screen = Screen.machsh(home, "monitor", **size)
    screen.wait_until(lambda: sum("Running" in line for line in screen.lines) == machines, "all machines", 60)
    return time.perf_counter() - began, screen


def key_times(screen: Screen) -> list[float]:
    times = []
    for number in range(KEYS):
        screen.settle(0.02)
        before, began = len(screen.raw), time.perf_counter()
        screen.type("j" if number % 20 < 10 else "k")
        while len(screen.raw) == before:
            screen.pump(1.0)
        times.append(time.perf_counter() - began)
    return times


def prepared(home: Path, stack: ExitStack, machines: int) -> None:
    """Make the store, with a machine for each engine."""
    variables = environment(home)

    def machsh(*words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "machsh", *words], env=variables, check=True, capture_output=True
        )

    machsh("create", "-d", "none", "--url", "tcp://127.0.0.1:1", "seed")
    store = home / ".docker" / "machine"
    text = (store / "machines" / "seed" / "config.json").read_text()
    for number in range(machines):
        made = engine()
        made.start(store / "certs")
        stack.callback(made.stop)
        record = json.loads(text.replace("seed", f"machine-{number}").replace("127.0.0.1:1", made.address))
        folder = store / "machines" / f"machine-{number}"
        folder.mkdir(mode=0o700)
        (folder / "config.json").write_text(json.dumps(record))
    machsh("rm", "-f", "-y", "seed")


def rows(machines: int, seconds: float) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        prepared(home, stack, machines)
        firsts, bares = [], []
        for _ in range(3):
            for times, is_bare in ((firsts, False), (bares, True)):
                first, screen = first_screen(home, machines, is_bare=is_bare)
                times.append(first)
                screen.settle()
                bare_keys = key_times(screen) if is_bare else []
                screen.type("q").wait_end()
                screen.close()
        _, screen = first_screen(home, machines)
        stack.callback(screen.close)
        idle(screen, 12.0)  # the first round of all containers
        began, before = time.perf_counter(), cpu_seconds(screen.child.pid)
        idle(screen, seconds)
        share = (cpu_seconds(screen.child.pid) - before) / (time.perf_counter() - began)
        keys = key_times(screen)
    first, key = statistics.median(firsts), statistics.median(keys)
    bare, bare_key = statistics.median(bares), statistics.median(bare_keys)
    what = f"`monitor`, {machines} machines, {machines * CONTAINERS} containers"
    return [
        Row(f"{what}: first full screen", f"{first:.2f} s", "1 s", first, 1),
        Row(
            f"{what}: first full screen",
            f"{first:.2f} s",
            f"a bare full screen {bare:.2f} s",
            first / bare,
            3,
        ),
        Row(f"{what}: steady state", f"{share:.1%} of one core", "10%", share / 0.1, 1),
        Row(f"{what}: key to repaint, median", milliseconds(key), "50 ms", key / 0.05, 1),
        Row(
            f"{what}: key to repaint",
            milliseconds(key),
            f"the bare one {milliseconds(bare_key)}",
            key / bare_key,
            3,
        ),
        Row(f"{what}: key to repaint, longest of {KEYS}", milliseconds(max(keys)), "", max(keys) / 0.05, 2),
    ]


def idle(screen: Screen, seconds: float) -> None:
    """Read what the program draws, as a terminal does."""
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        screen.pump(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--machines", type=int, default=50)
    given = parser.parse_args()
    return 1 if report("Monitor", rows(given.machines, given.seconds)) else 0


if __name__ == "__main__":
    sys.exit(main())
