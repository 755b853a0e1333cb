"""Plans and runs the renewal of certificates: which engines restart, and which containers that stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from machsh.certs.authority_paths import AuthorityPaths
from machsh.drivers.driver import State
from machsh.engine.dial import ByteStream, dialer
from machsh.engine.endpoint import LOCAL_SOCKET
from machsh.engine.running_containers import stopped_by_restart
from machsh.errors import DeadlineError, MachshError, RefusedError
from machsh.files import locked
from machsh.machine.certificates import authority_paths, check_no_rotation, refresh_copies
from machsh.machine.contact.engine_check import check_patiently
from machsh.machine.context import MachineContext
from machsh.machine.errors import prefixed
from machsh.machine.machine import Machine
from machsh.machine.parallel import run_all
from machsh.machine.records.store import Store
from machsh.machine.renewal.authority_rotation import leaves_out
from machsh.machine.upkeep.provisioning import apply, detect

ASK_SECONDS = 15.0
"""How long machines may take to say whether they run, and engines what a restart would stop."""
ANSWER_SECONDS = 4.0
LOCK_SECONDS = 0.5
SOCKET = LOCAL_SOCKET.removeprefix("unix://")


@dataclass(frozen=True, slots=True)
class EngineRestart:
    """A machine whose engine restarts to take new certificates, and what that stops."""

    name: str
    stops: tuple[str, ...] | None = ()
    """The containers that stop: all that run, or none with live-restore. None if the engine does not tell."""


@dataclass(frozen=True, slots=True)
class RenewalPlan:
    """What a renewal will do."""

    restarts: tuple[EngineRestart, ...] = ()
    waiting: tuple[tuple[str, str], ...] = ()
    """Name and state of each machine that would be renewed but does not run."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Name of each machine that machsh cannot renew, and why."""

    @property
    def names(self) -> list[str]:
        """The machines that get new certificates."""
        return [one.name for one in self.restarts]


@contextmanager
def renewing(store: Store) -> Iterator[None]:
    """Keep other processes from renewing certificates of this store. Raises RefusedError if one does."""
    with suppress(DeadlineError), locked(store.certs_folder / ".renewal.lock", LOCK_SECONDS):
        yield
        return
    raise RefusedError("Another machsh renews certificates of this store", hint="wait until it has ended")


def plan_renewal(machines: Sequence[Machine], paths: AuthorityPaths | None = None) -> RenewalPlan:
    """Ask the machines, and return what renewing their certificates means.

    `paths` are the authority's that is to be renewed, too; without them each machine keeps its own.
    """
    reasons = [
        (machine, leaves_out(machine, paths or authority_paths(machine.record))) for machine in machines
    ]
    chosen = [machine for machine, why in reasons if not why]
    asked = run_all([partial(_ask, machine) for machine in chosen], ASK_SECONDS)
    answers = [one.value or (State.TIMEOUT, None) for one in asked]
    states = [(machine.name, *answer) for machine, answer in zip(chosen, answers, strict=True)]
    return RenewalPlan(
        tuple(EngineRestart(name, stops) for name, state, stops in states if state is State.RUNNING),
        tuple(
            (name, state.value.lower() or "unknown")
            for name, state, _ in states
            if state is not State.RUNNING
        ),
        tuple((machine.name, why) for machine, why in reasons if why),
    )


def _ask(machine: Machine) -> tuple[State, tuple[str, ...] | None]:
    """Return the machine's state, and what a restart of its engine stops (None if it does not tell)."""
    state = machine.state()
    if state is not State.RUNNING:
        return state, ()
    dials: tuple[Callable[[float], ByteStream], ...] = (
        lambda seconds: dialer(machine.endpoint(), machine.tls_paths)(seconds),
        lambda seconds: machine.runner().open_unix(SOCKET),  # TLS fails when a certificate has expired
    )
    for dial in dials:
        with suppress(MachshError, OSError):
            return state, stopped_by_restart(dial, ANSWER_SECONDS)
    return state, None


def renew_store_client(machines: Sequence[Machine], context: MachineContext) -> None:
    """Renew the store's client pair, and refresh its copies. Raises MachshError, RefusedError."""
    from machsh.certs.authority import like_authority, renew_authority

    paths = AuthorityPaths.in_folder(context.store.certs_folder)
    check_no_rotation(paths)
    environment = context.environment
    renew_authority(paths, like_authority(paths), environment.user, context.progress, now=environment.now)
    refresh_copies(machines, paths)


def renew_server(machine: Machine) -> None:
    """Give the engine a new certificate, and check that it and the client accept each other."""
    try:
        apply(machine, detect(machine), renew=True)
        check_patiently(machine)
    except MachshError as error:
        raise prefixed(machine.name, error) from error
