"""Runs a program of this computer to its end and returns what it printed, within limits of time and size."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from machsh.deadline import Deadline
from machsh.errors import DeadlineError, MachshError
from machsh.process.child import exit_code, start

LARGEST = 8 << 20
"""Default limit for each of the two streams, in bytes."""
_CHUNK = 1 << 16
_LAST_WORDS_SECONDS = 0.5
"""How long to read on after the program has ended: a daemon that it started may hold its streams open."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What a program returned and printed; bytes that are no UTF-8 become U+FFFD."""

    code: int
    """128 + n for signal n."""
    stdout: str
    stderr: str


def capture(
    argv: Sequence[str],
    variables: Mapping[str, str],
    seconds: float,
    *,
    stdin: Iterable[bytes] = (),
    largest: int = LARGEST,
) -> Captured:
    """Run a program and return its output; `stdin` is fed to it piece by piece, as fast as it reads.

    Raises DeadlineError if it does not end within `seconds` (it is killed), and MachshError if it cannot be
    started (code 126 or 127) or prints more than `largest` bytes.
    """
    child = start(
        argv,
        env=dict(variables),
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    readers = [_StreamReader(child, stream, largest) for stream in (child.stdout, child.stderr) if stream]
    try:
        deadline = Deadline.after(seconds)
        if child.stdin:
            _feed(child.stdin, stdin, deadline)
        code = child.wait(deadline.remaining)
    except subprocess.TimeoutExpired as error:
        raise DeadlineError(
            f"{argv[0]}: no answer within {seconds:g} s", hint="does it hang? try it by hand"
        ) from error
    finally:
        _end(child)
    texts = [reader.text(argv[0]) for reader in readers]
    return Captured(exit_code(code), texts[0], texts[1])


class _StreamReader:
    """Collects one stream in a thread; kills the program when it prints too much."""

    def __init__(self, child: subprocess.Popen[bytes], stream: IO[bytes], largest: int) -> None:
        self._child, self._stream, self._largest = child, stream, largest
        self._content = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True, name="machsh-capture")
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while piece := self._stream.read1(_CHUNK):  # type: ignore[attr-defined]
                self._content += piece
                if len(self._content) > self._largest:
                    self._child.kill()
                    return

    def text(self, program: str) -> str:
        """Return what was printed. Raises MachshError if it was too much."""
        self._thread.join(_LAST_WORDS_SECONDS)
        if len(self._content) > self._largest:
            raise MachshError(f"{program}: printed more than {self._largest:,} bytes")
        return bytes(self._content).decode("utf-8", "replace").replace("\r\n", "\n")


def _feed(pipe: IO[bytes], pieces: Iterable[bytes], deadline: Deadline) -> None:
    """Write the pieces in a thread until all are written, the program is gone, or the deadline passes."""
    failures: list[BaseException] = []

    def write() -> None:
        try:
            # A program that ends without reading everything says why by its exit code.
            with contextlib.suppress(OSError, ValueError):
                for piece in pieces:
                    pipe.write(piece)
        except BaseException as error:  # the source's own failure is raised in the waiting thread
            failures.append(error)
        finally:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()

    thread = threading.Thread(target=write, daemon=True, name="machsh-input")
    thread.start()
    thread.join(deadline.remaining)
    if failures:
        raise failures[0]


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_LAST_WORDS_SECONDS)
