"""How a machine's engine is reached: the choice when it is made, and a later change on the running host."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import Driver
from machsh.engine.address import SSH, TLS
from machsh.errors import InterruptedByUserError, MachshError, RefusedError, UsageError
from machsh.machine.create_request import endpoint_field
from machsh.machine.machine import Machine
from machsh.machine.records.record import SSH_ENDPOINT, MachineRecord
from machsh.options import Values

if TYPE_CHECKING:
    from machsh.machine.upkeep.provisioning import ProvisionResult

CERTIFICATES = ("server.pem", "server-key.pem", "ca.pem", "cert.pem", "key.pem")
"""The files of TLS in a machine's folder: the engine's pair, and copies of the client's."""


def choose_endpoint(record: MachineRecord, driver: Driver, values: Values, default: str) -> None:
    """Set the endpoint of a new machine in its record: the option's, else the driver's, else `default`.

    Raises UsageError for one that the machine cannot have.
    """
    asked = values.text("endpoint") or driver.wanted_endpoint(values)
    if driver.has(Capability.PROVISIONS):
        default = SSH if driver.has(Capability.NO_PORT) else default
        record.machsh.endpoint = endpoint_field(asked or default)
        driver.context.opens_engine_port = record.machsh.endpoint != SSH_ENDPOINT
    elif asked == SSH:
        raise UsageError(
            f"The driver {driver.name} sets up no engine, and none for ssh",
            hint="give the engine's address: --url ssh://USER@HOST",
        )
    check_possible(record, driver)


def check_possible(record: MachineRecord, driver: Driver) -> None:
    """Raise UsageError for an endpoint that the machine cannot have."""
    is_over_ssh = record.machsh.endpoint == SSH_ENDPOINT
    if is_over_ssh and record.swarm.is_swarm:
        raise UsageError("Classic swarm needs a port of the engine", hint="leave --endpoint ssh out")
    if not is_over_ssh and driver.has(Capability.NO_PORT) and driver.has(Capability.PROVISIONS):
        raise UsageError(
            f"The hosts of the driver {driver.name} open no port for the engine", hint="use --endpoint ssh"
        )


def change_endpoint(machine: Machine, wanted: str) -> ProvisionResult:
    """Make the engine of a running machine reachable over `ssh` or `tls`, and check that it is.

    If that fails, the former endpoint is set up again. The caller holds the machine's lock, and saves the
    record. Raises UsageError or RefusedError for an endpoint that the machine cannot have, MachshError.
    """
    from machsh.machine.contact import engine_check
    from machsh.machine.upkeep import provisioning

    former = machine.record.machsh.endpoint
    if endpoint_field(wanted) == former:
        return provisioning.apply(machine, provisioning.detect(machine))
    _check_provisions(machine)
    try:
        _set(machine, endpoint_field(wanted))
        check_possible(machine.record, machine.driver)
        if wanted == TLS:
            machine.driver.open_engine_port()
        host = provisioning.detect(machine)
    except BaseException:
        _set(machine, former)
        raise
    machine.progress.step(f'Making the engine of "{machine.name}" reachable over {wanted}...')
    try:
        done = provisioning.apply(machine, host)
        engine_check.check_patiently(machine)
    except MachshError as error:
        _put_back(machine, former, error)
        raise
    if machine.is_over_ssh:
        _forget_certificates(machine)
    return done


def _check_provisions(machine: Machine) -> None:
    if not machine.driver.has(Capability.PROVISIONS):
        raise RefusedError(
            f'The engine of "{machine.name}" is not set up by machsh',
            hint=f"its address was given by the user: machsh url {machine.name}",
        )


def _set(machine: Machine, endpoint: str) -> None:
    machine.record.machsh.endpoint = endpoint
    machine.driver.context.opens_engine_port = endpoint != SSH_ENDPOINT


def _put_back(machine: Machine, former: str, error: MachshError) -> None:
    """Set up the former endpoint again, and add to the error's hint how that went."""
    from machsh.machine.upkeep import provisioning

    _set(machine, former)
    remedy = f"the former endpoint comes back with: machsh provision {machine.name}"
    if not isinstance(error, InterruptedByUserError):
        machine.progress.info("That failed: setting up the former endpoint again...")
        with suppress(MachshError):
            provisioning.apply(machine, provisioning.detect(machine))
            remedy = f'"{machine.name}" is reached as before'
    error.hint = "\n".join(filter(None, (error.hint, remedy)))


def _forget_certificates(machine: Machine) -> None:
    """Delete the files of TLS in the machine's folder, which nothing needs any more."""
    login_key = Path(machine.driver.record.ssh_key_path)
    for path in (machine.folder / name for name in CERTIFICATES):
        if path != login_key:
            with suppress(OSError):
                path.unlink(missing_ok=True)
