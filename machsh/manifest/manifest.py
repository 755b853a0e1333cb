"""What a manifest asks for, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from machsh.errors import MachshError
from machsh.manifest.manifest_error import ManifestError
from machsh.manifest.reading.document import Keys, ManifestDocument
from machsh.options import Option, Value, Values


@dataclass(frozen=True, slots=True)
class WantedMachine:
    """A machine as the file describes it."""

    name: str
    driver: str
    place: Keys
    """Where the file says so."""
    options: Mapping[str, Value]
    """The options of `create` in the file, by docker-machine's names without dashes."""
    values: Values
    """The values of all options: those given, else from the environment, else the defaults."""
    secret_options: frozenset[str] = frozenset()
    """The options whose values must be neither shown nor kept."""
    is_protected: bool | None = None
    """None if the file does not say."""
    is_adopted: bool = False
    """Whether an existing machine of that name is adopted."""


@dataclass(frozen=True, slots=True)
class WantedCluster:
    """A cluster as the file describes it."""

    name: str
    place: Keys
    managers: tuple[str, ...]
    workers: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Machine -> labels of its node."""

    @property
    def machines(self) -> tuple[str, ...]:
        """Managers, then workers."""
        return (*self.managers, *self.workers)


@dataclass(frozen=True, slots=True)
class WantedStack:
    """A stack as the file describes it."""

    name: str
    place: Keys
    cluster: str
    file: Path


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole file."""

    document: ManifestDocument
    fleet: str
    """The name under which the store knows what this file made."""
    machines: Mapping[str, WantedMachine]
    clusters: Mapping[str, WantedCluster]
    stacks: Mapping[str, WantedStack]
    hidden: Callable[[str], str]
    """Replaces the secrets in a text."""

    def error(self, place: Keys, text: str, *, hint: str = "") -> ManifestError:
        """Return an error with the file's name and the line of what it is about."""
        return self.document.error(place, self.hidden(text), hint=self.hidden(hint))

    @contextmanager
    def located(self, place: Keys, prefix: str = "") -> Iterator[None]:
        """Convert a MachshError of the block as `error` does, with `prefix` before its text."""
        try:
            yield
        except MachshError as error:
            raise self.error(place, f"{prefix}{error}", hint=error.hint) from error


@dataclass(frozen=True, slots=True)
class CreateOptions:
    """The options of `create`, which a higher room declares."""

    of_driver: Callable[[str, str], Mapping[str, Option]]
    """(driver, its program or "") -> all options that a file may give. Raises MachshError."""
    defaults: Callable[[Mapping[str, Option]], Values]
    """The values of options that are not given."""
    convert: Callable[[Option, str], Value]
    """Converts a text to an option's kind. Raises ValueError."""
