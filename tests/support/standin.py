"""The real shell with a fake session: needs no machine and no engine, but has every key and colour.

Run as a program: `python standin.py [FLEET.json [stage]]`. It prints lines instead of running them: `ran: LINE`.
With `stage`, docker's commands and the names on the machines are fake, too, so that pictures are always the same.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from machsh.engine.endpoint import Endpoint
from machsh.engine.watch.snapshot import Container, Image, Snapshot
from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.machine.machines import Machines
from machsh.output import messages
from machsh.plugin.catalog import Catalog
from machsh.session.call_context import CallProgress, CallPrompter, CallRegistry
from machsh.session.session import Mode, Session
from machsh.settings import load
from machsh.shell import app
from machsh.shell.machine_cache import MachineSummary
from tests.support.trees import FakeTree

IS_STAGE = sys.argv[2:] == ["stage"]


class StandIn(Session):
    """A session that prints lines instead of running them."""

    def execute(self, text):
        words = text.split()
        if not IS_STAGE:
            print(f"ran: {text!r}")
        elif words[0] == "exec":
            print("Error response from daemon: No such container: site-2")
            words = ["pss"]
        self.status = 0
        if words[0] == "use":
            self.previous, self.active = self.active, words[1]
            self.tell_listeners()
        if words[0] == "exit":
            self.leave(0)
        if words[0] == "sleep":
            time.sleep(float(words[1]))
        if words[0] == "pss":
            self.status = 1
        if words[0] == "fail":
            self.status = int(words[1])
            messages.report_error(self.environment, UsageError("it failed", hint="do not do that"))
        return self.status

    def endpoint(self, name=""):
        return Endpoint("unix:///nonexistent.sock")


class StandInFleet:
    def __init__(self, file):
        self.file = file

    @property
    def machines(self):
        raise MachshError("stand-in machines have no records")

    def names(self):
        return [MachineSummary(**one) for one in json.loads(Path(self.file).read_text())] if self.file else []

    def look(self, seconds):
        return self.names()


class StageFollower:
    snapshot = Snapshot(
        containers=(
            Container("db-1", "1", "postgres:16", "exited", "Exited (0) 2 hours ago"),
            Container("site-1", "2", "nginx:1.27", "running", "Up 3 days"),
            Container("worker-1", "3", "shop/worker", "running", "Up 5 minutes"),
        ),
        images=(Image("nginx:1.27", "4", 187_000_000), Image("postgres:16", "5", 432_000_000)),
        seen=1e12,
        is_live=True,
    )

    def close(self):
        pass


def main():
    environment = Environment.of_process()
    file = sys.argv[1] if len(sys.argv) > 1 else ""
    catalog = Catalog(environment)
    calls = CallRegistry(environment, can_ask=True, is_yes=False)
    machines = Machines(environment, catalog=catalog, progress=CallProgress(calls), ask=CallPrompter(calls))
    session = StandIn(environment, machines, catalog, calls, lambda session: session, Mode.SHELL)
    session.active = "local"
    if IS_STAGE:
        machines.names = lambda: [line.name for line in StandInFleet(file).names()]
    stage = {"tree": FakeTree(), "watcher": lambda machine: StageFollower()} if IS_STAGE else {}
    return app.run(session, load(environment), fleet=lambda make: StandInFleet(file), **stage)


if __name__ == "__main__":
    sys.exit(main())
