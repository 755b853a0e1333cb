"""The way to VirtualBox by pyvbox: states, events and guest properties, without a process for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from machsh.deadline import Deadline
from machsh.drivers.driver import DriverContext, State
from machsh.drivers.virtualbox.hypervisors import pyvbox_bindings
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VmInfo, state_of
from machsh.drivers.virtualbox.hypervisors.pyvbox_bindings import Bindings, BindingsError

T = TypeVar("T")

QUERY_SECONDS = 15.0
LOCKED_SECONDS = 6.0
"""How long a VM that another program holds is asked for again."""
EVENT_MILLISECONDS = 500
"""How long one wait for an event may take: less than a user notices between a deadline and its message."""
SPARE_SECONDS = 5.0
"""What the wait for an event may take beyond its own limit before it counts as hanging."""


class LateValues(Mapping[str, str]):
    """The lines of `showvminfo`, asked for when the first is read."""

    def __init__(self, ask: Callable[[], Mapping[str, str]]) -> None:
        self._ask = ask
        self._values: Mapping[str, str] | None = None

    @property
    def _asked(self) -> Mapping[str, str]:
        if self._values is None:
            self._values = self._ask()
        return self._values

    def __getitem__(self, key: str) -> str:
        return self._asked[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._asked)

    def __len__(self) -> int:
        return len(self._asked)


class PyVBox:
    """Asks by pyvbox; changes are commands of VBoxManage. See `Hypervisor`.

    pyvbox 2.0 was made for VirtualBox 6.0. What it can ask fits later versions, too, but for the numbers of
    states, which come from the installed bindings. Its calls that create and start VMs do not fit, and are
    not used. Without working bindings VBoxManage is asked instead, with one warning.
    """

    def __init__(self, context: DriverContext, commands: Hypervisor) -> None:
        self._context = context
        self._commands = commands
        self._works = True

    def version(self) -> str:
        """Return the version, in VBoxManage's form."""
        return self._ask("version", _version, self._commands.version)

    def info(self, vm: str) -> VmInfo:
        """Return a VM's state; `values` come from VBoxManage once they are read. Raises VmNotFoundError."""

        def ask(bindings: Bindings) -> VmInfo:
            late = LateValues(lambda: self._commands.info(vm).values)
            return _info(bindings, bindings.box.find_machine(vm), late)

        return self._ask("info", ask, lambda: self._commands.info(vm), vm)

    def all(self) -> dict[str, VmInfo]:
        """Return all VMs that VirtualBox can read."""

        def ask(bindings: Bindings) -> dict[str, VmInfo]:
            found = (_info(bindings, one, {}) for one in bindings.box.machines if one.accessible)
            return {info.name: info for info in found}

        return self._ask("list", ask, self._commands.all)

    def run(self, *words: str, stdin: Iterable[bytes] = (), seconds: float = 0.0) -> str:
        """Run a command of VBoxManage."""
        return self._commands.run(*words, stdin=stdin, seconds=seconds)

    def start(self, vm: str, ui_type: str) -> None:
        """Start by VBoxManage: pyvbox's call does not fit the later versions."""
        self._commands.start(vm, ui_type)

    def guest_property(self, vm: str, name: str) -> str:
        """Return a guest property's value."""

        def ask(bindings: Bindings) -> str:
            return str(bindings.box.find_machine(vm).get_guest_property_value(name))

        return self._ask("guest property", ask, lambda: self._commands.guest_property(vm, name), vm)

    def set_guest_property(self, vm: str, name: str, value: str) -> None:
        """Set a guest property, under the VM's lock."""

        def ask(bindings: Bindings) -> None:
            session = _locked(bindings, vm)
            try:
                session.machine.set_guest_property_value(name, value)
                session.machine.save_settings()
            finally:
                session.unlock_machine()

        self._ask("guest property", ask, lambda: self._commands.set_guest_property(vm, name, value), vm)

    def wait_while(self, vm: str, state: State, seconds: float) -> State:
        """Wait for VirtualBox's event; return the state as soon as it changes."""

        def ask(bindings: Bindings) -> State:
            return _wait_while(bindings, vm, state, Deadline.after(seconds))

        return self._ask(
            "wait",
            ask,
            lambda: self._commands.wait_while(vm, state, seconds),
            vm,
            seconds=seconds + SPARE_SECONDS,
        )

    def _ask(
        self,
        what: str,
        ask: Callable[[Bindings], T],
        instead: Callable[[], T],
        vm: str = "",
        *,
        seconds: float = 0.0,
    ) -> T:
        if self._works:
            limit = seconds or min(QUERY_SECONDS, self._context.seconds)
            try:
                return pyvbox_bindings.call(self._context.environment, limit, what, ask, vm)
            except BindingsError as error:
                self._works = False
                self._context.progress.warning(f"{error}: asking VBoxManage instead")
        return instead()


def _version(bindings: Bindings) -> str:
    return f"{bindings.box.version}r{bindings.box.revision}"


def _info(bindings: Bindings, machine: Any, values: Mapping[str, str]) -> VmInfo:
    milliseconds = int(machine.last_state_change)
    changed = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return VmInfo(
        name=machine.name,
        uuid=machine.id_p,
        state=_state(bindings, machine),
        changed=f"{changed:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}000000",
        values=values,
    )


def _state(bindings: Bindings, machine: Any) -> State:
    # Not `machine.state`, which pyvbox translates by the numbers of VirtualBox 6.0.
    number = int(machine._get_attr("state"))
    return state_of(bindings.words("MachineState").get(number, "").lower())


def _locked(bindings: Bindings, vm: str) -> Any:
    """Return a session that holds the VM; ask again while another program does. Raises pyvbox's VBoxError."""
    machine = bindings.box.find_machine(vm)
    session = bindings.library.ISession(interface=bindings.manager.getSessionObject())
    deadline = Deadline.after(LOCKED_SECONDS)
    while True:
        try:
            machine.lock_machine(session, bindings.library.LockType.shared)
            return session
        except bindings.library.VBoxErrorInvalidObjectState:
            if deadline.has_passed:
                raise
            time.sleep(0.1)


def _wait_while(bindings: Bindings, vm: str, state: State, deadline: Deadline) -> State:
    machine = bindings.box.find_machine(vm)
    source = bindings.box.event_source
    listener = source.create_listener()
    source.register_listener(listener, [bindings.library.VBoxEventType.on_machine_state_changed], False)
    try:
        # Asked after the listener is there: no change can pass in between.
        while (last := _state(bindings, machine)) is state and not deadline.has_passed:
            event = source.get_event(listener, EVENT_MILLISECONDS)
            if event._i is not None:
                source.event_processed(listener, event)
        return last
    finally:
        source.unregister_listener(listener)
