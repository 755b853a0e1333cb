"""Start child programs, convert their exit codes, limit their run time and leave Ctrl-C to them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence

from machsh.errors import MachshError

SIGNALLED = 128
"""Exit code of a child killed by signal n, less n; the convention of every shell."""

_GRACE = 5.0
"""Seconds that a child gets to end after its time limit, before it is killed."""


def start(argv: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
    """Start a program; `options` are those of `subprocess.Popen`.

    Raises MachshError with code 127 for a missing program, and 126 for any other failure to start it.
    """
    try:
        return subprocess.Popen(list(argv), **options)  # type: ignore[call-overload, no-any-return]
    except FileNotFoundError as error:
        raise MachshError(f"{argv[0]}: command not found", hint="is it installed?", code=127) from error
    except OSError as error:
        text = (error.strerror or str(error)).lower()
        raise MachshError(f"{argv[0]}: {text}", code=126) from error


def exit_code(returncode: int) -> int:
    """Convert a `Popen` return code to the shell's exit code: 128 + n for a child killed by signal n."""
    return SIGNALLED - returncode if returncode < 0 else returncode


@contextlib.contextmanager
def quiet_interrupt() -> Iterator[None]:
    """Leave Ctrl-C to the child: here an empty handler takes SIGINT. Does nothing in other threads."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


@contextlib.contextmanager
def time_limit(seconds: float | None, end: Callable[[], None], kill: Callable[[], None]) -> Iterator[None]:
    """Call `end` after `seconds`, and `kill` a grace period later; None sets no limit."""
    if seconds is None:
        yield
        return
    timers = [threading.Timer(seconds, end), threading.Timer(seconds + _GRACE, kill)]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
