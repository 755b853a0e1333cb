"""Starting a child program, its exit code, its time limit, and Ctrl-C while it runs."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence

from machsh.errors import MachshError

SIGNALLED = 128
"""A child that a signal n killed counts as 128 + n, as in every shell."""

_GRACE = 5.0
"""Seconds between asking a child to end and killing it, once its time is up."""


def start(argv: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
    """Start a program. Raises MachshError when it is missing or may not be executed."""
    try:
        return subprocess.Popen(list(argv), **options)  # type: ignore[call-overload, no-any-return]
    except FileNotFoundError as error:
        raise MachshError(f"{argv[0]}: command not found", hint="is it installed?", code=127) from error
    except OSError as error:
        text = (error.strerror or str(error)).lower()
        raise MachshError(f"{argv[0]}: {text}", code=126) from error


def exit_code(returncode: int) -> int:
    """The code as shells count it: 128 + n for a child that signal n killed."""
    return SIGNALLED - returncode if returncode < 0 else returncode


@contextlib.contextmanager
def quiet_interrupt() -> Iterator[None]:
    """Leave Ctrl-C to the child: an empty handler of ours while it runs."""
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
    """Ask for the end after `seconds`, kill a few seconds later; None sets no limit."""
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
