"""Relays that run from login on: a user unit of systemd on Linux, an agent of launchd on macOS."""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from machsh.environment import Environment
from machsh.errors import MachshError, RefusedError
from machsh.files import explain, write_atomically
from machsh.machine.reach import kept_socket
from machsh.validators import LINE

CALL_SECONDS = 20.0
VARIABLES = (
    "PATH",
    "XDG_RUNTIME_DIR",
    "MACHSH_CONFIG",
    "MACHSH_CACHE_HOME",
    "XDG_CACHE_HOME",
    "MACHSH_CONFIG_HOME",
    "XDG_CONFIG_HOME",
)
"""Variables by which a relay finds socket, settings, plugins and programs; the service copies them."""
UNIT = """\
[Unit]
Description=machsh relay {label}
StartLimitIntervalSec=0

[Service]
{variables}
ExecStart={command}
Restart=on-failure
RestartSec=10
# The machine is not there any more.
RestartPreventExitStatus=1

[Install]
WantedBy=default.target
"""


@dataclass(frozen=True, slots=True)
class RelayService(ABC):
    """The service that runs one machine's relay; see `service_of`."""

    environment: Environment
    store_folder: Path
    name: str

    @property
    def label(self) -> str:
        """The machine's name with a digest of its store."""
        return kept_socket.label(self.store_folder, self.name)

    @property
    @abstractmethod
    def path(self) -> Path:
        """The file that declares the service."""

    @abstractmethod
    def content(self) -> bytes:
        """Return the file. Raises RefusedError for a path that it cannot hold."""

    @abstractmethod
    def start_calls(self) -> list[list[str]]:
        """Return the commands that make the system know and start the service."""

    @abstractmethod
    def stop_calls(self) -> list[list[str]]:
        """Return the commands that end it, before its file is removed."""

    @property
    def is_installed(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def install(self) -> str:
        """Write the file and start the service; return "", or what the user still has to run.

        Raises MachshError if the file cannot be written.
        """
        content = self.content()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explain(error, self.path.parent) from error
        write_atomically(self.path, content, 0o644)
        self._enable()
        return self._call(self.start_calls())

    def remove(self) -> bool:
        """End the service and remove its file; return whether there was one. Raises MachshError."""
        if not self.is_installed:
            return False
        self._call(self.stop_calls())
        try:
            for path in self._files():
                path.unlink(missing_ok=True)
        except OSError as error:
            raise explain(error, self.path, "remove") from error
        self._call(self._forget_calls())
        return True

    @abstractmethod
    def _enable(self) -> None:
        """Make the system start the service at login, if the file alone does not."""

    def _files(self) -> list[Path]:
        return [self.path]

    def _forget_calls(self) -> list[list[str]]:
        return []

    def _call(self, calls: Sequence[Sequence[str]]) -> str:
        """Run commands until one fails; return those that remain, as the user would type them."""
        from machsh.process.capture import capture

        variables = self.environment.child_variables({})
        for at, words in enumerate(calls):
            try:
                is_good = (
                    shutil.which(words[0], path=variables.get("PATH", "")) is not None
                    and capture(words, variables, CALL_SECONDS).code == 0
                )
            except MachshError:
                is_good = False
            if not is_good:
                return " && ".join(shlex.join(one) for one in calls[at:])
        return ""

    def _command(self) -> list[str]:
        """Return the service's command line. `-P` keeps the folder that it starts in off Python's path."""
        return [sys.executable, "-P", "-m", "machsh", "relay", self.name]

    def _variables(self) -> dict[str, str]:
        given = {name: self.environment.variable(name) for name in VARIABLES}
        values = {name: value for name, value in given.items() if value}
        return {"MACHINE_STORAGE_PATH": str(self.store_folder), **values}

    def _checked(self, text: str) -> str:
        if not LINE.accepts(text):
            raise RefusedError(f"a service cannot be given {text!r}", hint="use a path of one line")
        return text


class SystemdRelay(RelayService):
    """A user unit of systemd."""

    @property
    def unit(self) -> str:
        """The unit's name."""
        return f"machsh-relay-{self.label}.service"

    @property
    def path(self) -> Path:
        """The unit's file among the user's."""
        given = self.environment.variable("XDG_CONFIG_HOME")
        base = Path(given) if given else self.environment.home / ".config"
        return base / "systemd" / "user" / self.unit

    def content(self) -> bytes:
        """Return the unit, quoted by systemd's rules."""
        command = " ".join(self._quoted(word).replace("$", "$$") for word in self._command())
        pairs = [self._quoted(f"{name}={value}") for name, value in self._variables().items()]
        variables = "\n".join(f"Environment={pair}" for pair in pairs)
        return UNIT.format(label=self.label, command=command, variables=variables).encode()

    def start_calls(self) -> list[list[str]]:
        """Return the calls of systemctl; `restart` lets a relay that runs take up a changed unit."""
        return [
            ["systemctl", "--user", "daemon-reload"],
            ["systemctl", "--user", "restart", self.unit],
        ]

    def stop_calls(self) -> list[list[str]]:
        """Return the call of systemctl."""
        return [["systemctl", "--user", "disable", "--now", self.unit]]

    def _forget_calls(self) -> list[list[str]]:
        return [["systemctl", "--user", "daemon-reload"]]

    @property
    def _wanted(self) -> Path:
        return self.path.parent / "default.target.wants" / self.unit

    def _enable(self) -> None:
        """Make the link that `systemctl enable` makes: the user's manager may not run yet."""
        try:
            self._wanted.parent.mkdir(exist_ok=True)
            self._wanted.unlink(missing_ok=True)
            self._wanted.symlink_to(self.path)
        except OSError as error:
            raise explain(error, self._wanted) from error

    def _files(self) -> list[Path]:
        return [self._wanted, self.path]

    def _quoted(self, text: str) -> str:
        escaped = re.sub(r'[\\"]', r"\\\g<0>", self._checked(text)).replace("%", "%%")
        return f'"{escaped}"'


class LaunchdRelay(RelayService):
    """An agent of launchd."""

    @property
    def agent(self) -> str:
        """The agent's label."""
        return f"machsh.relay.{self.label}"

    @property
    def path(self) -> Path:
        """The agent's file among the user's."""
        return self.environment.home / "Library" / "LaunchAgents" / f"{self.agent}.plist"

    def content(self) -> bytes:
        """Return the property list."""
        return plistlib.dumps(
            {
                "Label": self.agent,
                "ProgramArguments": [self._checked(word) for word in self._command()],
                "EnvironmentVariables": {
                    name: self._checked(value) for name, value in self._variables().items()
                },
                "RunAtLoad": True,
                "KeepAlive": {"SuccessfulExit": False},
                "ThrottleInterval": 10,
            }
        )

    def _enable(self) -> None:
        """Do nothing: launchd starts every agent of that folder."""

    def start_calls(self) -> list[list[str]]:
        """Return the call of launchctl."""
        return [["launchctl", "bootstrap", f"gui/{os.getuid()}", str(self.path)]]

    def stop_calls(self) -> list[list[str]]:
        """Return the call of launchctl."""
        return [["launchctl", "bootout", f"gui/{os.getuid()}/{self.agent}"]]


def has_services(environment: Environment) -> bool:
    """Whether machsh knows the system's services: on Linux and macOS."""
    return environment.platform == "darwin" or environment.platform.startswith("linux")


def service_of(environment: Environment, store_folder: Path, name: str) -> RelayService:
    """Return the service of a machine's relay. Raises RefusedError on other systems than Linux and macOS."""
    if has_services(environment):
        kind = LaunchdRelay if environment.platform == "darwin" else SystemdRelay
        return kind(environment, store_folder, name)
    raise RefusedError(
        "machsh knows no services of this system",
        hint=f"let your system run this at login: machsh relay {shlex.quote(name)}",
    )
