"""The local sockets by which a session's docker commands reach engines over ssh."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from machsh.engine.endpoint import Endpoint
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.machine.reach import kept_socket

if TYPE_CHECKING:
    from machsh.engine.relay.thread import RelayThread
    from machsh.machine.machine import Machine
    from machsh.machine.machines import Machines


class MachineSockets:
    """A relay in this process for each machine over ssh that is used, until the session ends.

    A relay that the user keeps (`machsh relay NAME`) is used instead. Forks of a session share this.
    """

    def __init__(self, environment: Environment, machines: Machines) -> None:
        self._environment = environment
        self._machines = machines
        self._relays: dict[str, RelayThread] = {}
        self._guard = threading.Lock()

    def endpoint(self, machine: Machine, *, connects: bool = True) -> Endpoint:
        """Return the endpoint of a socket that leads to the machine's engine.

        With `connects`, log in first, so that an error of ssh is raised here and not told by docker. Raises
        MachshError.
        """
        kept = kept_socket.path(machine)
        if kept_socket.is_alive(kept):
            return Endpoint(f"unix://{kept}")
        if self._environment.platform == "win32":
            raise MachshError(
                f'The engine of "{machine.name}" is reached over ssh, which needs local sockets',
                hint=f"use it inside WSL 2, or: machsh ssh {machine.name} docker ...",
            )
        if connects:
            machine.runner().connect()
        with self._guard:
            relay = self._relays.get(machine.name)
            if relay is None:
                relay = self._relays[machine.name] = self._relay(machine.name)
            return relay.endpoint

    def close(self) -> None:
        """End all relays."""
        with self._guard:
            relays, self._relays = self._relays, {}
        for relay in relays.values():
            relay.close()

    def _relay(self, name: str) -> RelayThread:
        from machsh.engine.relay.thread import RelayThread

        def open_channel() -> object:
            machine = self._machines.get(name)
            return machine.runner().open_unix(machine.engine_socket)

        try:
            return RelayThread(open_channel, self._environment, name)
        except OSError as error:
            raise MachshError(
                f"no local socket can be made: {error.strerror or error}",
                hint="is the folder of XDG_RUNTIME_DIR, or /tmp, writable?",
            ) from error
