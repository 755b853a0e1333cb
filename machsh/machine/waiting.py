"""Waiting for a machine: every wait has the user's limit and docker-machine's words when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable

from machsh.deadline import Deadline
from machsh.drivers.driver import State
from machsh.errors import DeadlineError, MachshError, UsageError
from machsh.machine.errors import NoSshError
from machsh.machine.machine import Machine

PAUSE = 3.0
"""docker-machine's pause between two tries; its texts count in them."""
ENGINE_SECONDS = 30.0
REFUSED_SECONDS = 20.0
"""A booting host may refuse a key until its first-boot program has put it there."""


def tries(seconds: float) -> str:
    """The end of a wait in docker-machine's words."""
    return f"Maximum number of retries ({max(1, round(seconds / PAUSE))}) exceeded"


def wait_for_state(machine: Machine, wanted: State) -> None:
    """Ask the driver until it says so. Raises DeadlineError."""
    deadline = Deadline.after(machine.seconds)
    last = State.NONE
    while (last := machine.state()) is not wanted:
        if deadline.has_passed:
            raise DeadlineError(
                tries(machine.seconds),
                hint=f'"{machine.name}" is {last.value or "in no known state"} after {machine.seconds:g} s'
                f"{_where(machine)}; give it more time with --timeout SECONDS",
            )
        _pause(deadline)


def _where(machine: Machine) -> str:
    """Where it was looked for: an address that the user gave may be a wrong one."""
    try:
        target = machine.driver.ssh_target()
    except MachshError:
        return ""
    return f"; its ssh should answer at {target.host} port {target.port}" if target else ""


def wait_for_ssh(machine: Machine) -> None:
    """Try ssh until a command runs there.

    Raises DeadlineError; a changed host key, a wrong passphrase or no ssh at all is raised at once.
    """
    machine.progress.info("Waiting for SSH to be available...")
    deadline = Deadline.after(machine.seconds)
    refusals = Deadline.after(min(REFUSED_SECONDS, machine.seconds))
    while True:
        error = _attempt(lambda: machine.runner().run(["true"], seconds=max(1.0, deadline.remaining)))
        if error is None:
            return
        if _is_final(error) or (_is_refusal(error) and refusals.has_passed):
            raise error
        if deadline.has_passed:
            raise DeadlineError(
                f"Too many retries waiting for SSH to be available.  Last error: {tries(machine.seconds)}",
                hint=f"the last try said: {error}; give it more time with --timeout SECONDS",
            ) from error
        machine.progress.debug(f"ssh is not ready: {error}")
        _pause(deadline)


def _is_final(error: MachshError) -> bool:
    """Whether trying again cannot help."""
    from machsh.ssh.errors import HostKeyChangedError, PassphraseError

    # A usage error: the key has a passphrase, and nobody can be asked for it.
    return isinstance(error, HostKeyChangedError | PassphraseError | NoSshError | UsageError)


def _is_refusal(error: MachshError) -> bool:
    from machsh.ssh.errors import KeyRefusedError

    return isinstance(error, KeyRefusedError)


def wait_for_engine(machine: Machine) -> None:
    """Wait until something listens where the engine should. Raises DeadlineError."""
    from machsh.engine.dial import dial_tcp

    url = machine.driver.known_url()
    if not url.startswith("tcp://"):
        return
    address = machine.endpoint_at(url).address
    seconds = min(ENGINE_SECONDS, machine.seconds)
    deadline = Deadline.after(seconds)
    while error := _attempt(lambda: dial_tcp(address, max(0.5, deadline.remaining)).close()):
        if deadline.has_passed:
            raise DeadlineError(
                f"Unable to verify the Docker daemon is listening: {tries(seconds)}",
                hint=f"{error}; look at its log: machsh ssh {machine.name} sudo journalctl -u docker",
            ) from error
        _pause(deadline)


def _attempt(action: Callable[[], object]) -> MachshError | None:
    try:
        action()
    except MachshError as error:
        return error
    return None


def _pause(deadline: Deadline) -> None:
    time.sleep(min(0.3, deadline.remaining))
