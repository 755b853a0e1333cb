"""Reads a host's load, memory and disk over ssh, with one command that runs as long as the monitor."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from machsh.deadline import Deadline
from machsh.errors import FOREIGN, MachineNotFoundError, MachshError
from machsh.machine.errors import NoSshError, reason
from machsh.monitor import host_readings
from machsh.monitor.login_turns import login_turn
from machsh.ssh.target import quote

if TYPE_CHECKING:
    from machsh.monitor.machine_follower import ViewKeeper

ANSWER_SECONDS = 5.0
FIRST_SECONDS = 1.0
AGAIN_SECONDS = 10.0
"""The pause after a failure."""


class HostFollower:
    """Reads one host every `interval` seconds until `close`, starting once the engine has answered."""

    def __init__(self, name: str, keeper: ViewKeeper) -> None:
        self.name = name
        self.is_settled = False
        """Whether the host was read, or cannot be."""
        self._keeper = keeper
        self._closed = threading.Event()

    def start(self, data_folder: str) -> None:
        """Start the thread; `data_folder` is where the engine keeps its data."""
        threading.Thread(target=self._run, args=(data_folder,), name="machsh-host", daemon=True).start()

    def close(self) -> None:
        """Stop reading; does not wait."""
        self._closed.set()

    def _run(self, data_folder: str) -> None:
        self._keeper.wait_for_first_round(FIRST_SECONDS)  # logins would delay the first screen
        while not self._closed.is_set():
            try:
                if self._keeper.is_answering(self.name):
                    self._follow(data_folder)
            except (NoSshError, MachineNotFoundError):
                return
            except FOREIGN as error:  # the driver, which is asked for the address, may be a plugin
                self._record_failure(error)
            finally:
                self.is_settled = True
            self._closed.wait(AGAIN_SECONDS)

    def _record_failure(self, error: BaseException) -> None:
        """Record why the host cannot be read; a machine that does not run needs no reason."""
        text = "no answer over ssh" if isinstance(error, TimeoutError) else str(reason(error))
        is_answering = self._keeper.is_answering(self.name)
        self._keeper.change(self.name, host=None, host_error=text if is_answering else "")

    def _follow(self, data_folder: str) -> None:
        connection = self._keeper.machine(self.name).runner()
        with login_turn():
            connection.connect()
        channel: Any = connection.open_session()
        try:
            channel.settimeout(ANSWER_SECONDS)
            channel.exec_command(quote(host_readings.words(data_folder)))
            while not self._closed.is_set():
                channel.sendall(b"\n")
                found = host_readings.host_reading(_answer(channel))
                self._keeper.change(self.name, host=found, host_error="")
                self.is_settled = True
                self._closed.wait(self._keeper.interval)
        finally:
            channel.close()


def _answer(channel: Any) -> bytes:
    """Return one answer of the script. Raises OSError, or MachshError if it is too long or cut."""
    answer, deadline = b"", Deadline.after(ANSWER_SECONDS)
    while not answer.endswith(host_readings.END):
        channel.settimeout(max(0.001, deadline.remaining))
        part = channel.recv(4096)
        if not part or len(answer) > host_readings.MOST_BYTES:
            raise MachshError("the host did not tell its load: it may have no sh, or no /proc")
        answer += part
    return answer.removesuffix(host_readings.END)
