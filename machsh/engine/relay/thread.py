"""A relay in a thread of this process, for commands to an engine over ssh that have no relay process.

It serves one session's children over the ssh connection that the process has anyway, so that a single command
pays for one login, and a command on fifty machines starts no fifty processes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.connect import warm_channel
from machsh.engine.relay.limits import BACKLOG
from machsh.engine.relay.process import SOCKET_NAME, private_folder, remove_abandoned
from machsh.engine.relay.server import Server
from machsh.environment import Environment

_SPARES = 1
"""How many connections to keep ready: a command often opens a second one."""


class RelayThread:
    """Listens on a private local socket until it is closed. Raises OSError if the socket cannot be made.

    `open_channel` opens an ssh channel to the engine's socket, in threads of its own; `machine` is the
    machine's name, for error messages.
    """

    def __init__(self, open_channel: Callable[[], Any], environment: Environment, machine: str) -> None:
        self._folder = private_folder(environment)
        remove_abandoned(self._folder.parent)
        read_end, write_end = os.pipe()
        self._pipe = write_end
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(BACKLOG)
        server = Server(self._listener, read_end, lambda: warm_channel(open_channel()), machine, _SPARES)
        threading.Thread(
            target=self._serve, args=(server, read_end), daemon=True, name="machsh-relay"
        ).start()

    @property
    def _path(self) -> Path:
        return self._folder / SOCKET_NAME

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint for docker children."""
        return Endpoint(f"unix://{self._path}")

    def close(self) -> None:
        """Stop listening and remove the socket; does not wait."""
        with contextlib.suppress(OSError):
            os.close(self._pipe)  # the server reads the end of its pipe, and ends
        shutil.rmtree(self._folder, ignore_errors=True)

    def _serve(self, server: Server, pipe: int) -> None:
        try:
            server.run()
        finally:
            self._listener.close()
            os.close(pipe)
