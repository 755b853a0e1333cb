"""The provisioner contract: from facts and a spec, a provisioner plans steps; `apply.py` runs them.

Provisioners are pure functions of their input, so their tests are data files (os-release, facts, spec ->
steps).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from machsh.engine.address import ENGINE_PORT


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """The desired state of a host, from the machine's record."""

    name: str
    """Host name."""
    driver: str
    """The driver's name, for the label `provider=DRIVER`."""
    replaces_image: bool = False
    """Whether the driver can replace the boot image, which contains the engine."""
    engine_port: int = ENGINE_PORT
    over_ssh: bool = False
    """Whether the engine is reached by its socket over ssh: it then listens on no port of ours, without
    certificates."""
    install: str = "auto"
    """`auto` (the distribution's package, else the script), `script`, `package` or `none`."""
    install_url: str = "https://get.docker.com"
    engine_version: str = ""
    """Pinned version; empty for the newest."""
    storage_driver: str = ""
    """Empty leaves the choice to the engine."""
    labels: tuple[str, ...] = ()
    insecure_registries: tuple[str, ...] = ()
    registry_mirrors: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    """`--engine-opt` values, each `flag=value`."""
    variables: tuple[str, ...] = ()
    """`--engine-env` values, each `NAME=value`."""
    authority_pem: str = ""
    server_pem: str = ""
    server_key_pem: str = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Commands that start the engine with its former files if it refuses the new ones."""

    stops: tuple[tuple[str, ...], ...] = ()
    """Run before the files are restored: nothing may start the engine while only half of them are back."""
    starts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One action on the host: write a file, then run commands, within a deadline."""

    title: str
    """What the step does, for the user: `install docker.io`."""
    commands: tuple[tuple[str, ...], ...] = ()
    """Commands as lists of words, run in order as root; the first failure ends the step."""
    file: str = ""
    """File to write if `content` is given, else the file that the commands change, if any."""
    content: str | None = None
    mode: int = 0o644
    secret: bool = False
    """Whether the content must not be shown."""
    seconds: float = 120.0
    announce: str = ""
    """docker-machine's progress line for this step, if it has one."""
    unit: str = ""
    """The service whose status and last log lines are added to an error."""
    busy: str = ""
    """Text in the output if another process holds a lock; the step is then retried until its deadline."""
    is_engine_file: bool = False
    """Whether the engine reads `file`; its former content is kept, and restored if a step fails."""
    validates: tuple[str, ...] = ()
    """Command that validates the new content before it replaces the old; the path is appended to it."""
    recovery: Recovery | None = None
    """Set if `commands` restart or reload the engine, and so show whether it accepts its new files."""


Facts = Mapping[str, str]
"""Name of a fact -> the host's answer, stripped; `facts.py` lists the names."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from a host's present state to the spec; false if there are none."""

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Remarks for the user, such as an option of the host that is left unchanged."""
    again: bool = False
    """Whether to gather the facts and plan again after these steps, for instance after an installation."""
    image: str = ""
    """Name of the boot image that the driver must replace; set by `upgrade` if it contains the engine."""

    def __bool__(self) -> bool:
        return bool(self.steps)


class Provisioner(ABC):
    """Base class of provisioners; each plans for one family of distributions."""

    name: ClassVar[str]
    """The name as printed by docker-machine: `ubuntu(systemd)`, `debian`."""
    facts: ClassVar[Sequence[str]] = ()
    """Names of the facts that `plan` and `upgrade` read."""

    @abstractmethod
    def matches(self, os_release: Mapping[str, str]) -> int:
        """Return how exactly it matches this system: 0 for no match; a match by ID scores above ID_LIKE."""

    @abstractmethod
    def plan(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Return the steps from these facts to this spec, none if the host already meets it. Must be pure.

        Raises RefusedError if the host cannot be set up.
        """

    def upgrade(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Return the steps that upgrade the engine to the pinned version, or to the newest."""
        raise NotImplementedError
