"""`console`: shows the log of a machine's serial console, and follows it while the machine runs."""

from __future__ import annotations

import codecs
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.deadline import Deadline, poll
from machsh.drivers.capabilities import Capability
from machsh.drivers.guest.serial_log import plain
from machsh.errors import RefusedError, UsageError
from machsh.files import explain
from machsh.output.results import Stream
from machsh.regular_file import open_regular

PIECE = 1 << 16
IDLE_SECONDS = 1.0
"""In a followed log, a line without an end (a prompt) is shown after this time without news."""
PAUSE_SECONDS = 0.2


def console(context: Context) -> Stream:
    """Return the console's lines as plain text. Raises RefusedError if the driver has no console."""
    name = targets.target(context)
    targets.require_machine(name, context)
    count = context.values.number("lines")
    if count < 0:
        raise UsageError(f"--lines {count} is less than nothing", hint="0 shows all")
    machine = context.machines.get(name)
    if not machine.driver.has(Capability.CONSOLE):
        raise RefusedError(
            f'The driver of "{name}", {machine.record.driver_name}, has no console',
            hint=f"virtual machines have one; the log of a running system: machsh ssh {name} journalctl",
        )
    log = ConsoleLog(machine.driver.console_log())
    return Stream(log.lines(count, follows=context.values.flag("follow")))


class ConsoleLog:
    """Reads a console's log, which grows, and is begun anew when the machine boots."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""
        self._place = 0
        """How many bytes have been read."""
        self._file_number = 0
        """The inode, to see whether another file has the log's name now."""

    def lines(self, count: int = 0, *, follows: bool = False) -> Iterator[str]:
        """Yield the last `count` lines, 0 for all, and with `follows` those that come, until interrupted."""
        whole = self._new_lines()
        yield from deque(whole, count) if count else whole
        yield from self._rest()
        while follows:
            if poll(self._has_news, Deadline.after(IDLE_SECONDS), pause=PAUSE_SECONDS):
                yield from self._new_lines()
            else:
                yield from self._rest()

    def _has_news(self) -> bool:
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return False  # between two boots
        except OSError as error:
            raise explain(error, self.path, "read") from error
        return status.st_size != self._place or status.st_ino != self._file_number

    def _new_lines(self) -> Iterator[str]:
        """Yield the whole lines that have come since the last call, from the start of a new file."""
        try:
            with open_regular(self.path) as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._file_number or status.st_size < self._place:
                    yield from self._rest()
                    self._place, self._file_number = 0, status.st_ino
                file.seek(self._place)
                while piece := file.read(PIECE):
                    self._place += len(piece)
                    yield from self._whole_lines(self._decoder.decode(piece))
        except FileNotFoundError:
            return
        except OSError as error:
            raise explain(error, self.path, "read") from error

    def _whole_lines(self, text: str) -> Iterator[str]:
        *whole, self._unfinished = (self._unfinished + text).split("\n")
        for line in whole:
            yield f"{plain(line)}\n"
        if len(self._unfinished) > PIECE:
            yield from self._rest()

    def _rest(self) -> Iterator[str]:
        """Yield the line that has no end yet."""
        unfinished, self._unfinished = self._unfinished, ""
        if text := plain(unfinished):
            yield f"{text}\n"
