"""Changes of a cluster that are killed at an exact moment, or whose engines are, each in a process of its own.

A moment is `sent`, `answered` (a request to an engine that changes its swarm), `kept` (a record) or `upgraded`
(an engine), what it was, and the how-many-eth it was.
"""

import signal
import subprocess
import sys

from tests.support.places import TOP

MOMENTS = {
    "init": [
        "sent init 1", "answered init 1", "kept 1", "sent join 1", "answered join 1", "kept 2",
        "sent join 2", "answered join 2", "kept 3",
    ],
    "join": ["sent join 1", "answered join 1", "kept 1"],
    "upgrade": ["sent update 1", "answered update 1", "upgraded 1", "answered update 2", "answered update 3", "upgraded 3"],
    "recover": [
        "sent init 1", "answered init 1", "answered leave 1", "sent join 1", "answered join 1", "answered remove 1",
        "kept 1", "answered leave 2", "answered join 2", "kept 2",
    ],
}  # fmt: skip
"""Verb -> the moments at which it is killed, on a cluster of two managers and a worker."""

ENGINES = {
    "init": [
        ("answered init 1", 0), ("sent join 1", 0), ("sent join 1", 1), ("answered join 1", 0), ("answered join 1", 1),
        ("kept 2", 1), ("sent join 2", 0), ("sent join 2", 2), ("answered join 2", 1), ("answered join 2", 2),
    ],
    "join": [("sent join 1", 0), ("sent join 1", 2), ("answered join 1", 1), ("answered join 1", 2)],
    "upgrade": [
        ("sent update 1", 0), ("answered update 1", 1), ("answered update 1", 2), ("upgraded 1", 0), ("upgraded 1", 2),
        ("answered update 3", 1), ("upgraded 2", 0),
    ],
}  # fmt: skip
"""Verb -> the moments, and which of the machines (two managers, a worker) loses its engine then."""

_RUN = """
import os, signal, subprocess, sys, threading
from collections import Counter
from contextlib import contextmanager
from machsh.cluster.swarm_api import SwarmApi
from machsh.engine.http import HttpConnection
from machsh.machine.machines import Machines
from machsh.machine.records.store import Store

moment, host, words = sys.argv[1], sys.argv[2], sys.argv[3:]
counts, guard, asked = Counter(), threading.Lock(), threading.local()

def happened(what):
    with guard:
        counts[what] += 1
        if f"{what} {counts[what]}" != moment:
            return
        if not host:
            os.kill(os.getpid(), signal.SIGKILL)
        subprocess.run(["docker", "exec", host, "systemctl", "kill", "-s", "KILL", "docker"], check=True)
        print("the engine was killed", file=sys.stderr)

def name(method, path):
    last = path.partition("?")[0].rpartition("/")[2]
    return "" if method == "GET" else "remove" if method == "DELETE" else last

ask, head, change, upgrade = SwarmApi._ask, HttpConnection._head, Store.change, Machines.upgrade

def asking(self, method, path, content=None):
    asked.what = name(method, path)
    try:
        answer = ask(self, method, path, content)
    finally:
        what, asked.what = asked.what, ""
    if what:
        happened(f"answered {what}")
    return answer

def heading(self):
    if getattr(asked, "what", ""):
        happened(f"sent {asked.what}")
    return head(self)

@contextmanager
def changing(self, *arguments, **more):
    with change(self, *arguments, **more) as record:
        yield record
    happened("kept")

def upgrading(self, *names, **more):
    done = upgrade(self, *names, **more)
    happened("upgraded")
    return done

SwarmApi._ask, HttpConnection._head, Store.change, Machines.upgrade = asking, heading, changing, upgrading
sys.argv = ["machsh", *words]
from machsh.cli import main
sys.exit(main())
"""


def killed(variables, moment, *words):
    """Run `machsh WORDS` and be killed at the moment. Fails if it did not come."""
    done = _run(variables, moment, "", *words)
    assert done.returncode == -signal.SIGKILL, (moment, done.stdout, done.stderr)


def engine_killed(variables, moment, host, *words):
    """Run `machsh WORDS`, and kill the engine of a host at the moment. Fails if it did not come; else the outcome.

    systemd starts the engine again.
    """
    done = _run(variables, moment, host, *words)
    assert "the engine was killed" in done.stderr, (moment, done.stdout, done.stderr)
    return done


def _run(variables, moment, host, *words):
    argv = [sys.executable, "-c", _RUN, moment, host, *words]
    return subprocess.run(
        argv, cwd=TOP, env=variables, capture_output=True, text=True, timeout=400, check=False
    )
