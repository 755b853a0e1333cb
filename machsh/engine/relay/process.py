"""The shell's side of a relay: starts and stops the process and provides its endpoint."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machsh
from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.limits import BACKLOG
from machsh.engine.relay.plan import RelayPlan, target_values
from machsh.environment import Environment
from machsh.ssh.target import Target

_LONGEST_PATH = 100
"""Limit for a socket's path in bytes; Linux allows 107, macOS 103."""
_PREFIX, SOCKET_NAME = "machsh-relay-", "docker.sock"
_ABANDONED_SECONDS = 60.0
"""A younger folder is never removed as abandoned, because its relay may still be starting."""


class RelayProcess:
    """The relay process of one machine.

    `start` launches a process: call it in a background thread. `endpoint` never blocks: the socket listens
    before the process runs, and when the process has ended it is the real endpoint.
    """

    def __init__(
        self,
        real: Endpoint,
        environment: Environment,
        machine: str = "",
        *,
        target: Target | None = None,
        secret: str = "",
    ) -> None:
        self._real = real
        self._environment = environment
        self._machine = machine
        self._target = target
        self._secret = secret
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def helps(real: Endpoint, environment: Environment) -> bool:
        """Whether a relay is useful: only for tcp and ssh endpoints, and not on Windows."""
        return environment.platform != "win32" and real.scheme in ("tcp", "ssh")

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.poll() is None

    @property
    def endpoint(self) -> Endpoint:
        """The relay's socket while it runs, else the real endpoint. For docker commands, not for `!`."""
        if self._folder is None or not self.is_running:
            return self._real
        return Endpoint(f"unix://{self._folder / SOCKET_NAME}")

    def start(self) -> None:
        """Start the process unless it is running. If that fails, `endpoint` stays the real one."""
        if self.is_running:
            return
        self.close()
        with contextlib.suppress(OSError), contextlib.ExitStack() as undo:
            folder = private_folder(self._environment)
            remove_abandoned(folder.parent)
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(folder / SOCKET_NAME))
                listener.listen(BACKLOG)
                self._process = self._launch(folder, listener.fileno())
            self._folder = folder
            undo.pop_all()

    def retire(self) -> None:
        """Accept no new clients, and exit when the current ones have finished."""
        folder, self._folder = self._folder, None
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(b"r")
                self._process.stdin.flush()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Stop the process and remove its socket; waits at most 0.2 s for the process to exit."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        if process is not None:
            with contextlib.suppress(OSError):
                if process.stdin is not None:
                    process.stdin.close()
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _launch(self, folder: Path, listener: int) -> subprocess.Popen[bytes]:
        plan = RelayPlan(
            name=self._machine,
            url=self._real.url,
            folder=str(folder),
            listener=listener,
            certificates=str(self._real.certificates or ""),
            target=target_values(self._target) if self._target else None,
            secret=self._secret,
        )
        root = Path(machsh.__file__).parent.parent
        path = os.pathsep.join(filter(None, [str(root), self._environment.variable("PYTHONPATH")]))
        process = subprocess.Popen(
            [sys.executable, "-m", "machsh.engine.relay"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environment.child_variables({"PYTHONPATH": path}),
            pass_fds=(listener,),
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(plan.to_json())
        process.stdin.flush()
        return process


def private_folder(environment: Environment) -> Path:
    """Make a folder with mode 0700 whose path is short enough for a socket; return it."""
    for base in (environment.variable("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
        if base and os.access(base, os.W_OK) and len(os.fsencode(base)) < _LONGEST_PATH - 40:
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    return Path(tempfile.mkdtemp(prefix=_PREFIX))


def remove_abandoned(base: Path) -> None:
    """Remove the folders of relays that were killed together with their shells; no process listens there."""
    with contextlib.suppress(OSError):
        for folder in base.glob(f"{_PREFIX}*"):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        status = folder.lstat()
        if status.st_uid != os.getuid() or time.time() - status.st_mtime < _ABANDONED_SECONDS:
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(0.2)
            probe.connect(str(folder / SOCKET_NAME))
    except (ConnectionRefusedError, FileNotFoundError):
        return True
    except OSError:
        return False
    return False
