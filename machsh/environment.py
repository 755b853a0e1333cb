"""The process's surroundings as one injected object: streams, variables, folders, clock.

Nothing else in machsh reads `os.environ`, `sys.stdout` or the wall clock, so a test hands in its own.
"""

from __future__ import annotations

import os
import sys
import time

# `machsh --version` loads this module and little else, so it imports nothing that takes time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TextIO

DOCKER_MACHINE = "docker-machine"
"""Called by this name, machsh answers exactly as docker-machine does."""


class Environment:
    """Where this process stands.

    `variables` is a snapshot: children get what `child_variables` makes of it, never `os.environ`.
    `program_path` is argv[0] as it was called, `arguments` are the words after it, as typed.
    """

    now: Callable[[], float] = time.time
    """Seconds since the epoch."""
    monotonic: Callable[[], float] = time.monotonic
    color: str = "auto"
    """auto, always or never."""
    debug: bool = False
    platform: str = sys.platform

    def __init__(
        self,
        stdin: TextIO,
        stdout: TextIO,
        stderr: TextIO,
        variables: dict[str, str],
        program_path: str = "machsh",
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.variables = variables
        self.program_path = program_path
        self.arguments = arguments

    @classmethod
    def of_process(cls) -> Environment:
        """Build the environment of the running process."""
        return cls(
            stdin=sys.stdin,
            stdout=sys.stdout,
            stderr=sys.stderr,
            variables=dict(os.environ),
            program_path=sys.argv[0],
            arguments=tuple(sys.argv[1:]),
        )

    @property
    def program(self) -> str:
        """The name used in texts: `machsh`, or `docker-machine` when called so."""
        name = os.path.basename(self.program_path)
        return DOCKER_MACHINE if name.removesuffix(".exe") == DOCKER_MACHINE else "machsh"

    @property
    def is_docker_machine(self) -> bool:
        """Whether docker-machine's texts, without hints, are wanted."""
        return self.program == DOCKER_MACHINE

    @property
    def called_as(self) -> str:
        """The program as the user typed it, for texts: its bare name when that is what PATH finds."""
        path = self.program_path
        name = os.path.basename(path)
        if not self.is_docker_machine:
            return self.program
        if os.sep not in path:
            return path
        for folder in self.variables.get("PATH", "").split(os.pathsep):
            place = os.path.join(folder, name)
            if os.access(place, os.X_OK):
                return name if place == path else path
        return path

    def variable(self, name: str) -> str | None:
        """The variable's value; an empty one counts as unset."""
        return self.variables.get(name) or None

    def child_variables(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        """Variables for a child process: ours with `changes` applied; None removes one."""
        merged = dict(self.variables)
        for name, value in changes.items():
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = value
        return merged

    @property
    def home(self) -> Path:
        """The user's home folder."""
        from pathlib import Path

        home = self.variable("USERPROFILE" if self.platform == "win32" else "HOME")
        return Path(home) if home else Path.home()

    @property
    def user(self) -> str:
        """The user's name as it stands in certificates."""
        return self.variable("USERNAME" if self.platform == "win32" else "USER") or "unknown"

    @property
    def store_folder(self) -> Path:
        """docker-machine's folder: `MACHINE_STORAGE_PATH`, else `~/.docker/machine`; used as given."""
        from pathlib import Path

        given = self.variable("MACHINE_STORAGE_PATH")
        return Path(given) if given else self.home / ".docker" / "machine"

    @property
    def config_folder(self) -> Path:
        """Where the user's settings and plugins live."""
        return self._xdg("MACHSH_CONFIG_HOME", "XDG_CONFIG_HOME", ".config")

    @property
    def cache_folder(self) -> Path:
        """Where things live that can be made again."""
        return self._xdg("MACHSH_CACHE_HOME", "XDG_CACHE_HOME", ".cache")

    @property
    def state_folder(self) -> Path:
        """Where history and crash reports live."""
        return self._xdg("MACHSH_STATE_HOME", "XDG_STATE_HOME", ".local/state")

    def _xdg(self, own: str, shared: str, default: str) -> Path:
        from pathlib import Path

        given = self.variable(own)
        if given:
            return Path(given)
        base = self.variable(shared)
        return (Path(base) if base else self.home / default) / "machsh"

    def is_terminal(self, stream: TextIO) -> bool:
        """Whether a stream is a terminal; a closed or fake stream is not."""
        try:
            return stream.isatty()
        except (ValueError, AttributeError):
            return False

    @property
    def is_interactive(self) -> bool:
        """Whether a person can be asked: both ends are a terminal."""
        return self.is_terminal(self.stdin) and self.is_terminal(self.stdout)

    def uses_color(self, stream: TextIO) -> bool:
        """Whether to colour what goes to this stream: `--color`, then NO_COLOR, then the terminal."""
        if self.color != "auto":
            return self.color == "always"
        if self.variable("NO_COLOR") or self.variable("TERM") == "dumb":
            return False
        return self.is_terminal(stream)
