"""Kills `cluster init`, `join`, `upgrade` and `recover`, or engines, at every moment, and runs them again.

python scripts/cluster_crash_matrix.py [VERB...]     # needs a Docker engine; three hosts, about 25 minutes
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.cluster_crashes import ENGINES, MOMENTS, engine_killed, killed
from tests.support.waiting import wait_until

NAMES = tuple(os.environ.get("CRASH_NAMES", "crash1 crash2 crash3").split())
INIT = ("cluster", "init", "prod", f"@{NAMES[0]},{NAMES[1]}", NAMES[2])
WORDS = {
    "init": INIT,
    "join": ("cluster", "join", "prod", NAMES[2]),
    "upgrade": ("cluster", "upgrade", "prod"),
    "recover": ("cluster", "recover", "-y", "prod", NAMES[0]),
    "engine": INIT,
    "paused": ("cluster", "upgrade", "prod"),
}
SURVIVED = {f"{verb}-engines": [f"{moment}, {which}" for moment, which in ENGINES[verb]] for verb in ENGINES}
ALL = {**MOMENTS, "engine": ["of a manager", "of a worker"], **SURVIVED, "paused": ["for a minute"]}
"""What is killed and when. An `engine` is killed with machsh during `init`; `...-engines` are killed alone,
the machine's number behind the moment; a node is `paused` during an upgrade."""


def main() -> int:
    """Go through the matrix; print a line for each moment. Raises AssertionError at the first that fails."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {**os.environ, "MACHINE_STORAGE_PATH": folder}
        try:
            for name in NAMES:
                _machsh(variables, "create", "-d", "docker", name)
            for verb in sys.argv[1:] or ALL:
                for moment in ALL[verb]:
                    began = time.monotonic()
                    _try(variables, verb, moment)
                    print(f"{verb:15} {moment:20} {time.monotonic() - began:5.1f} s", flush=True)
        finally:
            subprocess.run(
                [sys.executable, "-m", "machsh", "rm", "-y", "-f", *NAMES], env=variables, check=False
            )
    return 0


def _try(variables: dict[str, str], verb: str, moment: str) -> None:
    verb, _, engines = verb.partition("-")
    is_there = "prod" in _machsh(variables, "cluster", "ls")
    if verb in ("init", "engine") and is_there:
        _machsh(variables, "cluster", "rm", "-y", "prod")
    elif verb not in ("init", "engine") and not is_there:
        _machsh(variables, *INIT)
    if verb == "join":
        _machsh(variables, "cluster", "leave", NAMES[2])
    if engines:
        _lose_engine(variables, verb, moment)
    elif verb == "paused":
        _pause(variables)
    elif verb == "engine":
        _kill_engine(variables, moment)
    else:
        killed(variables, moment, *WORDS[verb])
    _machsh(variables, *WORDS[verb])
    check_whole(json.loads(_machsh(variables, "cluster", "status", "--json", "prod")), NAMES)


def _lose_engine(variables: dict[str, str], verb: str, moment: str) -> None:
    """Kill an engine while machsh works: machsh goes on, or says in its own words what is missing."""
    moment, _, number = moment.partition(", ")
    host = f"machsh-{NAMES[int(number)]}"
    done = engine_killed(variables, moment, host, *WORDS[verb])
    last = (done.stderr.strip().splitlines() or [""])[-1] if done.returncode else "done"
    print(f"  {last[:200]}", flush=True)
    assert done.returncode in (0, 1, 3), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    wait_until(lambda: _docker("exec", host, "docker", "version") == 0, "the engine", 60)
    _docker(
        "exec", host, "systemctl", "reset-failed", "docker"
    )  # systemd gives up after three kills a minute


def _kill_engine(variables: dict[str, str], whose: str) -> None:
    """Kill machsh when a join was just sent, and at once the engine that joins."""
    number = 1 if whose == "of a manager" else 2
    killed(variables, f"sent join {number}", *INIT)
    name = f"machsh-{NAMES[number]}"
    _docker("exec", name, "systemctl", "kill", "-s", "KILL", "docker")
    wait_until(lambda: _docker("exec", name, "docker", "version") == 0, "the engine", 60)


def _pause(variables: dict[str, str]) -> None:
    """Pause the worker for a minute, and upgrade meanwhile; the upgrade may end there, with its reason."""
    host = f"machsh-{NAMES[2]}"
    _docker("pause", host)
    timer = threading.Timer(60, _docker, ("unpause", host))
    timer.start()
    try:
        wait_until(lambda: _state(variables) == "down", "the paused node", 50)
        words = [sys.executable, "-m", "machsh", "cluster", "upgrade", "prod"]
        done = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0 or f'ends at "{NAMES[2]}"' in done.stderr, done.stderr
    finally:
        timer.join()
    wait_until(lambda: _state(variables) == "ready", "the node that is back", 60)


def _state(variables: dict[str, str]) -> str:
    began = time.monotonic()
    found = json.loads(_machsh(variables, "cluster", "status", "--json", "prod"))
    assert time.monotonic() - began < 10, "a paused node delays the status"
    return next(one["state"] for one in found["nodes"] if one["machine"] == NAMES[2])


def _docker(*words: str) -> int:
    return subprocess.run(["docker", *words], capture_output=True, timeout=60, check=False).returncode


def check_whole(status: dict[str, object], names: tuple[str, ...]) -> None:
    """Check that a cluster has its three nodes and no other: two managers and a worker that take tasks."""
    nodes = {one["machine"]: one for one in status["nodes"]}
    assert len(status["nodes"]) == len(names), status
    assert [nodes[name]["role"] for name in names] == ["manager", "manager", "worker"], status
    assert {one["availability"] for one in nodes.values()} == {"active"}, status
    assert {key for one in nodes.values() for key in one["labels"]} == set(), status


def _machsh(variables: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "machsh", *words],
        env=variables, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
