"""Creates machines: the checks and phases of docker-machine, in its order; the record stores the phase.

A creation that is interrupted (by an error, Ctrl-C or a killed process) leaves either nothing or a machine
that `ls` lists, `rm` removes, and `create --resume` or `provision` finishes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import Driver, PlannedResource, State, keep_nothing
from machsh.errors import (
    FOREIGN,
    InterruptedByUserError,
    MachineExistsError,
    MachshError,
    PreCreateError,
    UsageError,
)
from machsh.go.strconv import quote
from machsh.machine.contact.readiness import wait_for_state
from machsh.machine.context import MachineContext
from machsh.machine.create_request import (
    CreateRequest,
    change_endpoint_field,
    change_engine,
    check_discovery,
    new_record,
)
from machsh.machine.endpoint_change import change_endpoint, choose_endpoint
from machsh.machine.errors import prefixed, reason
from machsh.machine.machine import Machine
from machsh.machine.naming import check_name
from machsh.machine.records import phase
from machsh.machine.records.record import SSH_ENDPOINT, MachineRecord
from machsh.machine.records.store import Store
from machsh.options import Value
from machsh.record import WrongValueError

if TYPE_CHECKING:
    from machsh.machine.upkeep.provisioning import ProvisionResult

FAILED = "Error creating machine"
CLASSIC_SWARM = (
    "Classic swarm is kept in the record but no longer set up; swarm mode replaces it: docker swarm init"
)
# Modules that later phases import; `_check_packages` imports them before anything is made.
CERTIFICATE_MODULES = (
    "cryptography.x509",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "machsh.certs.authority",
    "machsh.certs.server_certificate",
)
ENGINE_MODULES = (
    "machsh.ssh.connection",
    "machsh.ssh.execution",
    "machsh.ssh.login",
    "machsh.engine.dial",
    "machsh.engine.tls",
    "machsh.machine.contact.engine_check",
    "machsh.machine.upkeep.provisioning",
    "machsh.provision.apply",
    "machsh.provision.facts",
)


def create(request: CreateRequest, context: MachineContext) -> Machine:
    """Create a machine. Raises MachshError that names the failed check or phase.

    Errors of the checks, before anything is made, are often RefusedError or UsageError or have their codes.
    """
    machine = _prepare(request, context)
    try:
        with _stored_under_lock(machine):
            finish(machine)
    finally:
        machine.close()
    return machine


def plan(request: CreateRequest, context: MachineContext) -> list[PlannedResource]:
    """Return what `create` would make, after the same checks, whose errors it raises."""
    machine = _prepare(request, context, is_plan=True)
    try:
        return machine.driver.plan()
    finally:
        machine.close()


def configured(request: CreateRequest, context: MachineContext) -> Machine:
    """Return the machine as it would be before its host is made; nothing is made, stored or contacted.

    Raises UsageError or RefusedError for what cannot be.
    """
    from machsh.machine.upkeep.provisioning import check_engine_options

    check_name(request.name)
    check_discovery(request)
    record = new_record(request, context.store)
    driver = _new_driver(record, request, context)
    choose_endpoint(record, driver, request.values, context.environment.endpoint)
    if driver.has(Capability.PROVISIONS):
        check_engine_options(record)
    driver.configure(request.values)
    _check_values(record, driver)
    return Machine(record, context, driver)


@contextmanager
def _stored_under_lock(machine: Machine) -> Iterator[None]:
    """Store the new machine under its name, and hold its lock until the block ends."""
    machine.record.machsh.phase = phase.HOST
    with ExitStack() as stack:
        try:
            creating = machine.context.store.creating(machine.up_to_date_record())
            machine.lock = stack.enter_context(creating)
        except MachineExistsError:
            raise
        except MachshError as error:
            raise prefixed("Error saving host to store before attempting creation", error) from error
        machine.was_stored()
        yield


def _prepare(request: CreateRequest, context: MachineContext, *, is_plan: bool = False) -> Machine:
    """Build the machine after all checks that docker-machine makes before it saves anything.

    For a plan no certificates are made.
    """
    check_name(request.name)
    check_discovery(request)
    record = new_record(request, context.store)
    driver = _new_driver(record, request, context)
    try:
        machine = _checked(record, driver, request, context)
        if not is_plan:
            _check_certificates(machine)
        _check_driver(driver, context)
        return machine
    except BaseException:
        driver.close()
        raise


def _checked(
    record: MachineRecord, driver: Driver, request: CreateRequest, context: MachineContext
) -> Machine:
    from machsh.machine.upkeep.provisioning import check_engine_options

    if context.store.exists(request.name):
        raise _name_taken(request.name, context.store)
    _check_packages(driver)
    choose_endpoint(record, driver, request.values, context.environment.endpoint)
    if driver.has(Capability.PROVISIONS):
        check_engine_options(record)
    try:
        driver.configure(request.values)
        _check_values(record, driver)
    except MachshError as error:
        raise prefixed("Error setting machine configuration from flags provided", error) from error
    if record.swarm.is_swarm:
        context.progress.warning(CLASSIC_SWARM)
    return Machine(record, context, driver)


def _check_certificates(machine: Machine) -> None:
    from machsh.machine.certificates import check_can_sign, ensure_client

    record = machine.record
    try:
        if record.machsh.endpoint != SSH_ENDPOINT:
            ensure_client(record, machine.context, is_new=True)
            if machine.driver.has(Capability.PROVISIONS):
                check_can_sign(record)
    except MachshError as error:
        raise prefixed("Error generating certificates", error) from error


def _name_taken(name: str, store: Store) -> MachineExistsError:
    """Return the error for a name that is taken; its hint knows an unfinished creation."""
    error = MachineExistsError(name)
    with suppress(MachshError):
        if store.load(name).machsh.phase != phase.DONE:
            error.hint = f"its creation is not finished: machsh create --resume {name}, or machsh rm {name}"
    return error


def _new_driver(record: MachineRecord, request: CreateRequest, context: MachineContext) -> Driver:
    from machsh.drivers.registry import find, make

    program = request.values.text("driver-program")
    kind = find(request.driver, context.catalog, program=program, ask=context.ask)
    record.driver_name, record.machsh.driver_program = kind.name, kind.program
    own = kind.record_type(machine_name=record.name, store_path=str(context.store.folder))
    return make(kind, own, context.driver_context(record))


def _check_packages(driver: Driver) -> None:
    """Import what later phases need: a missing package must not interrupt a creation."""
    from machsh.plugin.requirements import require

    modules = [*CERTIFICATE_MODULES, *driver.late_modules]
    if driver.has(Capability.PROVISIONS):
        from machsh.provision.provisioners import family_modules

        modules += [*ENGINE_MODULES, *family_modules()]
    require(modules, "create")


def _check_values(record: MachineRecord, driver: Driver) -> None:
    """Raise UsageError for values that would make the stored record unreadable."""
    try:
        record.check("Host")
        driver.record.check("Driver")
    except WrongValueError as error:
        raise UsageError(str(error)) from error


def _check_driver(driver: Driver, context: MachineContext) -> None:
    context.progress.step("Running pre-create checks...")
    try:
        driver.pre_create_check()
    except MachshError as error:
        if context.store.exists(driver.record.machine_name):
            # Another process created the machine meanwhile; the driver found that machine's host.
            raise MachineExistsError(driver.record.machine_name) from error
        raise PreCreateError(f"Error with pre-create check: {quote(str(error))}", hint=error.hint) from error


def provision(
    machine: Machine,
    *,
    dry_run: bool = False,
    changes: Mapping[str, Value] | None = None,
    takes_over: bool = False,
) -> ProvisionResult:
    """Set up the host as its record says, or finish an interrupted creation. A second run changes nothing.

    `takes_over` makes an adopted machine an ordinary one. `changes` are `--engine-*` options to set in the
    record first, and `endpoint`. They are saved once the host is set up; while finishing a creation, also if
    that fails. With `dry_run` nothing is changed.
    Raises UsageError for an invalid option, MachshError naming the step that failed.
    """
    from machsh.machine.upkeep import provisioning
    from machsh.machine.upkeep.provisioning import detect
    from machsh.machine.upkeep.take_over import check_can_take_over

    if dry_run:
        return provisioning.preview(machine, changes or {})
    if takes_over:
        check_can_take_over(machine)
        machine.record.machsh.adopted = False
    change_engine(machine.record, changes or {})
    provisioning.check_stored_options(machine.record)
    if machine.record.machsh.phase != phase.DONE:
        change_endpoint_field(machine.record, changes or {})
        finish(machine, again=True)
        return provisioning.ProvisionResult(machine.name, changes=("finish the creation",))
    if changes and "endpoint" in changes:
        return change_endpoint(machine, str(changes["endpoint"]))
    return provisioning.apply(machine, detect(machine))


def finish(machine: Machine, *, again: bool = False) -> None:
    """Continue a creation from the phase in the record. The caller holds the machine's lock.

    `again` resumes an interrupted creation: the driver keeps what it can of a host that is partly made.
    Raises MachshError naming the phase, or InterruptedByUserError. The record then keeps the phase that was
    reached, unless another process removed the machine meanwhile: then the host is destroyed.
    """
    try:
        _run_phases(machine, again)
    except BaseException as error:
        if machine.is_lost:
            raise _destroy_removed(machine) from error
        _try_save(machine)
        if isinstance(error, KeyboardInterrupt):
            raise InterruptedByUserError(
                f'Stopped while creating "{machine.name}"', hint=_remedy(machine)
            ) from error
        if isinstance(error, InterruptedByUserError):
            error.hint = _remedy(machine)  # the step's own says the same in other words
        elif isinstance(error, MachshError):
            from machsh.machine.creating.host_log import end_of_log

            error.hint = "\n".join(filter(None, (error.hint, end_of_log(machine, error), _remedy(machine))))
        raise


def _run_phases(machine: Machine, again: bool) -> None:
    if machine.record.machsh.phase == phase.HOST:
        _make_host(machine, again)
    elif again and machine.state() in (State.STOPPED, State.SAVED, State.PAUSED):
        machine.driver.start()
    if machine.record.machsh.phase == phase.ENGINE:
        _set_up_engine(machine)
        _save_phase(machine, phase.DONE)


def _destroy_removed(machine: Machine) -> MachshError:
    """Destroy the host of a machine that another process removed; return the error to raise."""
    name = machine.name
    removed = f'"{name}" was removed by another process while it was being created'
    try:
        machine.driver.remove()
    except FOREIGN as error:  # the driver may be a plugin
        return MachshError(
            f"{removed}, and its host could not be destroyed: {reason(error)}",
            hint=f"look for the host with the tools of the driver {machine.record.driver_name}",
        )
    finally:
        machine.context.store.clear_leftovers(name)
    return MachshError(removed, hint="what its creation had made is destroyed")


def _try_save(machine: Machine) -> None:
    """Save the record. A failed save is only a warning: the error that ended the creation matters more."""
    try:
        machine.save()
    except MachshError as error:
        machine.progress.warning(f"Error attempting to save store: {error}")


def _remedy(machine: Machine) -> str:
    name = machine.name
    return f"what was made is kept: `machsh create --resume {name}` goes on, `machsh rm {name}` removes it"


def _save_phase(machine: Machine, reached: str) -> None:
    machine.record.machsh.phase = reached
    try:
        machine.save()
    except MachshError as error:
        raise prefixed("Error saving host to store after attempting creation", error) from error


def _make_host(machine: Machine, again: bool) -> None:
    machine.progress.step("Creating machine...")
    with _reporting(f"{FAILED}: Error in driver during machine creation"):
        _create_host(machine, again)
    _save_phase(machine, phase.ENGINE if machine.driver.has(Capability.PROVISIONS) else phase.DONE)


def _create_host(machine: Machine, again: bool) -> None:
    from machsh.machine.upkeep.provisioning import first_boot_script

    driver = machine.driver
    driver.context.keep = machine.save
    if driver.has(Capability.PROVISIONS):
        driver.context.first_boot = partial(first_boot_script, machine)
    try:
        driver.resume_create() if again else driver.create()
    finally:
        driver.context.first_boot = None
        driver.context.keep = keep_nothing


def _set_up_engine(machine: Machine) -> None:
    from machsh.machine.contact.engine_check import check_patiently
    from machsh.machine.upkeep import provisioning
    from machsh.machine.upkeep.provisioning import detect

    progress = machine.progress
    progress.step("Waiting for machine to be running, this may take a few minutes...")
    with _reporting(f"{FAILED}: Error waiting for machine to be running"):
        wait_for_state(machine, State.RUNNING)
    progress.step("Detecting operating system of created instance...")
    with _reporting(f"{FAILED}: Error detecting OS"):
        host = detect(machine)
    progress.step(f"Provisioning with {host.provisioner.name}...")
    with _reporting(f"{FAILED}: Error running provisioning"):
        provisioning.apply(machine, host)
    progress.step("Checking connection to Docker...")
    with _reporting(f"{FAILED}: Error checking the host"):
        check_patiently(machine)
    progress.info("Docker is up and running!")


@contextmanager
def _reporting(prefix: str) -> Iterator[None]:
    """Prefix errors with the phase. Exit codes are dropped: they are for failures before anything is made."""
    try:
        yield
    except InterruptedByUserError:
        raise
    except MachshError as error:
        raise MachshError(f"{prefix}: {error}", hint=error.hint) from error
