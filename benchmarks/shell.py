"""The interactive shell: how soon it is there, how little it costs, how fresh its names are.

    python benchmarks/shell.py [--runs N] [--no-engine]

Starts shells in a pseudo-terminal with homes of their own. With an engine on this computer's socket one container is
created and removed per run.
"""

from __future__ import annotations

import argparse
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import Row, milliseconds, report

from tests.support.screen import Screen, environment

IMAGE = "debian:bookworm-slim"
BARE = "from prompt_toolkit import PromptSession; PromptSession('bare> ').prompt()"
KEYS = 200


def visible(argv: list[str], mark: bytes) -> float:
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        with Screen(argv, env=environment(home), cwd=home) as screen:
            while mark not in screen.raw:
                screen.pump(1)
            return time.perf_counter() - began


def prompt_row(runs: int) -> Row:
    bare, ours = [], []
    for _ in range(runs):
        bare.append(visible([sys.executable, "-c", BARE], b"bare>"))
        ours.append(visible([sys.executable, "-m", "machsh"], "❯".encode()))
    left, right = statistics.median(bare), statistics.median(ours)
    against = f"bare PromptSession {milliseconds(left)}"
    return Row("prompt visible", milliseconds(right), against, right / left, 1.6)


def use_row() -> Row:
    """What a `use` costs from Enter to the next prompt, without drawing."""
    from machsh.environment import Environment
    from machsh.session.opening import open_session
    from machsh.session.session import Mode
    from machsh.settings import load
    from machsh.shell.app import Shell

    with tempfile.TemporaryDirectory() as home:
        machsh(home, "create", "-d", "none", "--url", "tcp://192.0.2.1:2376", "one")
        machsh(home, "create", "-d", "none", "--url", "tcp://192.0.2.2:2376", "two")
        quiet = {"stdin": sys.stdin, "stdout": io.StringIO(), "stderr": io.StringIO()}
        surroundings = Environment(variables=environment(home), **quiet)
        session = open_session(surroundings, Mode.SHELL)
        shell = Shell(session, load(surroundings))
        times = []
        for turn in range(200):
            line = f"use {('one', 'two')[turn % 2]}"
            began = time.perf_counter()
            shell.take(line)
            times.append(time.perf_counter() - began)
        shell.close()
    median = statistics.median(times[20:])
    return Row("`use NAME`, the shell's own time", milliseconds(median), "1 ms", median * 1000, 1)


def ranking_rows() -> list[Row]:
    from machsh.shell.completion.candidate import Candidate
    from machsh.shell.completion.ranking import rank

    rows = []
    for count, reach in ((1_000, 5), (10_000, 20)):
        names = [Candidate(f"project-{n % 97}-service-{n}") for n in range(count)]
        slowest = 0.0
        for typed in ("", "p", "service-9", "vice", "pjs9", "zzz"):
            times = []
            for _ in range(7):
                began = time.perf_counter()
                rank(names, typed)
                times.append(time.perf_counter() - began)
            slowest = max(slowest, statistics.median(times))
        rows.append(
            Row(f"ranking {count:,} names", milliseconds(slowest), f"{reach} ms", slowest * 1000 / reach, 1)
        )
    return rows


def hole() -> int:
    """The port of an engine that accepts and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    kept: list[object] = []

    def accept() -> None:
        while True:
            kept.append(server.accept())

    threading.Thread(target=accept, daemon=True).start()
    return int(server.getsockname()[1])


def key_rows() -> list[Row]:
    line = "docker run --rm --name one --network host debian:bookworm-slim sh -c 'echo 1' "
    with tempfile.TemporaryDirectory() as home:
        machsh(home, "create", "-d", "none", "--url", f"tcp://127.0.0.1:{hole()}", "hole")
        with Screen.machsh(home, "--machine", "hole", cwd=home) as screen:
            screen.wait_for("hole ❯").settle(2)
            gaps = [gap(screen, key) for key in (line * 3)[:KEYS]]
            memory = resident(screen.child.pid)
            screen.press("ctrl-c").settle(0.2)
            began = time.perf_counter()
            screen.press("ctrl-d")
            screen.wait_end()
            leaving = time.perf_counter() - began
    median, most = statistics.median(gaps), max(gaps)
    return [
        Row(f"key to repaint, black hole, median of {KEYS}", milliseconds(median), "50 ms", median / 0.05, 1),
        Row(f"key to repaint, black hole, slowest of {KEYS}", milliseconds(most), "50 ms", most / 0.05, 1),
        Row("leaving, black hole", milliseconds(leaving), "300 ms", leaving / 0.3, 1),
        Row("resident memory", f"{memory:.0f} MB", "90 MB", memory / 90, 1),
    ]


def gap(screen: Screen, key: str) -> float:
    """Seconds from a key to the first drawing after it."""
    seen = len(screen.raw)
    began = time.monotonic()
    screen.type(key)
    while len(screen.raw) == seen:
        screen.pump(1)
    took = screen.read_at[-1][0] - began
    while screen.pump(0.03):
        continue
    return float(took)


def resident(pid: int) -> float:
    """Megabytes of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def names_row(runs: int) -> Row:
    """From the end of another process's `docker create` to the name in the completer's memory."""
    from machsh.engine.endpoint import LOCAL_SOCKET, Endpoint
    from machsh.engine.watch.watcher import EngineWatcher

    live = EngineWatcher(Endpoint(LOCAL_SOCKET))
    live.start()
    while not live.snapshot.is_live:
        time.sleep(0.05)
    delays = []
    for _ in range(runs):
        name = f"machsh-benchmark-{uuid.uuid4().hex[:8]}"
        docker("create", "--name", name, IMAGE, "true")
        began = time.perf_counter()
        while not any(container.name == name for container in live.snapshot.containers):
            time.sleep(0.001)
        delays.append(time.perf_counter() - began)
        docker("rm", name)
    live.close()
    median = statistics.median(delays)
    return Row("live name after another's `docker create`", milliseconds(median), "300 ms", median / 0.3, 1)


def crawl_row() -> Row:
    from machsh.engine.cli_tree.command_tree import CommandTree
    from machsh.environment import Environment

    with tempfile.TemporaryDirectory() as home:
        surroundings = Environment(sys.stdin, sys.stdout, sys.stderr, dict(environment(home)))
        program = subprocess.run(
            ["which", "docker"], capture_output=True, text=True, check=True
        ).stdout.strip()
        tree = CommandTree(Path(program), surroundings)
        began = time.perf_counter()
        tree.crawl(threading.Event())
        took = time.perf_counter() - began
        count = len(tree.known_commands())
    return Row(f"tree crawl, {count} commands, one at a time", f"{took:.2f} s", "10 s", took / 10, 1)


def machsh(home: str, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "machsh", *words], env=environment(home), check=True, capture_output=True
    )


def docker(*words: str) -> None:
    subprocess.run(["docker", *words], check=True, capture_output=True, env=os.environ)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--no-engine", action="store_true")
    given = parser.parse_args()
    rows = [prompt_row(given.runs), use_row(), *ranking_rows(), *key_rows()]
    if not given.no_engine:
        rows += [names_row(given.runs), crawl_row()]
    return report("The shell", rows)


if __name__ == "__main__":
    sys.exit(main())
