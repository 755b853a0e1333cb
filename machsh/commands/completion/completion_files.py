"""Installs a completion file where the user's shell looks for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from machsh.environment import Environment
from machsh.errors import RefusedError
from machsh.files import explain, write_atomically
from machsh.regular_file import read_regular

MARK = "made by: {program} completion"
"""Identifies a file that machsh generated; each shell's `_FRAME` has it in its first lines."""


@dataclass(frozen=True, slots=True)
class CompletionPlace:
    """Where a shell looks for the user's completion files."""

    variable: str
    """The environment variable that names the base folder."""
    default: str
    """The base folder, relative to the user's home, if that variable is not set."""
    below: str
    """The folder of the completion files, relative to the base folder."""
    file: str
    activation: str
    """What the user has to do once; `{folder}` and `{path}` are filled in."""


PLACES = {
    "bash": CompletionPlace(
        "XDG_DATA_HOME",
        ".local/share",
        "bash-completion/completions",
        "{program}",
        "New bash shells complete with it where the package bash-completion is installed.\n"
        "Elsewhere add this line to ~/.bashrc: source {path}",
    ),
    "zsh": CompletionPlace(
        "XDG_DATA_HOME",
        ".local/share",
        "zsh/site-functions",
        "_{program}",
        "zsh looks there once these lines are in ~/.zshrc, the first of them before any compinit:\n"
        "  fpath=({folder} $fpath)\n"
        "  autoload -Uz compinit; compinit",
    ),
    "fish": CompletionPlace(
        "XDG_CONFIG_HOME",
        ".config",
        "fish/completions",
        "{program}.fish",
        "New fish shells complete with it; nothing else is to do.",
    ),
}


def install(shell: str, program: str, content: str, environment: Environment) -> str:
    """Write a shell's completion file; return what was done and what the user still has to do.

    Raises RefusedError if a file of that name is not from machsh, MachshError if it cannot be written.
    """
    place = PLACES[shell]
    base = environment.variable(place.variable)
    folder = (Path(base) if base else environment.home / place.default) / place.below
    path = folder / place.file.format(program=program)
    had = _read(path)
    if had and MARK.format(program=program) not in had[:500]:
        raise RefusedError(
            f"{path} exists and is not machsh's", hint="move it away, then run the command again"
        )
    if had != content:
        _write(path, content)
    done = "is up to date" if had == content else f"completes {program} in {shell} now"
    return f"{path} {done}.\n{place.activation.format(folder=folder, path=path)}"


def _read(path: Path) -> str:
    try:
        return read_regular(path).decode(errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise explain(error, path) from error


def _write(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, path.parent) from error
    write_atomically(path, content.encode(), 0o644)
