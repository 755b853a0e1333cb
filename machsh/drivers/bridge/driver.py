"""A driver whose calls are made by a program that was written for docker-machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from machsh.drivers.bridge import program_flags, program_trust
from machsh.drivers.bridge.program_errors import (
    DriverNotInsideError,
    DriverProgramError,
    MissingCallError,
)
from machsh.drivers.bridge.program_search import ProgramPlace
from machsh.drivers.bridge.stored_object import encode, object_of
from machsh.drivers.capabilities import DEFAULT_CAPABILITIES, Capability
from machsh.drivers.driver import Driver, DriverContext, DriverRecord, State
from machsh.engine.address import ENGINE_PORT, engine_url
from machsh.environment import Environment
from machsh.errors import MachshError, RefusedError
from machsh.humanize import short_value
from machsh.options import Option, Values
from machsh.progress import Prompter
from machsh.record import WrongValueError, merged
from machsh.ssh.target import Target
from machsh.validators import ADDRESS, PATH, PORT, URL, USER, Rule

if TYPE_CHECKING:
    from machsh.drivers.bridge.driver_program import DriverProgram

IDLE_SECONDS = 10.0
"""A program that nobody has called for so long is ended, and started again for the next call."""
RESCUE_SECONDS = 3.0
"""How long a creation that was stopped may take to tell what it has made so far."""
_PORT_KEYS = ("EnginePort", "DockerPort")
"""Keys under which docker-machine's drivers store an engine's port that is not 2376."""
_Reply = TypeVar("_Reply")


@dataclass
class ProgramRecord(DriverRecord):
    """The `Driver` object as it is stored, of which only the program knows all fields."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stored: dict[str, Any] | None = None

    @classmethod
    def from_json(cls, source: dict[str, Any]) -> ProgramRecord:
        """Keep the stored object, and read the fields from it that all drivers share."""
        record = super().from_json(source)
        record.stored = source
        return record

    def to_json(self) -> dict[str, Any]:
        """Return the stored object: with its order of keys, and those that nobody knows."""
        return super().to_json() if self.stored is None else dict(self.stored)

    def take(self, stored: dict[str, Any]) -> None:
        """Replace the stored object. Raises MachshError if a field that all drivers share is wrong."""
        other = self.from_json(stored)
        try:
            other.check("Driver")
        except WrongValueError as error:
            raise MachshError(
                f"The record that the driver's program returns is not valid: {error}"
            ) from error
        vars(self).update(vars(other))


class ProgramDriver(Driver):
    """Base of the classes that `bridge_driver` makes, one for each program and driver."""

    record_type = ProgramRecord
    capabilities = DEFAULT_CAPABILITIES | {Capability.PROGRAM}
    place: ClassVar[ProgramPlace]
    record: ProgramRecord

    def __init__(self, record: DriverRecord, context: DriverContext) -> None:
        super().__init__(record, context)
        self._running: DriverProgram | None = None
        self._is_new = False
        """Whether the machine was never stored: only the running program knows what it is to be."""
        self._users = 0
        self._guard = threading.RLock()

    def prepare(self) -> None:
        """Ask whether the program may be run, if it never was."""
        program_trust.check(self.place.path, self.context.environment, self.context.ask)

    # Running the program

    @contextmanager
    def _program(self) -> Iterator[DriverProgram]:
        """Start the program if it does not run, and keep it from being closed meanwhile."""
        with self._guard:
            program = self._running
            if program is None or program.has_ended:
                self.prepare()
                program = self._running = self._opened()
            self._users += 1
        try:
            yield program
        except MachshError:
            raise
        except BaseException:
            program.kill()
            raise
        finally:
            with self._guard:
                self._users -= 1

    def _opened(self) -> DriverProgram:
        from machsh.drivers.bridge.driver_program import DriverProgram

        context = self.context
        record = encode(self.record.to_json())
        return DriverProgram.started(
            self.place, context.environment, context.progress, record, self._close_idle
        )

    def _close_idle(self) -> None:
        with self._guard:
            program = self._running
            if program is None or self._users or self._is_new or program.idle_seconds <= IDLE_SECONDS:
                return
            self._running = None
        program.close()

    def close(self) -> None:
        """End the program, unless another thread uses it just now; the next call starts it again."""
        with self._guard:
            program = self._running
            if program is None or self._users:
                return
            self._running = None
        program.close()

    def _call(self, method: str, reply: type[_Reply]) -> _Reply:
        with self._program() as program:
            return program.call(method, reply, seconds=self.context.seconds)

    def _act(self, method: str, reply: type[_Reply], **argument: Any) -> _Reply:
        """Make a call that may change the record; it may take as long as the program answers heartbeats.

        `argument` is that of DriverProgram.call, and its kind.
        """
        with self._program() as program:
            before = self._config(program)
            try:
                answer = program.call(method, reply, **argument, seconds=0)
            except BaseException:
                # Also after Ctrl-C: what was made has to be known, or nobody could remove it.
                with suppress(MachshError):
                    self._follow(program, before, RESCUE_SECONDS)
                raise
            self._follow(program, before)
        return answer

    def _config(self, program: DriverProgram, seconds: float = 0) -> dict[str, Any]:
        seconds = seconds or self.context.seconds
        return object_of(program.call("GetConfigRaw", bytes, seconds=seconds), self.place.path)

    def _follow(self, program: DriverProgram, before: dict[str, Any], seconds: float = 0) -> None:
        """Carry over to the record what the program changed in its own."""
        after = self._config(program, seconds)
        stored = after if self._is_new else merged(before, after, self.record.to_json())
        self.record.take(stored)

    # The driver's calls

    def configure(self, values: Values) -> None:
        """Hand the options to the program, which may refuse them."""
        from machsh.drivers.bridge.wire.gob import INTERFACE

        self._is_new = True
        argument = program_flags.argument_of(self.options, values, self.name)
        self._act("SetConfigFromFlags", dict, argument=argument, kind=INTERFACE)

    def pre_create_check(self) -> None:
        """Let the program check whether it can create the host."""
        self._act("PreCreateCheck", dict)

    def create(self) -> None:
        """Let the program create the host."""
        self._act("Create", dict)

    def start(self) -> None:
        """Start the host."""
        self._act("Start", dict)

    def stop(self) -> None:
        """Stop the host."""
        self._act("Stop", dict)

    def kill(self) -> None:
        """Power the host off."""
        self._act("Kill", dict)

    def restart(self) -> None:
        """Restart the host."""
        self._act("Restart", dict)

    def remove(self) -> None:
        """Remove the host."""
        self._act("Remove", dict)

    def state(self) -> State:
        """Ask for the host's state. Raises MachshError for a number that is no state."""
        number = self._call("GetState", int)
        states = list(State)
        if not 0 <= number < len(states):
            raise MachshError(f"the driver program {self.place.path} reports the unknown state {number}")
        return states[number]

    def ip(self) -> str:
        """Ask for the host's address; if it has none, for its IPv6 address, which newer programs know."""
        address = self._act("GetIP", str)
        if not address:
            with suppress(MissingCallError):
                address = self._call("GetIPv6", str)
        return self._valid(address, ADDRESS, "GetIP") or super().ip()

    def url(self) -> str:
        """Ask for the engine's URL, which is empty if the host has no engine."""
        return self._valid(self._call("GetURL", str), URL, "GetURL")

    def known_url(self) -> str:
        """Return the engine's URL from the address and port in the record; no program is started."""
        address, stored = self.record.ip_address, self.record.to_json()
        ports = [stored[key] for key in _PORT_KEYS if isinstance(stored.get(key), int) and stored[key]]
        return engine_url(address, ports[0] if ports else ENGINE_PORT) if address else ""

    def ssh_target(self) -> Target | None:
        """Ask how ssh reaches the host."""
        with self._program():
            host = self._valid(self._call("GetSSHHostname", str), ADDRESS, "GetSSHHostname")
            port = self._valid(self._call("GetSSHPort", int), PORT, "GetSSHPort")
            key = self._valid(self._call("GetSSHKeyPath", str), PATH, "GetSSHKeyPath")
            user = self._valid(self._call("GetSSHUsername", str), USER, "GetSSHUsername")
        if not host:
            raise MachshError("IP address is not set")
        return Target(
            host=host,
            machine=self.record.machine_name,
            user=user or "root",
            port=port or 22,
            key_path=Path(key) if key else None,
            known_hosts=self.machine_folder / "known_hosts",
        )

    def _valid(self, value: _Reply, rule: Rule, method: str) -> _Reply:
        if value == "" or rule.accepts(value):
            return value
        raise DriverProgramError(
            f"the driver program {self.place.path}: {method} returns {short_value(value)}, not {rule.words}"
        )


def bridge_driver(place: ProgramPlace, options: tuple[Option, ...] = ()) -> type[ProgramDriver]:
    """Return the class of a program's driver. Without `options` it can do all but `configure`."""
    content = {
        "__doc__": f"The driver {place.driver} of {place.path}.",
        "name": place.driver,
        "summary": f"served by {place.path}",
        "place": place,
        "options": options,
        "program": str(place.path) if place.is_given else "",
    }
    return type("ProgramDriver", (ProgramDriver,), content)


def chosen_driver(place: ProgramPlace, environment: Environment, ask: Prompter | None) -> type[ProgramDriver]:
    """Return the class with the driver's options, for a new machine or for help.

    Raises RefusedError if the program is not trusted or cannot tell its options, DriverNotInsideError.
    """
    program_trust.check(place.path, environment, ask)
    try:
        return bridge_driver(place, program_flags.options_of(place, environment))
    except DriverNotInsideError:
        raise
    except DriverProgramError as error:
        raise RefusedError(str(error), hint=error.hint) from error
