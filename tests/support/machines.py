"""Fixtures: machines of a fake driver whose hosts exist in memory only."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from machsh.drivers.capabilities import DEFAULT_CAPABILITIES, Capability
from machsh.drivers.capability_calls import HostSnapshot
from machsh.drivers.driver import Driver, DriverRecord, State
from machsh.drivers.host_size import HostSize, whole_cpus
from machsh.engine.address import ENGINE_PORT
from machsh.errors import MachshError
from machsh.machine.create_request import CreateRequest
from machsh.machine.machines import Machines
from machsh.machine.upkeep.provisioning import ProvisionResult
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
        self.record.size = int(values.text("fake-size") or 1)

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


class VirtualDriver(FakeDriver):
    """A virtual machine: engine behind a forwarded port, console, snapshots, one question for all states."""

    name = "virtual"
    capabilities = DEFAULT_CAPABILITIES | {
        Capability.SNAPSHOTS,
        Capability.CONSOLE,
        Capability.RENAMES,
        Capability.RESIZES,
    }
    seeds: ClassVar[list[str]] = []
    saved: ClassVar[dict[str, list[HostSnapshot]]] = {}
    asked: ClassVar[list[list[str]]] = []
    """The names in each question for states."""
    unknown: ClassVar[set[str]] = set()
    """The machines that are missing in the answer."""

    def create(self) -> None:
        if self.context.first_boot is not None:
            self.seeds.append(self.context.first_boot("127.0.0.1"))
        super().create()
        self.record.ip_address = "127.0.0.1"

    @classmethod
    def states(cls, drivers):
        cls.asked.append(sorted(one.record.machine_name for one in drivers))
        if "states" in cls.fails:
            raise cls.fails["states"]
        names = {one.record.machine_name for one in drivers} - cls.unknown
        return {name: cls.hosts.get(name, State.NONE) for name in names}

    def known_url(self) -> str:
        return "tcp://127.0.0.1:49211" if self.record.ip_address else ""

    def url(self) -> str:
        super().url()
        return self.known_url()

    def listening_port(self) -> int:
        return ENGINE_PORT

    def console_log(self) -> Path:
        self._call("console_log")
        path = self.machine_folder / "console.log"
        if not path.exists():
            raise MachshError("there is no console log yet", hint="start the machine")
        return path

    def check_rename(self, name: str) -> None:
        self._call(f"check rename to {name}")

    def rename_host(self) -> None:
        self._call("rename_host")

    def follow_rename(self, former: str, name: str) -> None:
        if self.record.power == former:
            self.record.power = name

    def size(self) -> HostSize:
        return HostSize(str(self.record.size), "1024")

    def check_size(self, size: HostSize) -> None:
        self._call("check_size")
        whole_cpus(size)

    def resize(self, size: HostSize) -> None:
        self._call("resize")
        self.record.size = whole_cpus(size)

    def _names(self) -> list[HostSnapshot]:
        return self.saved.setdefault(self.record.machine_name, [])

    def snapshots(self) -> list[HostSnapshot]:
        self._call("snapshots")
        return list(self._names())

    def save_snapshot(self, name: str) -> None:
        self._call(f"save {name}")
        is_running = self.state() is State.RUNNING
        self._names()[:] = [replace(one, is_current=False) for one in self._names()]
        created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        self._names().append(HostSnapshot(name, created, is_running, is_current=True))

    def restore_snapshot(self, name: str) -> None:
        self._call(f"restore {name}")

    def delete_snapshot(self, name: str) -> None:
        self._call(f"delete {name}")
        self._names()[:] = [one for one in self._names() if one.name != name]


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
        self.drivers = {"fake": FakeDriver, "bare": BareDriver, "virtual": VirtualDriver}

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
    for name, value in (("seeds", []), ("saved", {}), ("asked", []), ("unknown", set())):
        monkeypatch.setattr(VirtualDriver, name, value)
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
    monkeypatch.setattr("machsh.machine.upkeep.provisioning.detect", one.phase("look", Host))
    monkeypatch.setattr("machsh.machine.upkeep.provisioning.detect", one.phase("look", Host))
    monkeypatch.setattr("machsh.machine.upkeep.provisioning.apply", one.phase("apply", ProvisionResult("")))
    monkeypatch.setattr("machsh.machine.contact.engine_check.check_patiently", one.phase("check"))
    return one


def failure(text="it broke"):
    return MachshError(text, hint="mend it")
