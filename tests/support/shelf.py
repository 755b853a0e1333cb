"""Completion sources for tests: all data in memory, and workers that run tasks synchronously."""

from machsh.environment import Environment
from machsh.plugin.catalog import Catalog
from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.drivers import Drivers
from machsh.shell.completion.grammar import Grammar
from machsh.shell.completion.lookup import answer
from machsh.shell.completion.paths import Folders, Programs
from machsh.shell.completion.ranking import rank
from machsh.shell.completion.sources import Sources
from machsh.shell.machine_cache import MachineCache, MachineList, MachineSummary
from machsh.testing.fakes import FakeEnvironment
from tests.support.commands import COMMANDS
from tests.support.trees import FakeTree


class Now:
    """A worker that runs each task at once, in the calling thread."""

    def ask(self, key, task):
        try:
            task()
        except Exception as error:
            self.last_error = error

    def is_waiting(self, key):
        return False


CONTAINERS = [("web-1", "nginx · running", "running"), ("db", "postgres · exited", "exited")]


class FakeNames:
    def offer(self, machine, kind):
        if kind == "container":
            found = tuple(Candidate(name, note, f"state.{state}") for name, note, state in CONTAINERS)
        else:
            found = (Candidate(f"{kind}-of-{machine}"),)
        return Offer(kind, f"events of {machine}", found, 1.0)

    def expire(self):
        pass

    def paths(self, machine, container, folder):
        return Offer("path", f"{machine}:{container}", (Candidate(folder + "etc/", suffix=""),), 0.5)


FLEET = (
    MachineSummary("alpha", "docker", "Running", "172.17.0.2", labels=("tier=web",), cluster="prod"),
    MachineSummary("beta", "none", "Stopped"),
    MachineSummary("prod", "generic", "Running", is_protected=True),
)


def shelf(folder="/", **changes):
    environment: Environment = FakeEnvironment(folder)
    drivers = Drivers(Now(), Catalog(environment))
    states = MachineCache(lambda: FLEET, lambda seconds: FLEET)
    states.fleet = MachineList.of(FLEET, 1e9)
    return Sources(
        grammar=Grammar(COMMANDS, FakeTree(), drivers.options, {"ll": "ls -q"}),
        states=states,
        drivers=drivers,
        folders=Folders(Now(), lambda: str(folder), str(folder)),
        programs=Programs(Now(), {"PATH": str(folder)}),
        live=FakeNames(),
        variables=lambda: {"TAG": "1"},
        active=lambda: "alpha",
    )


def offered(line, sources=None):
    """Return the candidates at the end of a line, ranked."""
    sources = sources or shelf()
    answer(line, sources)
    found = answer(line, sources)
    return [one.text for one in rank(found.candidates(), found.typed, sources.used)]


def notes(line, sources=None):
    """Return the candidates' words -> the notes that the menu shows next to them."""
    sources = sources or shelf()
    answer(line, sources)
    return {one.text: one.note for one in answer(line, sources).candidates()}
