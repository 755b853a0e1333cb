"""What a command or a driver takes: options and arguments, declared as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

Value = str | int | bool | list[str]
"""The value of an option."""


class Kind(Enum):
    """The type of an option's value."""

    STRING = "string"
    INT = "int"
    BOOL = "bool"
    LIST = "list"
    """Given several times, collected."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option, declared once; parsing, help, completion and docs read it here."""

    name: str
    """Long name without dashes."""
    help: str
    kind: Kind = Kind.STRING
    default: Value | None = None
    """None stands for the kind's empty value."""
    variable: str = ""
    """Environment variable that gives the value when the option does not."""
    short: str = ""
    """One letter without dash."""
    secret: bool = False
    """Its value never reaches history, log, crash report or process list."""
    values: str = ""
    """What completes its value, a name of `machsh.shell`'s candidate kinds: machine, driver, file, ..."""
    choices: tuple[str, ...] = ()
    hidden: bool = False
    """Accepted, not shown in help."""
    ours: bool = False
    """Not an option of docker-machine: left out of its help."""
    own_default: Value | None = None
    """The default when called as `machsh`, where it is not docker-machine's."""

    @property
    def empty(self) -> Value:
        """The value when neither option, variable nor default give one."""
        if self.default is not None:
            return list(self.default) if isinstance(self.default, list | tuple) else self.default
        empties: dict[Kind, Value] = {Kind.STRING: "", Kind.INT: 0, Kind.BOOL: False, Kind.LIST: []}
        return empties[self.kind]

    def shown_default(self) -> Value | None:
        """The default that machsh's own help and completion show."""
        return self.default if self.own_default is None else self.own_default

    def absent(self, *, is_docker_machine: bool) -> Value:
        """The value when neither option nor variable give one, by the name that the program was called by."""
        return self.empty if is_docker_machine or self.own_default is None else self.own_default


class Count(Enum):
    """How many words an argument takes."""

    ONE = ""
    OPTIONAL = "?"
    MANY = "+"
    ANY = "*"


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional word of a command."""

    name: str
    help: str = ""
    count: Count = Count.ONE
    values: str = ""
    """What completes it; see `Option.values`."""


@dataclass(slots=True)
class Values(Mapping[str, Value]):
    """The values of a command's options after parsing; absent ones hold their default.

    `given` holds the names that stood on the command line.
    """

    content: dict[str, Value] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> Value:
        return self.content[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.content)

    def __len__(self) -> int:
        return len(self.content)

    def text(self, name: str) -> str:
        """The value of a string option."""
        return str(self.content.get(name, ""))

    def number(self, name: str) -> int:
        """The value of an int option."""
        value = self.content.get(name, 0)
        return int(value) if isinstance(value, int | str) else 0

    def flag(self, name: str) -> bool:
        """The value of a bool option."""
        return bool(self.content.get(name, False))

    def texts(self, name: str) -> list[str]:
        """The values of a list option."""
        value = self.content.get(name, [])
        return list(value) if isinstance(value, list) else [str(value)]
