"""Waiting for a machine's ssh to come up."""

from __future__ import annotations

import time

from machsh.deadline import Deadline
from machsh.errors import DeadlineError
from machsh.progress import Ask, Progress
from machsh.ssh.connection import Connection
from machsh.ssh.errors import KeyRefusedError, UnreachableError
from machsh.ssh.target import Target

TRY_SECONDS = 10.0
PAUSE_SECONDS = 0.3


def wait_for_ssh(target: Target, ask: Ask, deadline: Deadline, progress: Progress) -> Connection:
    """Log in as soon as the machine lets us; the open connection.

    A key that is refused may be put there later in the boot, so that is waited for too.
    Raises DeadlineError with the last reason; a changed host key or a wrong passphrase ends it at once.
    """
    connection = Connection(target, ask=ask, seconds=TRY_SECONDS)
    said = ""
    while True:
        connection.seconds = max(0.1, min(TRY_SECONDS, deadline.remaining))
        try:
            connection.connect()
        except (UnreachableError, KeyRefusedError) as error:
            if str(error) != said:
                said = str(error)
                progress.debug(said)
            if deadline.has_passed:
                raise _gave_up(target, deadline, error) from error
            time.sleep(min(PAUSE_SECONDS, deadline.remaining))
        else:
            connection.seconds = max(TRY_SECONDS, deadline.seconds)
            return connection


def _gave_up(target: Target, deadline: Deadline, error: UnreachableError | KeyRefusedError) -> DeadlineError:
    return DeadlineError(
        f"waiting for SSH on {target}: not available within {deadline.seconds:g} s. Last error: {error}",
        hint=error.hint,
    )
