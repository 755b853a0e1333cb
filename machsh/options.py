"""Options and arguments of commands and drivers, declared as data."""

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
    """May be given several times; the values are collected."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command or driver; parsing, help, completion and docs all use this declaration."""

    name: str
    """Long name without dashes."""
    help: str
    kind: Kind = Kind.STRING
    default: Value | None = None
    """None means the kind's empty value: "", 0, False or []."""
    variable: str = ""
    """Environment variable that supplies the value when the option is not given."""
    short: str = ""
    """One letter without the dash."""
    secret: bool = False
    """Keep the value out of history, log, crash reports and process list."""
    values: str = ""
    """The completion kind for its value: `machine`, `driver`, `file`, ..."""
    choices: tuple[str, ...] = ()
    hidden: bool = False
    """Accepted, but not shown in help."""
    ours: bool = False
    """Not an option of docker-machine, so not shown in its help."""
    own_default: Value | None = None
    """The default when started as `machsh`, if it differs from docker-machine's; None if it does not."""
    default_words: str = ""
    """How machsh's help describes a default that is found out when the command runs."""

    @property
    def empty(self) -> Value:
        """The default, or the kind's empty value if there is none."""
        if self.default is not None:
            return list(self.default) if isinstance(self.default, list | tuple) else self.default
        empties: dict[Kind, Value] = {Kind.STRING: "", Kind.INT: 0, Kind.BOOL: False, Kind.LIST: []}
        return empties[self.kind]

    def shown_default(self) -> Value | None:
        """Return the default that machsh's own help and completion show."""
        if self.default_words:
            return self.default_words
        return self.default if self.own_default is None else self.own_default

    def absent(self, *, is_docker_machine: bool) -> Value:
        """Return the value to use when neither the option nor its variable is given.

        It depends on the name that the program was started under; see `own_default`.
        """
        return self.empty if is_docker_machine or self.own_default is None else self.own_default


class Count(Enum):
    """How many words an argument takes: exactly one, at most one, at least one, or any number."""

    ONE = ""
    OPTIONAL = "?"
    MANY = "+"
    ANY = "*"


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional argument of a command."""

    name: str
    help: str = ""
    count: Count = Count.ONE
    values: str = ""
    """The completion kind; see `Option.values`. Of one such as `list|renew`: what may stand instead."""

    @property
    def literals(self) -> tuple[str, ...]:
        """The words of an argument such as `list|renew`, which are in small letters."""
        words = tuple(self.name.split("|"))
        return words if all(word.replace("-", "").isalpha() and word.islower() for word in words) else ()


@dataclass(slots=True)
class Values(Mapping[str, Value]):
    """The parsed option values by name; options that were not given hold their default.

    `given` holds the names of the options on the command line.
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
        """Return a string option's value; "" if there is none."""
        return str(self.content.get(name, ""))

    def number(self, name: str) -> int:
        """Return an int option's value; 0 if there is none."""
        value = self.content.get(name, 0)
        return int(value) if isinstance(value, int | str) else 0

    def flag(self, name: str) -> bool:
        """Return a bool option's value; False if there is none."""
        return bool(self.content.get(name, False))

    def texts(self, name: str) -> list[str]:
        """Return a list option's values; empty if there are none."""
        value = self.content.get(name, [])
        return list(value) if isinstance(value, list) else [str(value)]
