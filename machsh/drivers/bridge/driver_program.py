"""The life of a driver program: start, handshake, calls, heartbeats, and an end that leaves nothing."""

from __future__ import annotations

import atexit
import os
import re
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn, Self, TypeVar

from machsh.deadline import Deadline, poll
from machsh.drivers.bridge import protocol
from machsh.drivers.bridge.message_types import RECORD
from machsh.drivers.bridge.program_errors import (
    DriverNotInsideError,
    DriverProgramError,
    MissingCallError,
)
from machsh.drivers.bridge.program_output import ProgramOutput
from machsh.drivers.bridge.program_search import ProgramPlace
from machsh.drivers.bridge.wire.gob import NOTHING, GobError, Type
from machsh.drivers.bridge.wire.rpc import RpcClient, RpcConnectionError, RpcError
from machsh.environment import Environment
from machsh.errors import DeadlineError, MachineNotRunningError, MachshError
from machsh.process.child import exit_code, start
from machsh.process.group import OWN_GROUP, send_signal
from machsh.progress import Progress

START_SECONDS = 10.0
"""How long a program may take to print its address, as in docker-machine."""
HANDSHAKE_SECONDS = 10.0
BEAT_SECONDS = 15.0
"""How long a heartbeat may go unanswered."""
UNLIMITED_SECONDS = 1e8
"""The limit of calls that only heartbeats limit."""
END_SECONDS = 3.0
"""How long a program may take to end after `Close`."""
PIPE_SECONDS = 0.5
"""How long its pipes may stay open after its end."""
_MOST_USERS = (1 << 32) - 1
"""Numbers of users and groups are smaller: the system keeps this one for itself."""
_ADDRESS = re.compile(r"(127\.\d+\.\d+\.\d+|\[::1\]|localhost):(\d{1,5})")
_UNSUPPORTED = re.compile(r"^Unsupported driver: ", re.MULTILINE)
_Reply = TypeVar("_Reply")


class DriverProgram:
    """A running program and the connection to it. Any thread may call."""

    def __init__(self, place: ProgramPlace, environment: Environment, progress: Progress) -> None:
        """Start the program; `connect` comes next. Raises DriverProgramError."""
        self.place = place
        self._last_used = time.monotonic()
        self._after_beat: Callable[[], None] = lambda: None
        self._service = protocol.SERVICE
        self._silence = ""
        self._client: RpcClient | None = None
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._process = _start(place, environment)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._output = ProgramOutput(self._process.stdout, self._process.stderr, progress)
        _open_programs.add(self)

    @classmethod
    def started(
        cls,
        place: ProgramPlace,
        environment: Environment,
        progress: Progress,
        record: bytes,
        after_beat: Callable[[], None] = lambda: None,
    ) -> Self:
        """Start a program and give it a machine's record, the JSON of the `Driver` object.

        `after_beat` is called after each heartbeat, on the thread that sends them; it may close the program.
        Raises DriverProgramError, and MachshError for an error of the program.
        """
        program = cls(place, environment, progress)
        program._after_beat = after_beat
        try:
            program.connect()
            program.call("SetConfigRaw", dict, record, kind=RECORD)
        except BaseException:
            program.kill()
            raise
        return program

    def connect(self) -> None:
        """Connect to the address that the program prints, check its version, and begin the heartbeats."""
        deadline = Deadline.after(START_SECONDS)
        address = self._address(self._output.first_line(deadline))
        deadline = Deadline.after(HANDSHAKE_SECONDS)
        try:
            self._client = RpcClient.connect(address, deadline)
        except RpcConnectionError as error:
            self._fail(str(error))
        version = self._version(deadline)
        if version != protocol.API_VERSION:
            self._fail(f"Driver binary uses an incompatible API version ({version})")
        threading.Thread(target=self._beat, daemon=True, name="machsh-heartbeat").start()

    def _address(self, line: str | None) -> tuple[str, int]:
        if line is None:
            self._fail(f"Failed to dial the plugin server in {START_SECONDS:g}s")
        found = _ADDRESS.fullmatch(line)
        if found and int(found[2]) < 1 << 16:
            return found[1].strip("[]"), int(found[2])
        if line:
            self._fail(f"it printed {line[:80]!r} instead of its address")
        self._output.wait(Deadline.after(PIPE_SECONDS))
        if _UNSUPPORTED.search(self._output.last_lines()):
            text = f"{self.place.path} has no driver {self.place.driver} inside"
            self.kill()
            raise DriverNotInsideError(text)
        self._fail(f"it ended before it printed its address{self._exit()}")

    def _version(self, deadline: Deadline) -> int:
        try:
            return self._attempt("GetVersion", int, deadline)
        except RpcError:
            self._service = protocol.OLD_SERVICE
        try:
            return self._attempt("GetVersion", int, deadline)
        except RpcError as error:
            self._fail(str(error))

    def call(
        self,
        method: str,
        reply: type[_Reply],
        argument: Any = None,
        *,
        kind: Type = NOTHING,
        seconds: float = 60.0,
    ) -> _Reply:
        """Make a call that has to answer within `seconds`; see RpcClient.call.

        With `seconds` 0 it may take as long as the program answers heartbeats.
        Raises MachshError with the program's own error text (MachineNotRunningError for docker-machine's),
        MissingCallError, DeadlineError, DriverProgramError.
        """
        self._last_used = time.monotonic()
        deadline = Deadline.after(seconds or UNLIMITED_SECONDS)
        try:
            return self._attempt(method, reply, deadline, argument, kind)
        except RpcError as error:
            raise self._error(method, str(error)) from error
        finally:
            self._last_used = time.monotonic()

    def _attempt(
        self, method: str, reply: type[_Reply], deadline: Deadline, argument: Any = None, kind: Type = NOTHING
    ) -> _Reply:
        assert self._client is not None
        try:
            return self._client.call(f"{self._service}.{method}", reply, deadline, argument, kind)
        except TimeoutError as error:
            self.kill()
            hint = self._hint()
            raise DeadlineError(
                f"{self._named}: no answer to {method} within {deadline.limit}", hint=hint
            ) from error
        except (RpcConnectionError, GobError) as error:
            self._fail(f"{method} failed: {self._silence or error}{self._exit()}")

    def _error(self, method: str, text: str) -> MachshError:
        """Return the error for the text that a call was answered with."""
        if text.strip() == str(MachineNotRunningError()):
            return MachineNotRunningError()
        if text.startswith(("rpc: can't find method", "rpc: can't find service")):
            hint = "it was written for another version of docker-machine: look for a newer one"
            return MissingCallError(f"{self._named}: it does not have the call {method}", hint=hint)
        return MachshError(text)

    @property
    def _named(self) -> str:
        return f"the driver program {self.place.path}"

    def _hint(self) -> str:
        """Return the last lines of a program that has ended; the threads may still be reading them."""
        self._output.wait(Deadline.after(PIPE_SECONDS))
        lines = self._output.last_lines()
        return f"its last lines were:\n{lines}" if lines else "it printed nothing more"

    def _fail(self, text: str) -> NoReturn:
        self.kill()
        raise DriverProgramError(f"{self._named}: {text}", hint=self._hint())

    def _exit(self) -> str:
        """Return ` (exit code N)` if the program has ended, or ends just now."""
        if (self._client is not None and not self._client.is_lost) or not _has_exited(self._process, 1.0):
            return ""
        self.kill()
        return f" (exit code {exit_code(self._process.returncode)})"

    def _beat(self) -> None:
        """Send a heartbeat every few seconds; end a program that does not answer, so that its calls fail."""
        while not self._ended.wait(protocol.HEARTBEAT_SECONDS):
            try:
                self._beat_once()
            except RpcError:
                pass  # it answers, and only that counts
            except TimeoutError:
                self._silence = f"it did not answer a heartbeat within {BEAT_SECONDS:g} s"
                self.kill()
            except RpcConnectionError:
                return  # the calls that wait have failed, too
            self._after_beat()

    def _beat_once(self) -> None:
        assert self._client is not None
        self._client.call(f"{self._service}.Heartbeat", dict, Deadline.after(BEAT_SECONDS))

    @property
    def has_ended(self) -> bool:
        """Whether the program was ended, or its connection is lost."""
        return self._ended.is_set() or self._client is None or self._client.is_lost

    @property
    def idle_seconds(self) -> float:
        """How long ago the last call began or ended."""
        return time.monotonic() - self._last_used

    def close(self) -> None:
        """Let the program end, as it does after `Close`; kill it, if it does not."""
        with self._lock:
            if self._ended.is_set():
                return
            if self._client is not None and not self._client.is_lost:
                with suppress(RpcError, RpcConnectionError, GobError, TimeoutError):
                    self._client.call(f"{self._service}.Close", dict, Deadline.after(1.0))
            # As a rule its pipes tell its end: nothing has to look for it again and again.
            self._output.wait(Deadline.after(PIPE_SECONDS))
            is_over = _has_exited(self._process, END_SECONDS)
            # A child that still holds the pipes would never be noticed again: it ends with the program.
            is_over = is_over and self._output.wait(Deadline.after(PIPE_SECONDS))
            self._end(is_over=is_over)

    def kill(self) -> None:
        """End the program and the processes that it started in its group, whatever they do."""
        with self._lock:
            if not self._ended.is_set():
                self._end(is_over=False)

    def _end(self, *, is_over: bool) -> None:
        self._ended.set()
        if not is_over:
            # Before the process is waited for: until then nothing else can get its number.
            send_signal(self._process, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        if self._client is not None:
            self._client.close()
        _open_programs.discard(self)


_open_programs: weakref.WeakSet[DriverProgram] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """End what a command has left open."""
    programs = list(_open_programs)
    threads = [
        threading.Thread(target=program.close, daemon=True, name="machsh-driver-end") for program in programs
    ]
    for thread in threads:
        thread.start()
    deadline = Deadline.after(END_SECONDS)
    for thread in threads:
        thread.join(deadline.remaining)
    for program in programs:
        program.kill()


def _start(place: ProgramPlace, environment: Environment) -> subprocess.Popen[bytes]:
    variables = environment.child_variables(
        {
            protocol.TOKEN_VARIABLE: protocol.TOKEN,
            protocol.NAME_VARIABLE: place.driver,
            "MACHINE_STORAGE_PATH": str(environment.store_folder),
        }
    )
    user = _user(environment)
    try:
        return start(
            [str(place.path)],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **OWN_GROUP,
            **user,
        )
    except MachshError as error:
        raise DriverProgramError(f"the driver program {error}", hint=_start_hint(error, user)) from error


def _start_hint(error: MachshError, user: Mapping[str, Any]) -> str:
    if "format error" in str(error):
        return "it is for another system or processor: get the one for this computer"
    if user and isinstance(error.__cause__, PermissionError):
        names = f"{protocol.UID_VARIABLE} and {protocol.GID_VARIABLE}"
        return (
            f"it is to run as user {user['user']} ({names}): only root can do that, and this user needs to "
            "reach and execute it"
        )
    return error.hint


def _user(environment: Environment) -> dict[str, Any]:
    """Return the user and group to run as, which rancher-machine takes from two variables."""
    uid, gid = (environment.variable(name) for name in (protocol.UID_VARIABLE, protocol.GID_VARIABLE))
    if not (uid and gid):
        return {}
    if not all(number.isdecimal() and int(number) < _MOST_USERS for number in (uid, gid)):
        names = f"{protocol.UID_VARIABLE} and {protocol.GID_VARIABLE}"
        raise DriverProgramError(
            f"{names} must be numbers of a user and a group: {uid} and {gid}", hint="correct or unset them"
        )
    return {"user": int(uid), "group": int(gid), "extra_groups": []}


def _has_exited(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the end of a process, but do not reap it: its number must not become another's."""
    if not hasattr(os, "waitid"):
        return poll(lambda: process.poll() is not None, Deadline.after(seconds), pause=0.01)

    def is_over() -> bool:
        try:
            return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    return poll(is_over, Deadline.after(seconds), pause=0.001)
