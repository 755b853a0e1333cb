"""The driver contract: docker-machine's driver calls, as a class.

A driver makes and moves a host; it neither installs an engine (that is `machsh.provision`) nor prints.
Plugin authors subclass `Driver` and run `machsh.testing`'s contract suite against it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import ClassVar

from machsh.drivers.capabilities import DEFAULT_CAPABILITIES, Capabilities, Capability
from machsh.engine.address import engine_url
from machsh.environment import Environment
from machsh.errors import MachineNotRunningError, MachshError
from machsh.options import Option, Values
from machsh.progress import Progress, Prompter
from machsh.record import Record, checked
from machsh.ssh.target import Target
from machsh.validators import ADDRESS, LINE, NAME, PATH, PORT, USER


class State(Enum):
    """A machine's state by its docker-machine name; the order gives its number on the wire."""

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
        """Its number in docker-machine's protocol and in `%d`."""
        return list(State).index(self)


@dataclass
class DriverRecord(Record):
    """The `Driver` object of `config.json`: the fields all drivers share; each adds its own."""

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


@dataclass(slots=True)
class DriverContext:
    """What a driver is given: its surroundings, never globals."""

    environment: Environment
    progress: Progress
    ask: Prompter
    seconds: float = 180.0
    """The deadline of one call, set by the user (`--timeout`)."""
    folder: Path | None = None
    """The machine's folder in the store that is open, whatever path its record names."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a driver needs and this computer does not have."""

    text: str
    remedy: str = ""
    """The one command that mends it."""


class Driver(ABC):
    """One machine's driver. Every call ends within `context.seconds` or raises DeadlineError.

    Class attributes are the declaration; instances hold the machine's record.
    """

    name: ClassVar[str]
    """As in `--driver NAME` and `DriverName`."""
    summary: ClassVar[str] = ""
    """One line for lists and help."""
    options: ClassVar[tuple[Option, ...]] = ()
    record_type: ClassVar[type[DriverRecord]] = DriverRecord
    capabilities: ClassVar[Capabilities] = DEFAULT_CAPABILITIES
    """What holds for every machine of the driver."""
    late_modules: ClassVar[tuple[str, ...]] = ()
    """Modules that its methods import when they are called; `create` imports them before it begins."""
    loses: ClassVar[str] = "the machine and everything on it"
    """What `rm` destroys, for its question."""

    @classmethod
    def lacks(cls, environment: Environment) -> list[Lack]:
        """What this computer lacks for the driver; `machsh doctor` shows it. Asks no cloud and no network."""
        return []

    def __init__(self, record: DriverRecord, context: DriverContext) -> None:
        self.record = record
        self.context = context

    @classmethod
    def has(cls, capability: Capability) -> bool:
        """Whether the driver declares this capability."""
        return capability in cls.capabilities

    @property
    def machine_folder(self) -> Path:
        """The machine's folder in the store: keys and disks go there."""
        if self.context.folder is not None:
            return self.context.folder
        return Path(self.record.store_path) / "machines" / self.record.machine_name

    @abstractmethod
    def configure(self, values: Values) -> None:
        """Take the options' values into the record. Raises UsageError when they do not fit."""

    def pre_create_check(self) -> None:
        """Check what can be checked without side effects; raise MachshError with the remedy.

        The caller turns the failure into exit code 3: nothing has been saved.
        """
        return

    @abstractmethod
    def create(self) -> None:
        """Make and boot the host; say steps to `context.progress`. The machine folder exists."""

    @abstractmethod
    def start(self) -> None:
        """Boot a stopped host; return when the boot has been asked for."""

    @abstractmethod
    def stop(self) -> None:
        """Shut the host down gracefully."""

    @abstractmethod
    def kill(self) -> None:
        """Switch the host off."""

    @abstractmethod
    def restart(self) -> None:
        """Reboot the host."""

    @abstractmethod
    def remove(self) -> None:
        """Destroy the host with everything that `create` made outside the store; gone already is success."""

    @abstractmethod
    def state(self) -> State:
        """The host's state now."""

    def ip(self) -> str:
        """The host's address."""
        if not self.record.ip_address:
            raise MachshError("IP address is not set")
        return self.record.ip_address

    def url(self) -> str:
        """The engine's URL. Raises MachineNotRunningError unless the host runs."""
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.record.machine_name}")
        return engine_url(self.ip())

    def known_url(self) -> str:
        """The engine's URL as last known, without asking anybody; empty when it never was known."""
        return engine_url(self.record.ip_address) if self.record.ip_address else ""

    def ssh_target(self) -> Target | None:
        """How ssh reaches the host; None when it cannot."""
        key = self.record.ssh_key_path
        return Target(
            host=self.ip(),
            machine=self.record.machine_name,
            user=self.record.ssh_user or "root",
            port=self.record.ssh_port or 22,
            key_path=Path(key) if key else None,
            known_hosts=self.machine_folder / "known_hosts",
        )

    def replace_image(self, image: str) -> None:
        """Put the newest boot image of a system (`image` is its provisioner's name) in place.

        The machine is stopped. Called only with the capability REPLACES_IMAGE.
        """
        raise NotImplementedError
