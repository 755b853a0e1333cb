"""The shell with a stand-in for the session: no machine, no engine, yet every key and every colour.

Run as a program: `python standin.py HOME [FLEET.json]`. Lines are not run but told: `ran: LINE`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from machsh.commands.table import built_in
from machsh.config.settings import load
from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.plugin.catalog import Catalog
from machsh.shell import app, assembly
from machsh.shell.states import MachineLine


class StandInSession:
    """A session without machines."""

    def __init__(self, environment):
        self.environment = environment
        self.active, self.previous, self.status = "local", "", 0
        self.folder = Path.cwd()
        self.variables = {}
        self.has_left = False
        self.is_interactive = True
        self.is_one_shot = False

    def commands(self):
        return {command.name: command for command in built_in()}

    def endpoint(self, name=""):
        from machsh.engine.endpoint import Endpoint

        return Endpoint("unix:///nonexistent.sock")


class StandInExecutor:
    def __init__(self, session):
        self.session = session

    def execute(self, program):
        text = program.source.text
        words = text.split()
        print(f"ran: {text!r}")
        if words[0] == "use":
            self.session.previous, self.session.active = self.session.active, words[1]
        if words[0] == "exit":
            self.session.has_left = True
        if words[0] == "sleep":
            time.sleep(float(words[1]))
        if words[0] == "fail":
            self.session.status = int(words[1])
            raise UsageError("it failed", hint="do not do that", code=int(words[1]))
        if words[0] in ("pss",):
            self.session.status = 1
            return 1
        self.session.status = 0
        return 0


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
    session = StandInSession(environment)
    return app.run(session, StandInExecutor(session), environment, load(environment), Catalog(environment))


if __name__ == "__main__":
    sys.exit(main())
