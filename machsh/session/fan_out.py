"""Runs one line on many machines in parallel."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import TextIO

from machsh.environment import Environment
from machsh.errors import ExitCode
from machsh.output.marked_lines import MarkedLines
from machsh.output.messages import note
from machsh.process.group import Children, Spawn
from machsh.session.fan_out_options import FanOutOptions
from machsh.session.fan_out_output import GroupedAnswers
from machsh.session.streams import close, pipe, with_streams

_WAIT_SECONDS = 0.5
LONGEST_LINE = 1 << 20
"""Longer lines are printed in pieces, each at least this many bytes, to bound memory."""

RunOn = Callable[[str, Environment, Spawn], int]
"""Runs the line for one machine on the given streams. Prints MachshErrors there instead of raising them."""


class FanOut:
    """Runs one line on several machines and prints what they answer."""

    def __init__(
        self,
        names: Sequence[str],
        run_on: RunOn,
        environment: Environment,
        options: FanOutOptions,
    ) -> None:
        self._names = names
        self._run_on = run_on
        self._environment = environment
        self._options = options
        kind = GroupedAnswers if options.groups_answers else MarkedLines
        self._output: GroupedAnswers | MarkedLines = kind(names, environment)
        self._children = Children()
        self._codes: dict[str, int] = {}
        self._guard = threading.Lock()
        self._write_error: OSError | None = None

    def run(self) -> int:
        """Run on the machines; return the highest exit code. Prints a summary of failures at the end.

        Ctrl-C stops all and returns 130. Raises OSError if the output cannot be written.
        """
        waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        for name in self._names:
            waiting.put(name)
        count = min(self._options.at_once, len(self._names))
        threads = [
            threading.Thread(target=self._work, args=(waiting,), name="machsh-fan-out", daemon=True)
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
        self._output.finish(self._codes)
        self._sum_up()
        return max(self._codes.values(), default=0)

    def _work(self, waiting: queue.SimpleQueue[str]) -> None:
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            if self._options.stops_at_failure and self._has_failure():
                return
            try:
                code = self._run_one(name)
            except BrokenPipeError:
                code = 0
            with self._guard:
                self._codes[name] = code

    def _has_failure(self) -> bool:
        with self._guard:
            return any(self._codes.values())

    def _run_one(self, name: str) -> int:
        outer = self._environment
        readers: list[threading.Thread] = []
        writers: list[TextIO] = []
        for stream in (outer.stdout, outer.stderr):
            reading, writing = pipe()
            writers.append(writing)
            copied = (reading, stream, name)
            readers.append(threading.Thread(target=self._copy, args=copied, daemon=True, name="machsh-copy"))
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

    def _copy(self, reading: TextIO, stream: TextIO, name: str) -> None:
        rest = b""
        descriptor = reading.fileno()
        try:
            while piece := os.read(descriptor, 1 << 16):
                *lines, rest = (rest + piece).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    lines, rest = [*lines, rest], b""
                if lines:
                    self._output.put(name, stream, lines)
            if rest:
                self._output.put(name, stream, [rest])
        except OSError as error:
            # The reader is gone or the disk is full. Closing our end stops the command; `run` raises this.
            self._write_error = error
        finally:
            close(reading)

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
        left = [name for name in self._names if name not in codes]
        if left:
            note(self._environment, f"not run on {', '.join(left)}")
