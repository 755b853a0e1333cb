"""The test suite that every driver must pass; plugin authors can run it, too.

    class TestMyDriver(DriverContract):
        driver_type = MyDriver
        values = {"my-region": "north"}

Set `makes_hosts` to False for a driver that does not create its hosts (like `generic`), and `moves_hosts`
to False if it can neither start nor stop them. Override `prepare` to start, for instance, a fake cloud.
"""

from __future__ import annotations

import dataclasses
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NoReturn

import pytest

from machsh.deadline import Deadline, wait_until
from machsh.drivers.capabilities import PROMISED_METHODS, Capability
from machsh.drivers.driver import Driver, DriverContext, DriverRecord, Orphan, State
from machsh.errors import MachineNotRunningError, MachshError
from machsh.options import Kind, Value, Values
from machsh.ssh.target import Target
from machsh.testing.fakes import fake_context

_COMMON = [field.name for field in dataclasses.fields(DriverRecord)]
COMMON_KEYS = [DriverRecord.json_name(name) for name in _COMMON]
"""The keys that begin every driver's object in `config.json`, as in docker-machine."""


NEEDS_HOST = ("test_check_before_creating_leaves_nothing", "test_life_of_a_host")
"""The tests that make a host, or ask whoever would make it."""


class DriverContract:
    """Subclass it, and set `driver_type` and the option `values` that create a host."""

    driver_type: ClassVar[type[Driver]]
    values: ClassVar[Mapping[str, Value]] = {}
    """Options for creating a host; the others have their defaults."""
    machine: ClassVar[str] = "contract-1"
    makes_hosts: ClassVar[bool] = True
    moves_hosts: ClassVar[bool] = True
    seconds: ClassVar[float] = 180.0
    """The deadline of each call."""

    def prepare(self, folder: Path) -> Mapping[str, Value]:
        """Prepare a test in its private folder; return options to add to `values`."""
        return {}

    def new_driver(self, folder: Path, values: Mapping[str, Value] | None = None) -> Driver:
        """Return a configured driver for a machine that does not exist yet."""
        options = self.driver_type.options
        content = {option.name: option.empty for option in options}
        given = {**self.values, **(self.prepare(folder) if values is None else values)}
        record = self.driver_type.record_type(machine_name=self.machine, store_path=str(folder / "store"))
        driver = self.driver_type(record, self.context(folder))
        driver.configure(Values({**content, **given}, set(given)))
        return driver

    def context(self, folder: Path) -> DriverContext:
        """Return a fake DriverContext with its home in the private folder."""
        return fake_context(folder, seconds=self.seconds)

    def again(self, driver: Driver) -> Driver:
        """Return the driver as the next process would load it from `config.json`."""
        record = self.driver_type.record_type.from_json(driver.record.to_json())
        return self.driver_type(record, driver.context)

    # The declaration

    def test_name_and_summary_are_declared(self) -> None:
        """`--driver NAME` and lists show them."""
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", self.driver_type.name)
        assert self.driver_type.summary
        assert self.driver_type.loses

    def test_capabilities_are_declared_and_true(self, tmp_path: Path) -> None:
        """The rest of machsh checks capabilities, never the driver's name."""
        kind = self.driver_type
        assert all(isinstance(one, Capability) for one in kind.capabilities)
        assert not kind.has(Capability.PROVISIONS) or kind.has(Capability.SSH)
        for capability, methods in PROMISED_METHODS.items():
            for method in methods:
                has_own = getattr(kind, method) is not getattr(Driver, method)
                assert kind.has(capability) == has_own, method
        assert _is_own(kind, "orphans") == _is_own(kind, "remove_orphan")
        assert not kind.has(Capability.STORED_URL) or "URL" in kind.record_type().to_json()
        if not kind.has(Capability.SSH):
            assert self.new_driver(tmp_path).ssh_target() is None

    def test_options_are_declared_well(self) -> None:
        """Names are unique, help texts exist, and defaults have the option's kind."""
        options = self.driver_type.options
        assert len({option.name for option in options}) == len(options)
        types: dict[Kind, type] = {Kind.STRING: str, Kind.INT: int, Kind.BOOL: bool, Kind.LIST: list}
        for option in options:
            assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", option.name), option.name
            assert option.help, option.name
            assert type(option.empty) is types[option.kind], option.name
            assert re.fullmatch(r"[A-Z][A-Z0-9_]*|", option.variable), option.name
            assert not option.choices or option.empty in ("", *option.choices), option.name

    # The record

    def test_record_begins_with_the_common_fields(self) -> None:
        """Other programs read them from `config.json`."""
        assert list(self.driver_type.record_type().to_json())[: len(COMMON_KEYS)] == COMMON_KEYS

    def test_record_keeps_what_it_does_not_know(self, tmp_path: Path) -> None:
        """A newer machsh, or docker-machine, may have written more."""
        stored = {**self.new_driver(tmp_path).record.to_json(), "FromTheFuture": {"a": [1]}}
        assert self.driver_type.record_type.from_json(stored).to_json() == stored

    def test_configured_driver_is_the_same_after_a_save(self, tmp_path: Path) -> None:
        """`configure` must store everything in the record, not in the instance."""
        driver = self.new_driver(tmp_path)
        assert self.again(driver).record == driver.record

    def test_what_is_not_there_yet_is_an_error_with_a_text(self, tmp_path: Path) -> None:
        """A machine whose creation was interrupted has neither a console's log nor snapshots."""
        driver = self.new_driver(tmp_path)
        if driver.has(Capability.CONSOLE):
            with pytest.raises(MachshError, match=r"\w+ \w+"):
                driver.console_log()
        if driver.has(Capability.HOST_FILES):
            with pytest.raises(MachshError, match=r"\w+ \w+"):
                driver.host_files()
        if driver.has(Capability.SNAPSHOTS):
            for call in (driver.restore_snapshot, driver.delete_snapshot):
                with pytest.raises(MachshError, match=r"\w+ \w+"):
                    call("no-such-snapshot")

    # Before there is a host

    def test_known_url_asks_nobody(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """`env` and the prompt call it often, so it must not use the network."""
        driver = self.new_driver(tmp_path)
        monkeypatch.setattr(socket.socket, "connect", _no_network)
        assert isinstance(driver.known_url(), str)

    def test_check_before_creating_leaves_nothing(self, tmp_path: Path) -> None:
        """If it fails, nothing has been created."""
        driver = self.new_driver(tmp_path)
        driver.pre_create_check()
        plan = driver.plan()
        assert plan
        assert all(one.kind and one.name for one in plan)
        assert not driver.machine_folder.exists()

    def test_removing_what_was_never_made_succeeds(self, tmp_path: Path) -> None:
        """An interrupted `create` leaves a machine that `rm` must be able to remove."""
        driver = self.new_driver(tmp_path)
        driver.remove()
        driver.remove()

    def test_moves_that_are_not_possible_say_so(self, tmp_path: Path) -> None:
        """They raise MachshError with a text instead of doing nothing."""
        if self.moves_hosts:
            return
        driver = self.new_driver(tmp_path)
        for move in (driver.start, driver.stop, driver.kill):
            with pytest.raises(MachshError, match=r"\w+ \w+"):
                move()

    # The life of a host

    def test_life_of_a_host(self, tmp_path: Path) -> None:
        """Create, stop, start, kill, restart, remove: the state follows each call."""
        driver = self.new_driver(tmp_path)
        driver.pre_create_check()
        driver.machine_folder.mkdir(parents=True)
        try:
            driver.create()
            self._check_running(driver)
            if _is_own(self.driver_type, "resume_create"):
                self._check_resumption(self.again(driver))
            if self.moves_hosts:
                self._check_moves(self.again(driver))
            if _is_own(self.driver_type, "orphans"):
                self._check_orphans(self.again(driver))
        finally:
            driver.remove()
        if self.makes_hosts:
            self._check_gone(driver)

    def _check_running(self, driver: Driver) -> None:
        self._wait(driver, State.RUNNING)
        later = self.again(driver)
        assert later.state() is State.RUNNING
        assert later.ip() == driver.ip()
        assert later.known_url() == driver.url()
        assert 0 < later.listening_port() < 65536
        self._check_states([later])
        if later.has(Capability.CONSOLE):
            assert later.console_log().is_file()
        target = later.ssh_target()
        if target is not None:
            self._check_private(target)

    def _check_resumption(self, driver: Driver) -> None:
        """A host that was made before the creation was interrupted is kept, or made anew: it runs."""
        driver.resume_create()
        self._check_running(driver)

    def _check_orphans(self, driver: Driver) -> None:
        """The host is left over for a store that does not have the machine; it can be removed twice."""
        kind, store = self.driver_type, driver.machine_folder.parents[1]

        def found(*known: Driver) -> list[Orphan]:
            every = kind.orphans(driver.context, store, known)
            return [one for one in every if one.machine == driver.record.machine_name and not one.store]

        assert found(driver) == []
        left = found()
        assert left
        for one in (*left, *left):
            assert one.name
            assert one.kind
            assert one.since is None or one.since.tzinfo is not None
            kind.remove_orphan(one, driver.context, store)
        assert found() == []

    def _check_states(self, drivers: list[Driver]) -> None:
        """What is asked for all machines at once is what each would say, and its URL is known then."""
        for name, state in self.driver_type.states(drivers).items():
            driver = next(one for one in drivers if one.record.machine_name == name)
            assert state is driver.state()
            if state is State.RUNNING:
                assert driver.known_url() == driver.url()

    def _check_private(self, target: Target) -> None:
        """Only the owner can read the ssh key, and the host's ssh port answers."""
        if target.key_path is not None:
            assert target.key_path.stat().st_mode & 0o077 == 0
        deadline = Deadline.after(self.seconds)
        wait_until(lambda: _listens(target), deadline, "ssh")

    def _check_moves(self, driver: Driver) -> None:
        driver.stop()
        self._wait(driver, State.STOPPED)
        self._check_states([driver])
        with pytest.raises(MachineNotRunningError):
            driver.url()
        if driver.has(Capability.SNAPSHOTS):
            self._check_snapshots(driver)
        if driver.has(Capability.RESIZES):
            driver.check_size(driver.size())
            driver.resize(driver.size())
            assert self.again(driver).size() == driver.size()
        if driver.has(Capability.RENAMES):
            self._check_renames(driver)
        driver.start()
        self._wait(driver, State.RUNNING)
        driver.kill()
        self._wait(driver, State.STOPPED)
        driver.start()
        self._wait(driver, State.RUNNING)
        driver.restart()
        self._wait(driver, State.RUNNING)
        assert driver.url() == driver.known_url()

    def _check_renames(self, driver: Driver) -> None:
        """A host is found before and after it gets its machine's new name; doing so twice does no harm."""
        former, driver.context.folder = driver.record.machine_name, driver.machine_folder
        for name in (f"{former}-renamed", former):
            driver.check_rename(name)
            driver.record.machine_name = name
            assert driver.state() is State.STOPPED
            driver.rename_host()
            driver.rename_host()
            assert driver.state() is State.STOPPED
        driver.context.folder = None

    def _check_snapshots(self, driver: Driver) -> None:
        """Save, list, restore and delete one of a stopped host."""
        driver.save_snapshot("contract-snapshot")
        saved = [one for one in driver.snapshots() if one.name == "contract-snapshot"]
        assert len(saved) == 1
        assert not saved[0].has_memory
        assert saved[0].created is None or saved[0].created.tzinfo is not None
        driver.restore_snapshot("contract-snapshot")
        self._wait(driver, State.STOPPED)
        driver.delete_snapshot("contract-snapshot")
        assert "contract-snapshot" not in [one.name for one in driver.snapshots()]

    def _check_gone(self, driver: Driver) -> None:
        driver.remove()
        try:
            state = driver.state()
        except MachshError:
            return  # an error that says it is gone is fine, too
        assert state is not State.RUNNING

    def _wait(self, driver: Driver, state: State) -> None:
        wait_until(lambda: driver.state() is state, Deadline.after(self.seconds), f"state {state.value}")


def _is_own(kind: type[Driver], method: str) -> bool:
    """Whether a driver has its own form of a method, not the contract's."""
    return any(method in vars(one) for one in kind.__mro__[: kind.__mro__.index(Driver)])


def _listens(target: Target) -> bool:
    try:
        socket.create_connection((target.host, target.port), 5).close()
    except OSError:
        return False
    return True


def _no_network(*arguments: object) -> NoReturn:
    raise AssertionError("this call must not use the network")
