"""The shell with a stand-in for the session: no machine, no engine, yet every key and every colour.

Run as a program: `python standin.py HOME [FLEET.json]`. Lines are not run but told: `ran: LINE`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from machsh.config.settings import load
from machsh.engine.endpoint import Endpoint
from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.machine.machines import Machines
from machsh.output import failure
from machsh.plugin.catalog import Catalog
from machsh.session.calls import Asked, Calls, Told
from machsh.session.session import Mode, Session
from machsh.shell import app, assembly
from machsh.shell.states import MachineLine


class StandIn(Session):
    """A session whose lines are told, not run, and whose machines are a list."""

    def execute(self, text):
        print(f"ran: {text!r}")
        words = text.split()
        self.status = 0
        if words[0] == "use":
            self.previous, self.active = self.active, words[1]
        if words[0] == "exit":
            self.leave(0)
        if words[0] == "sleep":
            time.sleep(float(words[1]))
        if words[0] == "pss":
            self.status = 1
        if words[0] == "fail":
            self.status = int(words[1])
            failure.tell(self.environment, UsageError("it failed", hint="do not do that"))
        return self.status

    def endpoint(self, name=""):
        return Endpoint("unix:///nonexistent.sock")


class StandInFleet:
    def __init__(self, file):
        self.file = file

    def names(self):
        return [MachineLine(**one) for one in json.loads(Path(self.file).read_text())] if self.file else []

    def look(self, seconds):
        return self.names()


def main():
    environment = Environment.of_process()
    file = sys.argv[1] if len(sys.argv) > 1 else ""
    assembly.StoreFleet = lambda make: StandInFleet(file)
    catalog = Catalog(environment)
    calls = Calls(environment, can_ask=True, is_yes=False)
    machines = Machines(environment, catalog=catalog, progress=Told(calls), ask=Asked(calls))
    session = StandIn(environment, machines, catalog, calls, Mode.SHELL)
    session.active = "local"
    return app.run(session, load(environment))


if __name__ == "__main__":
    sys.exit(main())
