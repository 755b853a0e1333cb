"""Serves a driver to another program: the life of a driver program, from its address to its end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

from machsh.deadline import Deadline
from machsh.drivers.bridge.protocol import OLD_SERVICE, SERVICE, SILENCE_SECONDS
from machsh.drivers.bridge.served_driver import ServedDriver
from machsh.drivers.bridge.wire.rpc import RpcConnectionError, RpcStream
from machsh.drivers.bridge.wire.rpc_server import Method, RpcServer
from machsh.errors import MachshError
from machsh.progress import Progress

LOOPBACK = "127.0.0.1"
UPGRADE_SECONDS = 10.0
MOST_CONNECTIONS = 16
"""A client needs one; more than this at once wait."""
FAREWELL_SECONDS = 0.1
"""How long the program stays after `Close`, so that the reply leaves it."""
CLOSED, FORGOTTEN = 0, 1
"""Exit codes: after `Close`, and when no heartbeat has come for `SILENCE_SECONDS`."""


class DriverServer:
    """Answers calls on a port of this computer's own until it is closed or gets no heartbeats."""

    def __init__(self, driver: ServedDriver, progress: Progress, silence: float = SILENCE_SECONDS) -> None:
        self._progress = progress
        self._silence = silence
        self._changed = threading.Condition()
        self._is_forgotten = False
        self._is_closed = False
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        methods = driver.methods() | {"Heartbeat": Method(self._heartbeat), "Close": Method(self._close)}
        self._services = {SERVICE: methods, OLD_SERVICE: methods}

    def serve(self, announce: Callable[[str], object]) -> int:
        """Listen, announce the address, answer, and return the exit code. Raises MachshError."""
        try:
            listener = socket.create_server((LOOPBACK, 0))
        except OSError as error:
            raise MachshError(f"Error loading RPC server: {error}") from error
        with listener:
            host, port = listener.getsockname()
            announce(f"{host}:{port}")
            self._start(self._accept, listener)
            return self._wait()

    def _start(self, work: Callable[..., None], argument: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=(argument,), daemon=True, name="machsh-driver")
        thread.start()
        return thread

    def _accept(self, listener: socket.socket) -> None:
        while True:
            self._room.acquire()
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._start(self._answer, connection)

    def _answer(self, connection: socket.socket) -> None:
        try:
            RpcServer(RpcStream(connection), self._services).serve(Deadline.after(UPGRADE_SECONDS))
        except RpcConnectionError as error:
            self._progress.debug(f"a connection ended: {error}")
        finally:
            self._room.release()
            with self._changed:
                self._changed.notify_all()

    def _heartbeat(self, argument: Any) -> dict[str, Any]:
        with self._changed:
            self._is_forgotten = False
            self._changed.notify_all()
        return {}

    def _close(self, argument: Any) -> dict[str, Any]:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        return {}

    def _wait(self) -> int:
        with self._changed:
            while not self._is_closed:
                self._is_forgotten = True
                self._changed.wait_for(lambda: self._is_closed or not self._is_forgotten, self._silence)
                if self._is_forgotten and not self._is_closed:
                    return FORGOTTEN
            self._progress.debug("Closing plugin on server side")
            self._changed.wait(FAREWELL_SECONDS)
            return CLOSED
