"""The provisioner contract: facts and a spec in, steps out; nothing is done here.

A provisioner is pure: its tests are data files (os-release, facts, wish -> steps). `apply.py` does the steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from machsh.engine.address import ENGINE_PORT


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What the host shall be, all from the machine's record."""

    name: str
    """Host name."""
    driver: str
    """For the label `provider=DRIVER`."""
    replaces_image: bool = False
    """Whether the driver renews the image that a system boots from, its engine included."""
    engine_port: int = ENGINE_PORT
    install: str = "auto"
    """auto: the distribution's package, else the script; script: the URL; package; none."""
    install_url: str = "https://get.docker.com"
    engine_version: str = ""
    """Pinned version, empty for the newest."""
    storage_driver: str = ""
    """Empty leaves the engine's own choice."""
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
    """How the engine comes up again with its former files, when it does not take the new ones."""

    stops: tuple[tuple[str, ...], ...] = ()
    """Before the files are put back: nothing may start the engine with half of them."""
    starts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do on the host, shown before it is done and done with a deadline."""

    title: str
    """What it is for, in words a user reads: `install docker.io`."""
    commands: tuple[tuple[str, ...], ...] = ()
    """Commands as words, run in order as root; the first failure ends the step."""
    file: str = ""
    """File to write, when `content` is given."""
    content: str | None = None
    mode: int = 0o644
    secret: bool = False
    """Its content is never shown."""
    seconds: float = 120.0
    announce: str = ""
    """docker-machine's progress line, when it has one for this step."""
    unit: str = ""
    """The service whose status and last log lines explain a failure."""
    busy: str = ""
    """Text of a failure that means: locked by another process, try again until the deadline."""
    is_engine_file: bool = False
    """Whether the engine reads `file`: what it was is kept, and put back when a step of the plan fails."""
    validates: tuple[str, ...] = ()
    """Command that judges the new content, whose path becomes its last word, before it replaces the old."""
    recovery: Recovery | None = None
    """Given where `commands` show whether the engine takes its new files."""


Facts = Mapping[str, str]
"""Name of a fact -> what the host answered, stripped; `facts.py` lists the names."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What must be done to make the spec true; empty when it is."""

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Remarks worth showing: an option of the host that stays as it was, a forced choice."""
    again: bool = False
    """Whether to gather the facts anew and plan the rest after these steps (an engine was installed)."""
    image: str = ""
    """Set by `upgrade` where the engine is part of the boot image (`boot2docker`): the driver replaces it."""

    def __bool__(self) -> bool:
        return bool(self.steps)


class Provisioner(ABC):
    """Knows one family of distributions."""

    name: ClassVar[str]
    """As docker-machine prints it: `ubuntu(systemd)`, `debian`."""
    facts: ClassVar[Sequence[str]] = ()
    """Names of the facts `plan` reads."""

    @abstractmethod
    def matches(self, os_release: Mapping[str, str]) -> int:
        """How exactly it knows this system: 0 not at all, higher is more exact (ID beats ID_LIKE)."""

    @abstractmethod
    def plan(self, facts: Facts, spec: EngineSpec) -> Plan:
        """The steps from these facts to this spec. Pure; a host that is as wished gives an empty plan."""

    def upgrade(self, facts: Facts, spec: EngineSpec) -> Plan:
        """The steps that bring the engine to the wished (or newest) version."""
        raise NotImplementedError
