"""Data classes for a docker CLI command as its help describes it."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str, ...]
"""The words of a command after `docker`; `()` is docker itself."""


@dataclass(frozen=True, slots=True)
class CliFlag:
    """An option of a docker command."""

    name: str
    """Long name without dashes."""
    short: str = ""
    """One letter without the dash."""
    type: str = ""
    """The type of the value in the CLI's help: string, list, int, bytes, duration, ...; "" for a switch."""
    help: str = ""
    needs_equals: bool = False
    """The value is optional, so it can only be given after `=`."""

    @property
    def takes_value(self) -> bool:
        """Whether the next word is its value."""
        return bool(self.type) and not self.needs_equals


@dataclass(frozen=True, slots=True)
class CliArgument:
    """A positional argument in a usage line."""

    text: str
    """Its text without brackets and dots: `CONTAINER`, `CONTAINER:SRC_PATH`, `PATH | URL | -`."""
    is_optional: bool = False
    is_repeated: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Its alternatives: `NAME` and `ID` for `NAME|ID`."""
        return tuple(part.strip() for part in self.text.split("|"))


@dataclass(frozen=True, slots=True)
class CliSubcommand:
    """An entry in a command's list of subcommands."""

    name: str
    help: str = ""
    section: str = ""
    """The heading above it in the help, for example `Management Commands`."""
    is_plugin: bool = False


@dataclass(frozen=True, slots=True)
class CliCommand:
    """A command with its usage lines, flags and subcommands."""

    path: Path
    help: str = ""
    usages: tuple[str, ...] = ()
    """The usage lines without `docker` and the words of `path`."""
    words: tuple[CliArgument, ...] = ()
    """The positional arguments of the first usage line."""
    flags: tuple[CliFlag, ...] = ()
    children: tuple[CliSubcommand, ...] = ()
    aliases: tuple[Path, ...] = ()

    def flag(self, text: str) -> CliFlag | None:
        """Return the flag written as `--name` or `-n`, or None."""
        for flag in self.flags:
            if text == f"--{flag.name}" or (flag.short and text == f"-{flag.short}"):
                return flag
        return None

    def child(self, name: str) -> CliSubcommand | None:
        """Return the subcommand of that name, or None."""
        return next((child for child in self.children if child.name == name), None)
