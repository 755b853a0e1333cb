"""Making a machine: docker-machine's checks and phases in its order, each phase kept in the record.

Whatever ends a creation half-way (a failure, Ctrl-C, a killed process) leaves either nothing or a machine
that is listed, can be removed, and is finished by `provision`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from machsh.drivers.driver import Driver, State
from machsh.errors import InterruptedByUserError, MachineExistsError, MachshError, PreCreateError
from machsh.machine import phase
from machsh.machine.errors import prefixed
from machsh.machine.machine import Machine
from machsh.machine.name import check_name
from machsh.machine.quoting import go_quote
from machsh.machine.record import MachineRecord
from machsh.machine.surroundings import Surroundings
from machsh.machine.waiting import wait_for_state
from machsh.machine.wish import CreateWish, check_discovery, new_record

FAILED = "Error creating machine"
CLASSIC_SWARM = (
    "Classic swarm is kept in the record but no longer set up; swarm mode replaces it: docker swarm init"
)
BARE_DRIVERS = ("none", "ci-test")
"""Their machines get no engine from us."""


def create(wish: CreateWish, surroundings: Surroundings) -> Machine:
    """Make a machine. Raises RefusedError before anything is made, MachshError naming the phase after."""
    machine = _prepare(wish, surroundings)
    store = surroundings.store
    store.reserve(machine.name)
    try:
        with store.lock(machine.name):
            _save_first(machine)
            finish(machine)
    except BaseException:
        if not store.config_path(machine.name).exists():  # a name without a record helps nobody
            with suppress(MachshError):
                store.remove(machine.name)
        raise
    return machine


def _prepare(wish: CreateWish, surroundings: Surroundings) -> Machine:
    """Every check that docker-machine makes before it saves anything."""
    from machsh.machine.certificates import ensure_client

    check_name(wish.name)
    check_discovery(wish)
    record = new_record(wish, surroundings.store)
    driver = _new_driver(record, surroundings)
    if surroundings.store.exists(wish.name):
        raise MachineExistsError(wish.name)
    try:
        driver.configure(wish.values)
    except MachshError as error:
        raise prefixed("Error setting machine configuration from flags provided", error) from error
    try:
        ensure_client(record, surroundings)
    except MachshError as error:
        raise prefixed("Error generating certificates", error) from error
    if record.swarm.is_swarm:
        surroundings.progress.warning(CLASSIC_SWARM)
    _check_driver(driver, surroundings)
    return Machine(record, surroundings, driver)


def _new_driver(record: MachineRecord, surroundings: Surroundings) -> Driver:
    from machsh.drivers.registry import find

    kind = find(record.driver_name, surroundings.catalog)
    own = kind.record_type(machine_name=record.name, store_path=str(surroundings.store.folder))
    return kind(own, surroundings.driver_context(record))


def _check_driver(driver: Driver, surroundings: Surroundings) -> None:
    surroundings.progress.step("Running pre-create checks...")
    try:
        driver.pre_create_check()
    except MachshError as error:
        if surroundings.store.exists(driver.record.machine_name):
            # Another process was first; what the driver found in the way is that machine's host.
            raise MachineExistsError(driver.record.machine_name) from error
        raise PreCreateError(
            f"Error with pre-create check: {go_quote(str(error))}", hint=error.hint
        ) from error


def _save_first(machine: Machine) -> None:
    machine.record.machsh.phase = phase.HOST
    try:
        machine.save()
    except MachshError as error:
        raise prefixed("Error saving host to store before attempting creation", error) from error


def finish(machine: Machine, *, again: bool = False) -> None:
    """Go on where the record's phase says; the machine is locked by the caller.

    `again` is for a creation that ended half-way: a host that was begun is cleared away and made anew.
    Raises MachshError naming the phase, or InterruptedByUserError; the machine then stays as far as it came.
    """
    try:
        if machine.record.machsh.phase == phase.HOST:
            _make_host(machine, again)
        elif again and machine.state() is State.STOPPED:
            machine.driver.start()
        if machine.record.machsh.phase == phase.ENGINE:
            _set_up_engine(machine)
            _reach(machine, phase.DONE)
    except KeyboardInterrupt as error:
        _keep(machine)
        raise InterruptedByUserError(
            f'Stopped while creating "{machine.name}"', hint=_remedy(machine)
        ) from error
    except MachshError as error:
        _keep(machine)
        error.hint = "\n".join(filter(None, (error.hint, _remedy(machine))))
        raise
    except BaseException:
        _keep(machine)
        raise


def _keep(machine: Machine) -> None:
    """Save how far it came; what ended the creation is more important than a save that fails too."""
    try:
        machine.save()
    except MachshError as error:
        machine.progress.warning(f"Error attempting to save store: {error}")


def _remedy(machine: Machine) -> str:
    name = machine.name
    return f"what was made is kept: `machsh provision {name}` goes on, `machsh rm {name}` removes it"


def _reach(machine: Machine, reached: str) -> None:
    machine.record.machsh.phase = reached
    try:
        machine.save()
    except MachshError as error:
        raise prefixed("Error saving host to store after attempting creation", error) from error


def _make_host(machine: Machine, again: bool) -> None:
    machine.progress.step("Creating machine...")
    with _telling(f"{FAILED}: Error in driver during machine creation"):
        if again:
            machine.driver.remove()
        machine.driver.create()
    has_engine = machine.driver.provisions and machine.driver.name not in BARE_DRIVERS
    _reach(machine, phase.ENGINE if has_engine else phase.DONE)


def _set_up_engine(machine: Machine) -> None:
    from machsh.machine import provisioning
    from machsh.machine.checking import check_patiently
    from machsh.machine.rounds import look

    say = machine.progress
    say.step("Waiting for machine to be running, this may take a few minutes...")
    with _telling(f"{FAILED}: Error waiting for machine to be running"):
        wait_for_state(machine, State.RUNNING)
    say.step("Detecting operating system of created instance...")
    with _telling(f"{FAILED}: Error detecting OS"):
        host = look(machine)
    say.step(f"Provisioning with {host.provisioner.name}...")
    with _telling(f"{FAILED}: Error running provisioning"):
        provisioning.apply(machine, host)
    say.step("Checking connection to Docker...")
    with _telling(f"{FAILED}: Error checking the host"):
        check_patiently(machine)
    say.info("Docker is up and running!")


@contextmanager
def _telling(prefix: str) -> Iterator[None]:
    """Name the phase. Whatever code an error has, something was made already."""
    try:
        yield
    except InterruptedByUserError:
        raise
    except MachshError as error:
        raise MachshError(f"{prefix}: {error}", hint=error.hint) from error
