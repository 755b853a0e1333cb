"""QEMU's monitor (QMP) over a unix socket, by the official `qemu.qmp`, with a deadline for everything."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

from qemu.qmp import ExecuteError, QMPClient, QMPError

from machsh.deadline import Deadline, poll
from machsh.errors import DeadlineError, MachshError

logging.getLogger("qemu.qmp").addHandler(logging.NullHandler())  # its errors also arrive as exceptions
logging.getLogger("qemu.qmp").propagate = False

_LONGEST_ADDRESS = 100
"""Bytes of a unix socket's path; systems allow 104 to 108, the final NUL included."""
_GOODBYE_SECONDS = 2.0
_JOB = "machsh"

T = TypeVar("T")


class MonitorError(MachshError):
    """The monitor cannot be reached, or ended the connection."""


class MonitorRefusedError(MachshError):
    """QEMU refused a command; `kind` is the class of QMP's error."""

    def __init__(self, command: str, error: ExecuteError) -> None:
        super().__init__(f"QEMU refused {command}: {error}")
        self.kind = error.error_class


class Monitor:
    """A connection to one monitor; use it in a `with`. QEMU serves one client per monitor at a time."""

    def __init__(self, path: Path, deadline: Deadline) -> None:
        self._path = path
        self._deadline = deadline
        self._client = QMPClient("machsh")
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        try:
            self._run(self._client.connect(connected(self._path, self._deadline)), "the monitor's greeting")
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        with contextlib.suppress(Exception):  # it may be gone, and what it said has been read
            self._loop.run_until_complete(asyncio.wait_for(self._client.disconnect(), _GOODBYE_SECONDS))
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def command(self, name: str, **arguments: Any) -> Any:
        """Execute a command and return its result; `_` in an argument's name stands for `-`.

        Raises MonitorRefusedError, MonitorError when QEMU ends meanwhile, DeadlineError.
        """
        named = {key.replace("_", "-"): value for key, value in arguments.items()}
        try:
            return self._run(self._client.execute(name, named or None), name)
        except ExecuteError as error:
            raise MonitorRefusedError(name, error) from error

    def job(self, name: str, **arguments: Any) -> None:
        """Run a command that starts a job, and wait for its end. Raises MachshError with the job's error."""
        self._dismiss()
        self.command(name, job_id=_JOB, **arguments)

        def is_done() -> bool:
            return any(one["id"] == _JOB and one["status"] == "concluded" for one in self._jobs())

        if not poll(is_done, self._deadline, pause=0.1):
            self._deadline.check(f"QEMU's {name}")
        failures = [one["error"] for one in self._jobs() if one["id"] == _JOB and one.get("error")]
        self._dismiss()
        if failures:
            raise MachshError(f"QEMU's {name} failed: {failures[0]}")

    def _jobs(self) -> list[dict[str, Any]]:
        return list(self.command("query-jobs"))

    def _dismiss(self) -> None:
        """Forget a job that ended, also one whose client was killed before it could."""
        if any(one["id"] == _JOB and one["status"] == "concluded" for one in self._jobs()):
            self.command("job-dismiss", id=_JOB)

    def _run(self, work: Coroutine[Any, Any, T], what: str) -> T:
        try:
            return self._loop.run_until_complete(asyncio.wait_for(work, max(0.01, self._deadline.remaining)))
        except TimeoutError as error:
            raise DeadlineError(f"{what}: QEMU gave no answer within {self._deadline.limit}") from error
        except ExecuteError:
            raise
        except (QMPError, OSError, EOFError) as error:
            raise MonitorError(f"{what}: QEMU's monitor is gone: {error}") from error


def connected(path: Path, deadline: Deadline) -> socket.socket:
    """Return a socket connected to `path`, of any length. Raises MonitorError."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(max(0.01, deadline.remaining))
    try:
        with _short(path) as address:
            link.connect(address)
    except OSError as error:
        link.close()
        raise MonitorError(f"QEMU's monitor does not answer: {error.strerror or error}") from error
    return link


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """Yield a path to the socket that fits into its address: through a symbolic link, where it must be."""
    if len(bytes(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="machsh-") as folder:
        link = Path(folder) / "m"
        link.symlink_to(path.parent)
        yield str(link / path.name)
