"""A relay that runs in this process, at the machine's kept socket, until it is interrupted (`relay NAME`)."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.engine.relay.limits import BACKLOG
from machsh.errors import DeadlineError, RefusedError
from machsh.files import explain, locked
from machsh.machine.reach import kept_socket

if TYPE_CHECKING:
    from machsh.machine.reach.machine_source import MachineSource

SPARES = 3


def check_platform(platform: str) -> None:
    """Raise RefusedError on Windows, whose docker cannot use a unix socket."""
    if platform == "win32":
        raise RefusedError(
            "there are no relays on Windows: its docker uses no unix sockets",
            hint="point docker at the machine itself: machsh env NAME",
        )


def serve(name: str, machines: MachineSource, listening: Callable[[Path], None]) -> bool:
    """Serve the machine's engine at its kept socket until Ctrl-C, SIGTERM, or the end of the machine.

    Calls `listening` with the socket's path once docker can use it. Returns whether the machine is still in
    the store. Raises RefusedError if a relay of the machine runs already, or others could reach the socket,
    and what loading the machine raises.
    """
    store = machines.store
    machines.get(name)  # a machine that is missing or broken is told now, and not to a client
    place = kept_socket.socket_path(machines.environment, store.folder, name)
    kept_socket.make_folder(place)
    with _only_relay(place, name), _listener(place) as listener:
        pipe = _EndPipe()
        with pipe, _ending_by_signal(pipe.end):
            listening(place)
            _serve(name, machines, listener, pipe)
    return store.exists(name)


def _serve(name: str, machines: MachineSource, listener: socket.socket, pipe: _EndPipe) -> None:
    from machsh.engine.relay.server import Server
    from machsh.machine.reach.engine_dialer import EngineDialer

    with contextlib.suppress(KeyboardInterrupt):
        Server(listener, pipe.fileno(), EngineDialer(name, machines, pipe.end), name, SPARES).run()


@contextlib.contextmanager
def _only_relay(place: Path, name: str) -> Iterator[None]:
    """Be the machine's only relay. Raises RefusedError if there is one."""
    lock = place.with_suffix(".lock")
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(lock, 0.0, makes_folder=False))
        except DeadlineError as error:
            raise RefusedError(
                f'A relay of "{name}" is running already, at {place}',
                hint=f"docker -H {shlex.quote(f'unix://{place}')} ps",
            ) from error
        stack.callback(lock.unlink, missing_ok=True)
        yield


@contextlib.contextmanager
def _listener(place: Path) -> Iterator[socket.socket]:
    """Listen on the socket, and remove it at the end. One that is there is a killed relay's: we are alone."""
    try:
        place.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
    except OSError as error:
        raise explain(error, place) from error
    with listener:
        try:
            listener.bind(str(place))
            listener.listen(BACKLOG)
        except OSError as error:
            raise explain(error, place, "listen on") from error
        try:
            yield listener
        finally:
            with contextlib.suppress(OSError):
                place.unlink()


class _EndPipe:
    """A pipe whose closing ends the relay's server. `end` may be called from any thread, more than once."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self._lock = threading.Lock()
        self._is_ended = False

    def fileno(self) -> int:
        """Return the end that the server watches."""
        return self._read

    def end(self) -> None:
        """Close the other end. A signal that comes in the middle of it has nothing to add."""
        if self._lock.acquire(blocking=False):
            try:
                if not self._is_ended:
                    self._is_ended = True
                    os.close(self._write)
            finally:
                self._lock.release()

    def __enter__(self) -> _EndPipe:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()
        os.close(self._read)


@contextlib.contextmanager
def _ending_by_signal(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` when the user or the system asks this process to end. Only the main thread can do that."""
    numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    former = {}
    try:
        with contextlib.suppress(ValueError):
            former = {number: signal.signal(number, lambda *what: end()) for number in numbers}
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
