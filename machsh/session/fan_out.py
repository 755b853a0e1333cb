"""Runs one line on many machines in parallel; marks each output line with its machine's name."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import TextIO

from machsh.environment import Environment
from machsh.errors import ExitCode
from machsh.output import console
from machsh.output.messages import note
from machsh.output.theme import MACHINE_COLORS, Theme
from machsh.process.group import Children, Spawn
from machsh.session.streams import close, pipe, with_streams

AT_ONCE = 32
"""How many machines run at the same time."""
_WAIT_SECONDS = 0.5
LONGEST_LINE = 1 << 20
"""Longer lines are printed in pieces, each at least this many bytes, to bound memory."""

RunOn = Callable[[str, Environment, Spawn], int]
"""Runs the line for one machine on the given streams. Prints MachshErrors there instead of raising them."""


class FanOut:
    """Runs one line on several machines and prints their output line by line."""

    def __init__(self, names: Sequence[str], run_on: RunOn, environment: Environment) -> None:
        self._names = names
        self._run_on = run_on
        self._environment = environment
        self._children = Children()
        self._codes: dict[str, int] = {}
        self._guard = threading.Lock()
        self._write_error: OSError | None = None
        self._column = max(len(name) for name in names)

    def run(self, *, is_serial: bool = False) -> int:
        """Run on all machines; return the highest exit code. Prints a summary of failures at the end.

        Ctrl-C stops all and returns 130. Raises OSError if the output cannot be written.
        """
        waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(len(self._names)):
            waiting.put(number)
        count = 1 if is_serial else min(AT_ONCE, len(self._names))
        threads = [
            threading.Thread(target=self._work, args=(waiting,), name="machsh-fleet", daemon=True)
            for _ in range(count)
        ]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(_WAIT_SECONDS)
        except KeyboardInterrupt:
            return self._interrupted()
        if self._write_error is not None:
            raise self._write_error
        self._sum_up()
        return max(self._codes.values(), default=0)

    def _work(self, waiting: queue.SimpleQueue[int]) -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            name = self._names[number]
            try:
                code = self._run_one(number, name)
            except BrokenPipeError:
                code = 0
            with self._guard:
                self._codes[name] = code

    def _run_one(self, number: int, name: str) -> int:
        outer = self._environment
        readers: list[threading.Thread] = []
        writers: list[TextIO] = []
        for stream in (outer.stdout, outer.stderr):
            reading, writing = pipe()
            writers.append(writing)
            arguments = (reading, stream, self._mark(number, name, stream))
            readers.append(threading.Thread(target=self._copy, args=arguments, daemon=True))
        with open(os.devnull, encoding="utf-8") as nothing:
            streams = with_streams(outer, stdin=nothing, stdout=writers[0], stderr=writers[1])
            for reader in readers:
                reader.start()
            try:
                return self._run_on(name, streams, self._children.run)
            finally:
                for writer in writers:
                    close(writer)
                for reader in readers:
                    reader.join()

    def _mark(self, number: int, name: str, stream: TextIO) -> str:
        theme = Theme.of(self._environment, stream)
        return theme.paint(f"{name:<{self._column}} |", f"machine.{number % MACHINE_COLORS}") + " "

    def _copy(self, reading: TextIO, stream: TextIO, mark: str) -> None:
        rest = b""
        descriptor = reading.fileno()
        try:
            while piece := os.read(descriptor, 1 << 16):
                *lines, rest = (rest + piece).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    lines, rest = [*lines, rest], b""
                self._put(stream, mark, lines)
            self._put(stream, mark, [rest] if rest else [])
        except OSError as error:
            # The reader is gone or the disk is full. Closing our end stops the command; `run` raises this.
            self._write_error = error
        finally:
            close(reading)

    def _put(self, stream: TextIO, mark: str, lines: Sequence[bytes]) -> None:
        if lines:
            text = "".join(f"{mark}{_shown(line)}\n" for line in lines)
            with self._guard:
                console.put(stream, text)

    def _interrupted(self) -> int:
        with self._guard:
            stopped = [name for name in self._names if name not in self._codes]
        self._children.stop()
        note(self._environment, f"stopped on {', '.join(stopped) or 'no machine'}")
        return ExitCode.INTERRUPTED

    def _sum_up(self) -> None:
        codes = self._codes
        failed = [f"{name} (exit {codes[name]})" for name in self._names if codes.get(name)]
        if failed:
            note(
                self._environment, f"{len(failed)} of {len(self._names)} machines failed: {', '.join(failed)}"
            )


def _shown(line: bytes) -> str:
    """Return a line as a screen would show it, without the text that a carriage return overwrites."""
    text = line.decode("utf-8", "replace").rstrip("\r")
    return text.rpartition("\r")[2]
