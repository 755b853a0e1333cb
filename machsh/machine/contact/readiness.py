"""Waits for a machine's state, ssh and engine, within the user's limit and with docker-machine's errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from machsh.deadline import Deadline, poll
from machsh.drivers.driver import State
from machsh.errors import DeadlineError, MachshError, UsageError
from machsh.machine.errors import NoSshError
from machsh.machine.machine import Machine

PAUSE = 3.0
"""docker-machine's pause between two tries, in seconds; from it we derive the count in its messages."""
ASK_AGAIN_SECONDS = 0.3
ENGINE_SECONDS = 90.0
"""An engine of an emulated guest takes its time."""
REFUSED_SECONDS = 20.0
"""A booting host may refuse a key for this long, until its first-boot program has installed it."""


def tries(seconds: float) -> str:
    """Return docker-machine's message for a wait that timed out after `seconds`."""
    return f"Maximum number of retries ({max(1, round(seconds / PAUSE))}) exceeded"


def wait_for_state(machine: Machine, wanted: State) -> None:
    """Poll the driver until the machine is in this state. Raises DeadlineError."""
    last = State.NONE

    def is_there() -> bool:
        nonlocal last
        last = machine.state()
        return last is wanted

    if not _poll(machine, is_there, Deadline.after(machine.seconds)):
        raise DeadlineError(
            tries(machine.seconds),
            hint=f'"{machine.name}" is {last.value or "in no known state"} after {machine.seconds:g} s'
            f"{_where(machine)}; give it more time with --timeout SECONDS",
        )


def _where(machine: Machine) -> str:
    """Return a hint with the ssh address, which the user may have given wrongly."""
    try:
        target = machine.driver.ssh_target()
    except MachshError:
        return ""
    return f"; its ssh should answer at {target.host} port {target.port}" if target else ""


def wait_for_ssh(machine: Machine) -> None:
    """Retry until a command runs over ssh. Raises DeadlineError.

    Errors that a retry cannot fix (a changed host key, a wrong passphrase, no ssh) are raised immediately,
    a refused key after REFUSED_SECONDS.
    """
    machine.progress.info("Waiting for SSH to be available...")
    deadline = Deadline.after(machine.seconds)
    refusals = Deadline.after(min(REFUSED_SECONDS, machine.seconds))
    last: MachshError | None = None

    def answers() -> bool:
        nonlocal last
        last = _attempt(lambda: machine.runner().run(["true"], seconds=max(1.0, deadline.remaining)))
        if last is None:
            return True
        if _is_final(last) or (_is_refusal(last) and refusals.has_passed):
            raise last
        machine.progress.debug(f"ssh is not ready: {last}")
        return False

    if not _poll(machine, answers, deadline):
        raise DeadlineError(
            f"Too many retries waiting for SSH to be available.  Last error: {tries(machine.seconds)}",
            hint=f"the last try said: {last}; give it more time with --timeout SECONDS",
        ) from last


def _is_final(error: MachshError) -> bool:
    """Whether a retry cannot fix this error."""
    from machsh.ssh.errors import AnswerTooLongError, HostKeyChangedError, KeyFileError, PassphraseError

    # UsageError: the key has a passphrase, and there is no terminal to ask for it.
    of_ssh = AnswerTooLongError | HostKeyChangedError | KeyFileError | PassphraseError
    return isinstance(error, of_ssh | NoSshError | UsageError)


def _is_refusal(error: MachshError) -> bool:
    from machsh.ssh.errors import KeyRefusedError

    return isinstance(error, KeyRefusedError)


def wait_for_engine(machine: Machine) -> None:
    """Wait until the engine listens, or answers over ssh. Raises DeadlineError."""
    reach = _reach(machine)
    if reach is None:
        return
    seconds = min(ENGINE_SECONDS, machine.seconds)
    deadline = Deadline.after(seconds)
    last: MachshError | None = None

    def listens() -> bool:
        nonlocal last
        last = _attempt(lambda: reach(max(0.5, deadline.remaining)))
        return last is None

    if not _poll(machine, listens, deadline):
        raise DeadlineError(
            f"Unable to verify the Docker daemon is listening: {tries(seconds)}",
            hint=f"{last}; look at its log: machsh ssh {machine.name} sudo journalctl -u docker",
        ) from last


def _reach(machine: Machine) -> Callable[[float], object] | None:
    """Return the call, with a limit in seconds, that fails until the engine is there; None if none can."""
    if machine.is_over_ssh:
        from machsh.machine.contact.engine_dial import ping

        return partial(ping, machine)
    from machsh.engine import tls_check

    url = machine.known_url()
    if not url.startswith("tcp://"):
        return None
    address = machine.endpoint_at(url).address
    is_forwarded = machine.driver.listening_port() != address[1]
    return partial(tls_check.answer if is_forwarded else _dial, address)


def _dial(address: tuple[str, int], seconds: float) -> None:
    from machsh.engine.dial import dial_tcp

    dial_tcp(address, seconds).close()


def _poll(machine: Machine, done: Callable[[], bool], deadline: Deadline) -> bool:
    """Poll, but raise MachineNotFoundError as soon as another process has removed the machine."""

    def done_or_lost() -> bool:
        machine.check_not_lost()
        return done()

    return poll(done_or_lost, deadline, pause=ASK_AGAIN_SECONDS)


def _attempt(action: Callable[[], object]) -> MachshError | None:
    try:
        action()
    except MachshError as error:
        return error
    return None
