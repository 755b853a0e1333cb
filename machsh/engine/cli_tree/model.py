"""One command of the docker CLI as its own help tells it."""

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
    """One letter without dash."""
    type: str = ""
    """The CLI's word for the value: string, list, int, bytes, duration, filter, ...; empty for a switch."""
    help: str = ""
    needs_equals: bool = False
    """The value may be left out, so it stands only behind `=`."""

    @property
    def takes_value(self) -> bool:
        """Whether the next word is its value."""
        return bool(self.type) and not self.needs_equals


@dataclass(frozen=True, slots=True)
class CliArgument:
    """A positional word of the usage line."""

    text: str
    """As it stands there, without brackets and dots: `CONTAINER`, `CONTAINER:SRC_PATH`, `PATH | URL | -`."""
    is_optional: bool = False
    is_repeated: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Its alternatives: `NAME|ID` gives both."""
        return tuple(part.strip() for part in self.text.split("|"))


@dataclass(frozen=True, slots=True)
class CliSubcommand:
    """A command below another one."""

    name: str
    help: str = ""
    section: str = ""
    """The heading it stands under, such as `Management Commands`."""
    is_plugin: bool = False


@dataclass(frozen=True, slots=True)
class CliCommand:
    """A command: usage, options, and the commands below it."""

    path: Path
    help: str = ""
    usages: tuple[str, ...] = ()
    """Its usage lines without `docker` and the path's words."""
    words: tuple[CliArgument, ...] = ()
    """The positional words of the first usage line."""
    flags: tuple[CliFlag, ...] = ()
    children: tuple[CliSubcommand, ...] = ()
    aliases: tuple[Path, ...] = ()

    def flag(self, text: str) -> CliFlag | None:
        """The flag written as `--name` or `-n`."""
        for flag in self.flags:
            if text == f"--{flag.name}" or (flag.short and text == f"-{flag.short}"):
                return flag
        return None

    def child(self, name: str) -> CliSubcommand | None:
        """The command of that name directly below."""
        return next((child for child in self.children if child.name == name), None)
