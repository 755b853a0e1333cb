"""A home with a driver program, and machines of it."""

import json
import subprocess

from machsh.drivers import registry
from machsh.options import Values
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment, ScriptedAsk, fake_context
from tests.support.go_programs import driver_program as put_program
from tests.support.waiting import wait_until


class House:
    """A home with the driver program on PATH, and machines that exist as records only."""

    def __init__(self, home):
        self.home = home
        (home / "bin").mkdir()
        self.program = put_program(home / "bin")
        self.store = home / ".docker" / "machine"
        self.behaviour = []
        self.variables = {}
        self.drivers = []

    def context(self, seconds=20.0):
        context = fake_context(self.home, seconds=seconds)
        context.environment = FakeEnvironment(self.home)
        variables = {"HOME": str(self.home), "PATH": f"{self.home}/bin:/usr/bin:/bin"}
        variables["TRIAL_BEHAVIOUR"] = ",".join(self.behaviour)
        variables.update(self.variables)
        for name, value in variables.items():
            context.environment.take(name, value)
        context.ask = ScriptedAsk([True])
        return context

    def new_kind(self, driver="trial", program=""):
        """The driver's class with its options, which the program tells if nobody knows them."""
        context = self.context()
        return registry.find(driver, Catalog(context.environment), program=program, ask=context.ask)

    def new(self, name="web", driver="trial", program="", seconds=20.0, **values):
        """A driver that is configured for a new machine."""
        context = self.context(seconds)
        catalog = Catalog(context.environment)
        kind = registry.find(driver, catalog, program=program, ask=context.ask)
        made = self.made(kind, kind.record_type(machine_name=name, store_path=str(self.store)), context)
        content = {one.name: one.empty for one in kind.options}
        content.update({name.replace("_", "-"): value for name, value in values.items()})
        made.configure(Values(content))
        return made

    def made(self, kind, record, context):
        (self.store / "machines" / record.machine_name).mkdir(parents=True, exist_ok=True)
        made = kind(record, context)
        self.drivers.append(made)
        return made

    def loaded(self, stored, seconds=20.0):
        context = self.context(seconds)
        (self.store / "machines" / stored["MachineName"]).mkdir(parents=True, exist_ok=True)
        made = registry.load("trial", stored, context, Catalog(context.environment))
        self.drivers.append(made)
        return made

    def again(self, made, seconds=20.0):
        """The same machine as another process would load it; the program of the first is ended."""
        made.close()
        return self.loaded(json.loads(json.dumps(made.record.to_json())), seconds)

    def processes(self):
        """Those that run the program, and children that it left."""
        listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
        return [line for line in listed.splitlines() if str(self.program) in line]


def houses(home):
    """For fixtures: yield a House, and see that none of its programs is left."""
    found = House(home)
    yield found
    for made in found.drivers:
        made.close()
    wait_until(lambda: not found.processes())
