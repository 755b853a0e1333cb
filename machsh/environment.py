"""The process's environment as one object: streams, variables, folders and clock.

Nothing else in machsh reads `os.environ`, `sys.stdout` or the wall clock, so tests can pass in their own.
"""

from __future__ import annotations

import os
import sys
import time

# `machsh --version` loads this module and little else, so it must not import anything slow.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TextIO

PATH_VARIABLES = frozenset(
    (
        "MACHINE_STORAGE_PATH",
        "MACHINE_TLS_CA_CERT",
        "MACHINE_TLS_CA_KEY",
        "MACHINE_TLS_CLIENT_CERT",
        "MACHINE_TLS_CLIENT_KEY",
        "MACHSH_CONFIG",
        "MACHSH_CONFIG_HOME",
        "MACHSH_CACHE_HOME",
        "MACHSH_STATE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
        "DOCKER_CERT_PATH",
    )
)
"""Variables whose value is the path of a file or folder."""
_HOMES = ("HOME", "USERPROFILE")
DOCKER_MACHINE = "docker-machine"
"""When started under this name, machsh behaves exactly like docker-machine."""


class Environment:
    """Streams, variables, folders, clock and global options of this process.

    `variables` is a snapshot of `os.environ`; child processes get `child_variables`, never `os.environ`.
    `program_path` is argv[0], `arguments` are the words after it, both as typed.
    """

    now: Callable[[], float] = time.time
    """Seconds since the epoch."""
    monotonic: Callable[[], float] = time.monotonic
    color: str = "auto"
    """`auto`, `always` or `never`."""
    is_color_given: bool = False
    """Whether `--color` was given; it overrides the settings file."""
    theme: str = "dark"
    """`dark`, `light`, or the name of a Pygments style."""
    step_seconds: float = 180.0
    """Default time limit for one step on a machine, as long as docker-machine's 60 tries, 3 s apart."""
    survey_seconds: float = 10.0
    """How long `ls` waits for each machine."""
    endpoint: str = "tls"
    """How the engines of new machines are reached (`endpoint` in the settings)."""
    driver_program: str = ""
    """A docker-machine whose drivers machsh uses; if empty, one is looked for on PATH."""
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
        self.variables = dict(variables)
        self.program_path = program_path
        self.arguments = arguments
        for name, value in variables.items():
            self.take(name, value)

    @classmethod
    def of_process(cls) -> Environment:
        """Build the environment of the running process."""
        return cls(
            # Opening a file takes the lowest free descriptor, so this order puts each stand-in
            # on the descriptor it replaces.
            stdin=sys.stdin or _stand_in(os.O_RDONLY, "r"),
            # Opened read-only, so that writing fails as it does on a closed descriptor.
            stdout=sys.stdout or _stand_in(os.O_RDONLY, "w"),
            stderr=sys.stderr or _stand_in(os.O_WRONLY, "w"),
            variables=dict(os.environ),
            program_path=sys.argv[0],
            arguments=tuple(sys.argv[1:]),
        )

    @property
    def program(self) -> str:
        """The program name for messages: `machsh`, or `docker-machine` when started under that name."""
        name = os.path.basename(self.program_path)
        return DOCKER_MACHINE if name.removesuffix(".exe") == DOCKER_MACHINE else "machsh"

    @property
    def is_docker_machine(self) -> bool:
        """Whether to print docker-machine's messages, without hints."""
        return self.program == DOCKER_MACHINE

    @property
    def called_as(self) -> str:
        """The program as the user typed it, for messages; the bare name if PATH resolves it to this file."""
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

    def take(self, name: str, value: str) -> None:
        """Set a variable. A path is made absolute now, so that a later `cd` does not change its meaning."""
        is_path = (
            name in PATH_VARIABLES
            or name in _HOMES
            or (name.startswith("MACHINE_") and name.endswith("_PATH"))
        )
        self.variables[name] = self.absolute(value) if is_path and value else value

    def absolute(self, path: str) -> str:
        """Return the path as absolute, relative to the current folder, with `~` and `~USER` expanded."""
        if path == "~" or path.startswith(("~/", f"~{os.sep}")):
            path = str(self.home) + path[1:]
        elif path.startswith("~"):
            path = os.path.expanduser(path)
        if os.path.isabs(path):
            return path
        try:
            folder = os.getcwd()
        except OSError:  # the current folder has been removed
            folder = self.variables.get("PWD") or os.sep
        joined = os.path.join(folder, path)
        # Do not normalise `..`: after a symbolic link it is the parent of the link's target.
        return joined if ".." in joined.split(os.sep) else os.path.normpath(joined)

    def variable(self, name: str) -> str | None:
        """Return a variable's value, or None if it is unset or empty."""
        return self.variables.get(name) or None

    @property
    def is_dumb_terminal(self) -> bool:
        """Whether TERM names a terminal without escape codes."""
        return (self.variable("TERM") or "").lower() in ("dumb", "unknown")

    def child_variables(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        """Return a copy of the variables with `changes` applied, for a child process; None removes one."""
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
        if home or self.platform == "win32":
            return Path(home) if home else Path.home()
        import pwd  # Path.home() would return the root folder for an empty HOME

        try:
            return Path(pwd.getpwuid(os.getuid()).pw_dir)
        except KeyError:  # the user has no passwd entry, as in many containers
            return Path(os.sep)

    @property
    def user(self) -> str:
        """The user's name for certificates; `unknown` if the variable is unset."""
        return self.variable("USERNAME" if self.platform == "win32" else "USER") or "unknown"

    @property
    def store_folder(self) -> Path:
        """The folder of docker-machine's store: `MACHINE_STORAGE_PATH`, else `~/.docker/machine`."""
        from pathlib import Path

        given = self.variable("MACHINE_STORAGE_PATH")
        return Path(given) if given else self.home / ".docker" / "machine"

    @property
    def config_folder(self) -> Path:
        """The folder of the user's settings and plugins."""
        return self._xdg("MACHSH_CONFIG_HOME", "XDG_CONFIG_HOME", ".config")

    @property
    def cache_folder(self) -> Path:
        """The folder of data that can be recreated."""
        return self._xdg("MACHSH_CACHE_HOME", "XDG_CACHE_HOME", ".cache")

    @property
    def state_folder(self) -> Path:
        """The folder of the history and crash reports."""
        return self._xdg("MACHSH_STATE_HOME", "XDG_STATE_HOME", ".local/state")

    def _xdg(self, own: str, shared: str, default: str) -> Path:
        from pathlib import Path

        given = self.variable(own)
        if given:
            return Path(given)
        base = self.variable(shared)
        return (Path(base) if base else self.home / default) / "machsh"

    def is_terminal(self, stream: TextIO) -> bool:
        """Whether a stream is a terminal; False for a closed or fake stream."""
        try:
            return stream.isatty()
        except (ValueError, AttributeError):
            return False

    @property
    def is_interactive(self) -> bool:
        """Whether the user can be prompted: standard input and output are both terminals."""
        return self.is_terminal(self.stdin) and self.is_terminal(self.stdout)

    def uses_color(self, stream: TextIO) -> bool:
        """Whether to colour output to this stream; decided by `color`, then NO_COLOR, then the terminal."""
        if self.color != "auto":
            return self.color == "always"
        if self.variable("NO_COLOR") or self.is_dumb_terminal:
            return False
        return self.is_terminal(stream)


def _stand_in(flags: int, mode: str) -> TextIO:
    """Open a stand-in for a descriptor that was closed when the process started (`>&-`)."""
    stream: TextIO = os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8")  # type: ignore[assignment]
    return stream


def set_for_libraries(variables: Mapping[str, str]) -> None:
    """Set variables that this process lacks, for a library that reads them when it is imported."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)
