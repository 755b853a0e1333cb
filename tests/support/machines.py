"""Fixtures: machines of a fake driver whose hosts exist in memory only."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from machsh.drivers.driver import Driver, DriverRecord, State
from machsh.errors import MachshError
from machsh.machine.create_request import CreateRequest
from machsh.machine.machines import Machines
from machsh.options import Option, Values
from machsh.plugin.catalog import DRIVERS, EVENTS
from machsh.ssh.target import Target
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk


@dataclass
class FakeRecord(DriverRecord):
    """The record of a fake host: it also holds what a real driver would ask its provider for."""

    size: int = 1
    power: str = ""


class FakeDriver(Driver):
    """Creates hosts in memory; `fails` maps the name of a call to the exception that it raises."""

    name = "fake"
    options = (Option("fake-size", "How big"),)
    record_type = FakeRecord
    record: FakeRecord
    fails: ClassVar[dict[str, BaseException]] = {}
    calls: ClassVar[list[str]] = []
    hosts: ClassVar[dict[str, State]] = {}

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fails:
            raise self.fails[name]

    def _power(self, call: str, state: State) -> None:
        self._call(call)
        self.hosts[self.record.machine_name] = state

    def configure(self, values: Values) -> None:
        self._call("configure")
        self.record.size = values.number("fake-size") or 1

    def pre_create_check(self) -> None:
        self._call("pre_create_check")

    def create(self) -> None:
        self.record.ip_address = "192.0.2.7"
        self._power("create", State.RUNNING)

    def start(self) -> None:
        self._power("start", State.RUNNING)

    def stop(self) -> None:
        self._power("stop", State.STOPPED)

    def kill(self) -> None:
        self._power("kill", State.STOPPED)

    def restart(self) -> None:
        self._power("restart", State.RUNNING)

    def remove(self) -> None:
        self._call("remove")
        self.hosts.pop(self.record.machine_name, None)

    def state(self) -> State:
        self._call("state")
        return self.hosts.get(self.record.machine_name, State.NONE)

    def ssh_target(self) -> Target | None:
        return None


class BareDriver(FakeDriver):
    """A driver without capabilities: machsh does not install an engine on its machines."""

    name = "bare"
    capabilities = frozenset()


class FakeCatalog:
    """Offers the fake drivers and the given listeners; without listeners, events go to `events`."""

    environment = None

    def __init__(self, *listeners):
        self.events = []
        self.listeners = list(listeners) or [self.events.append]
        self.drivers = {"fake": FakeDriver, "bare": BareDriver}

    def find(self, group, name):
        return self.drivers.get(name) if group == DRIVERS else None

    def names(self, group):
        return sorted(self.drivers) if group == DRIVERS else []

    def all(self, group):
        return self.listeners if group == EVENTS else []


@pytest.fixture(autouse=True)
def fresh_driver(monkeypatch):
    monkeypatch.setattr(FakeDriver, "fails", {})
    monkeypatch.setattr(FakeDriver, "calls", [])
    monkeypatch.setattr(FakeDriver, "hosts", {})
    return FakeDriver


@pytest.fixture
def progress():
    return RecordingProgress()


@pytest.fixture
def catalog():
    return FakeCatalog()


@pytest.fixture
def machines(tmp_path, progress, catalog):
    return Machines(FakeEnvironment(tmp_path), catalog=catalog, progress=progress, ask=ScriptedAsk())


@pytest.fixture
def create_request():
    def make(name="web", driver="bare", **values):
        content = {key.replace("_", "-"): value for key, value in values.items()}
        return CreateRequest(name, driver, Values(content, set(content)))

    return make


@pytest.fixture
def engine(monkeypatch):
    """Replaces everything that uses ssh and TLS; `engine.fails` maps a phase to the error that it raises."""

    class Engine:
        fails: ClassVar[dict[str, BaseException]] = {}
        done: ClassVar[list[str]] = []

        def phase(self, name, value=None):
            def act(*_, **__):
                self.done.append(name)
                if name in self.fails:
                    raise self.fails[name]
                return value

            return act

    class Host:
        class provisioner:  # noqa: N801
            name = "debian"

    one = Engine()
    one.fails, one.done = {}, []
    monkeypatch.setattr("machsh.machine.provisioning.detect", one.phase("look", Host))
    monkeypatch.setattr("machsh.machine.provisioning.detect", one.phase("look", Host))
    monkeypatch.setattr("machsh.machine.provisioning.apply", one.phase("apply"))
    monkeypatch.setattr("machsh.machine.engine_check.check_patiently", one.phase("check"))
    return one


def failure(text="it broke"):
    return MachshError(text, hint="mend it")
