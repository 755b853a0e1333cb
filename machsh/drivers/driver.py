"""The driver contract: docker-machine's driver calls as an abstract class.

A driver creates, starts, stops and removes a host. It does not install an engine (`machsh.provision` does)
and does not print. Plugin authors subclass `Driver` and run the contract tests of `machsh.testing` on it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from machsh.drivers.capabilities import DEFAULT_CAPABILITIES, Capabilities, Capability
from machsh.drivers.capability_calls import CapabilityCalls
from machsh.engine.address import ENGINE_PORT, engine_url
from machsh.environment import Environment
from machsh.errors import MachineNotRunningError, MachshError
from machsh.options import Option, Values
from machsh.progress import Progress, Prompter
from machsh.record import Record, checked
from machsh.ssh.target import Target
from machsh.validators import ADDRESS, LINE, NAME, PATH, PORT, USER

if TYPE_CHECKING:
    from datetime import datetime


class State(Enum):
    """The states of a machine, by docker-machine's names. The order is that of docker-machine's protocol."""

    NONE = ""
    RUNNING = "Running"
    PAUSED = "Paused"
    SAVED = "Saved"
    STOPPED = "Stopped"
    STOPPING = "Stopping"
    STARTING = "Starting"
    ERROR = "Error"
    TIMEOUT = "Timeout"

    @property
    def number(self) -> int:
        """The state's number in docker-machine's protocol, and for `%d` in templates."""
        return list(State).index(self)


@dataclass
class DriverRecord(Record):
    """The `Driver` object of `config.json`: the fields that all drivers share. Subclasses add their own."""

    ip_address: str = checked(ADDRESS)
    machine_name: str = checked(NAME)
    ssh_user: str = checked(USER)
    ssh_port: int = checked(PORT, 0)
    ssh_key_path: str = checked(PATH)
    store_path: str = checked(PATH)
    swarm_master: bool = False
    swarm_host: str = checked(LINE)
    swarm_discovery: str = checked(LINE)

    names: ClassVar[dict[str, str]] = {
        "ip_address": "IPAddress",
        "ssh_user": "SSHUser",
        "ssh_port": "SSHPort",
        "ssh_key_path": "SSHKeyPath",
    }


def keep_nothing() -> None:
    """Stand in for `DriverContext.keep` where there is no record to write."""


FirstBootScript = Callable[[str], str]
"""Takes the address by which the new machine's engine will be reached, and returns a shell script."""


@dataclass(frozen=True, slots=True)
class UnaskedPlace:
    """Where `orphans` could not look, which must not be taken for empty."""

    text: str
    """What could not be asked, and why."""
    hint: str
    is_told: bool
    """Whether that was a warning; else it is told only to who asks for this driver."""


@dataclass(slots=True)
class DriverContext:
    """Everything that a driver needs from outside; drivers use no globals."""

    environment: Environment
    progress: Progress
    ask: Prompter
    seconds: float = 180.0
    """Deadline of each call in seconds, set by the user (`--timeout`)."""
    folder: Path | None = None
    """The machine's folder in the store in use, which may have moved since the record was written."""
    opens_engine_port: bool = True
    """Whether the engine is reached at a port; if not, it is over ssh, and no port is published for it."""
    first_boot: FirstBootScript | None = None
    """Set while a machine is created: returns the script with the engine's certificates and settings.

    A driver that knows what `ip` will return before the first boot calls it with that address and puts the
    script into the guest's seed, to be run by sh as root at each boot before the services start; after the
    first time it does nothing. It contains a private key: only the seed's owner may read it, and it must not
    be an argument of a process. Raises MachshError.
    """
    keep: Callable[[], None] = keep_nothing
    """Writes the driver's record to the store at once. Raises MachshError.

    `create` calls it as soon as the record says where the host is found, such as by the number that a cloud
    gave it: a creation that is killed afterwards can then be gone on with, or removed.
    """
    unasked: list[UnaskedPlace] = field(default_factory=list)
    """Where `orphans` could not look."""

    def cannot_ask(self, who: str, error: MachshError, *, is_in_use: bool = True) -> None:
        """Note a place where `orphans` cannot look, which is a warning if it is in use.

        Who has no machines in a place may have no login there either.
        """
        text = f"{who} cannot be asked: {error}"
        self.unasked.append(UnaskedPlace(text, error.hint, is_in_use))
        say = self.progress.warning if is_in_use else self.progress.debug
        say(text)


@dataclass(frozen=True, slots=True)
class Orphan:
    """Something that a driver made for a machine, and that no record of the store knows any more."""

    name: str
    """What the user calls it, and its provider, too, such as a container's name."""
    kind: str
    """One word: `container`, `volume`, `VM`, `process`, ..."""
    identifier: str = ""
    """By what `remove_orphan` finds this very thing, also if another one has its name meanwhile."""
    machine: str = ""
    """The name of the machine that it was made for."""
    since: datetime | None = None
    """When it was made, with a time zone; None if that is not known."""
    cost: str = ""
    """What it costs while it is there, such as `instance`; empty for what lies on this computer."""
    store: str = ""
    """The store that it belongs to, if that is another one; it is removed only if the user names it."""
    place: str = ""
    """Where `remove_orphan` looks for it, such as an engine or a region."""


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """Something that `create` would make, for `create --dry-run`."""

    kind: str
    """One word: `server`, `key`, `firewall`, ..."""
    name: str
    details: str = ""
    """Size, image, place: what the user would look for first."""
    cost: str = ""
    """What it costs, with the price where the provider tells it; empty for what is free."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a driver needs and this computer lacks."""

    text: str
    remedy: str = ""
    """The command that installs or starts it; empty if there is none."""
    is_optional: bool = False
    """Whether the driver works without it, only worse."""


class Driver(CapabilityCalls, ABC):
    """The driver of one machine. Every call ends within `context.seconds` or raises DeadlineError.

    Class attributes declare the driver; an instance holds the machine's record. Methods raise MachshError.
    """

    name: ClassVar[str]
    """The name in `--driver NAME` and `DriverName`."""
    summary: ClassVar[str] = ""
    """One line for lists and help."""
    options: ClassVar[tuple[Option, ...]] = ()
    record_type: ClassVar[type[DriverRecord]] = DriverRecord
    capabilities: ClassVar[Capabilities] = DEFAULT_CAPABILITIES
    """Properties of all machines of this driver."""
    late_modules: ClassVar[tuple[str, ...]] = ()
    """Modules that methods import late; `create` imports them first, so that a missing one stops it early."""
    program: ClassVar[str] = ""
    """Path of the program that makes the calls, if the name alone does not find it; records remember it."""
    loses: ClassVar[str] = "the machine and everything on it"
    """What `rm` destroys, as shown in its confirmation prompt."""

    @classmethod
    def lacks(cls, environment: Environment) -> list[Lack]:
        """Return what this computer lacks for the driver, for `machsh doctor`. Must not use the network."""
        return []

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return what this driver made for machines, and none of the `known` ones of this store has.

        Only what carries a mark that the driver made it: a label, a tag, a place in the store; whose store it
        is, `machsh.api.store_id` tells. What belongs to a machine of another store that can be read is left
        out. A place that does not answer is a warning to `context.progress`. Removes nothing.
        """
        return []

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Destroy what `orphans` returned; succeed if it is gone already. Raises MachshError."""
        raise NotImplementedError

    @classmethod
    def states(cls, drivers: Sequence[Self]) -> Mapping[str, State]:
        """Return the states of many machines of this driver, machine's name -> state, with few questions.

        For a driver that can ask for all at once; the default knows none. A machine that is missing in the
        answer is asked on its own, and so are all if it raises MachshError. For a machine that is running it
        brings the record up to date, so that `known_url` is what `url` would return. Ends within the least
        `context.seconds`; called in one thread at a time.
        """
        return {}

    def __init__(self, record: DriverRecord, context: DriverContext) -> None:
        self.record = record
        self.context = context

    @classmethod
    def has(cls, capability: Capability) -> bool:
        """Whether the driver declares this capability."""
        return capability in cls.capabilities

    @property
    def machine_folder(self) -> Path:
        """The machine's folder in the store, for keys and disks."""
        if self.context.folder is not None:
            return self.context.folder
        return Path(self.record.store_path) / "machines" / self.record.machine_name

    @abstractmethod
    def configure(self, values: Values) -> None:
        """Copy the options' values into the record. Raises UsageError if they are invalid."""

    def pre_create_check(self) -> None:
        """Check without side effects whether `create` can succeed. Raises MachshError with a hint.

        The caller turns the error into exit code 3: nothing has been saved.
        """
        return

    def plan(self) -> list[PlannedResource]:
        """Return what `create` would make, in its order; `pre_create_check` has passed. Makes nothing."""
        return [PlannedResource("host", self.record.machine_name, self.summary)]

    @abstractmethod
    def create(self) -> None:
        """Create and boot the host; report progress to `context.progress`. The machine's folder exists."""

    def resume_create(self) -> None:
        """Go on with a `create` that was interrupted, by whatever, at whatever point.

        The record is as it was kept last. The default removes what there is and makes it anew; a driver that
        can tell what is made already keeps it.
        """
        self.remove()
        self.create()

    @abstractmethod
    def start(self) -> None:
        """Boot a stopped host; return once the boot has begun."""

    @abstractmethod
    def stop(self) -> None:
        """Shut the host down gracefully."""

    @abstractmethod
    def kill(self) -> None:
        """Power the host off without a shutdown."""

    @abstractmethod
    def restart(self) -> None:
        """Reboot the host."""

    @abstractmethod
    def remove(self) -> None:
        """Destroy the host and all that `create` made outside the store. Succeed if it is already gone."""

    @abstractmethod
    def state(self) -> State:
        """Return the host's current state."""

    def ip(self) -> str:
        """Return the host's address. Raises MachshError if it is not known."""
        if not self.record.ip_address:
            raise MachshError("IP address is not set")
        return self.record.ip_address

    def url(self) -> str:
        """Return the engine's URL. Raises MachineNotRunningError if the host is not running."""
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.record.machine_name}")
        return engine_url(self.ip())

    def known_url(self) -> str:
        """Return the engine's last known URL without contacting anything; empty if it was never known."""
        return engine_url(self.record.ip_address) if self.record.ip_address else ""

    def listening_port(self) -> int:
        """Return the port on which the engine listens inside the host.

        It is the URL's, unless the driver forwards another one to it (then it is ENGINE_PORT).
        """
        from machsh.engine.endpoint import Endpoint

        url = self.known_url()
        return Endpoint(url).address[1] if url.startswith("tcp://") else ENGINE_PORT

    def open_engine_port(self) -> None:
        """Make a port lead to the engine of a running host that was made for an engine over ssh.

        Restarts the host if necessary. Raises RefusedError if the host cannot get such a port.
        """
        return

    def wanted_endpoint(self, values: Values) -> str:
        """Return `ssh` or `tls` if the driver's own options ask for one of them, else ""."""
        return ""

    def ssh_target(self) -> Target | None:
        """Return how ssh reaches the host; None if it cannot. Raises MachshError if `ip` does."""
        return self._target_at(self.ip())

    def known_ssh_target(self) -> Target | None:
        """Return the last known `ssh_target` without contacting anything; None if it was never known."""
        is_known = self.has(Capability.SSH) and self.record.ip_address
        return self._target_at(self.record.ip_address) if is_known else None

    def _target_at(self, address: str) -> Target:
        key = self.record.ssh_key_path
        return Target(
            host=address,
            machine=self.record.machine_name,
            user=self.record.ssh_user or "root",
            port=self.record.ssh_port or 22,
            key_path=Path(key) if key else None,
            known_hosts=self.machine_folder / "known_hosts",
        )

    def prepare(self) -> None:
        """Ask the user what has to be asked before the first call; other calls may run where nobody can be.

        Called in the main thread before calls for several machines run side by side. Raises MachshError.
        """
        return

    def close(self) -> None:
        """Release what calls keep open for each other, such as a connection; the next call opens it again."""
        return

    def last_words(self) -> list[str]:
        """Return the last lines of the host's own log, as plain text, for the error of a failed creation.

        At most 15 lines. By default those of its serial console. Never raises for a log that is not there.
        """
        if not self.has(Capability.CONSOLE):
            return []
        from machsh.drivers.guest import serial_log

        try:
            return serial_log.last_lines(self.console_log())
        except MachshError:
            return []

    def remains(self) -> list[str]:
        """Return what stays when the store forgets the machine, a line for each thing; asks nobody."""
        address = self.record.ip_address
        return [f"the host at {address}" if address else "its host"]

    def follow_rename(self, former: str, name: str) -> None:
        """Change the record where it refers to another machine of the store, which was named `former`."""
        return
