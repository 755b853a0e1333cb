"""Provisions hosts: detects the operating system, plans the steps to what the record says, applies them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import MachineNotRunningError, MachshError, RefusedError, UsageError
from machsh.machine.adoption import check_may_change
from machsh.machine.certificates import authority_paths
from machsh.machine.contact.readiness import wait_for_engine, wait_for_ssh
from machsh.machine.create_request import change_endpoint_field, change_engine
from machsh.machine.machine import Machine
from machsh.machine.records.record import INSTALL_URL, MachineRecord
from machsh.machine.upkeep.engine_identity import note_identity
from machsh.machine.upkeep.engine_trust import is_behind, note_trust
from machsh.options import Value

if TYPE_CHECKING:
    from machsh.provision.provisioner import EngineSpec, Facts, Plan, Provisioner


MOST_ROUNDS = 4
"""Enough for the installation, the settings, and what a package's own scripts may have changed."""


@dataclass(frozen=True, slots=True)
class DetectedHost:
    """A machine whose operating system has been detected: its provisioner and facts."""

    machine: Machine
    provisioner: Provisioner
    facts: Facts

    @property
    def engine_version(self) -> str:
        """Version of the installed engine; empty if there is none."""
        return self.facts.get("engine-version", "")


@dataclass(frozen=True, slots=True)
class ConvergeResult:
    """What `converge` did."""

    changes: tuple[str, ...] = ()
    """Titles of the steps done; empty if nothing had to be changed."""
    image: str = ""
    """See `Plan.image`."""


def detect(machine: Machine) -> DetectedHost:
    """Wait for ssh, gather the host's facts and choose its provisioner.

    Raises MachineNotRunningError, or MachshError, for instance `OS type not recognized`.
    """
    from machsh.provision.os_release import parse
    from machsh.provision.provisioners import choose

    if machine.state() is not State.RUNNING:
        raise MachineNotRunningError(hint=f"start it first: machsh start {machine.name}")
    wait_for_ssh(machine)
    machine.progress.info("Detecting the provisioner...")
    known = _gather(machine)
    provisioner = choose(parse(known["os-release"]), machine.context.catalog)
    missing = [name for name in provisioner.facts if name not in known]
    more = _gather(machine, missing) if missing else {}
    return DetectedHost(machine, provisioner, {**known, **more})


def _gather(machine: Machine, names: Iterable[str] | None = None) -> Facts:
    """Gather these facts, by default the common ones; an emulated host may need the user's longer limit."""
    from machsh.provision.facts import COMMON_FACTS, SECONDS, gather

    wanted = COMMON_FACTS if names is None else names
    return gather(machine.runner(), wanted, seconds=max(SECONDS, machine.least_seconds))


def converge(
    host: DetectedHost, first: Callable[[Facts, EngineSpec], Plan], spec: EngineSpec
) -> ConvergeResult:
    """Make a plan with `first` and apply it; make and apply another one while a plan says `again`.

    Raises MachshError naming the failed step, or if there is no end after MOST_ROUNDS.
    """
    from machsh.provision.apply import apply

    machine = host.machine
    changes: list[str] = []
    plan = first(host.facts, spec)
    for _ in range(MOST_ROUNDS):
        _report(machine, plan)
        apply(plan, machine.runner(), machine.progress, name=machine.name, at_least=machine.least_seconds)
        changes += [step.title for step in plan.steps]
        if not plan.again:
            return ConvergeResult(tuple(changes), plan.image)
        plan = host.provisioner.plan(_gather(machine, host.provisioner.facts), spec)
    raise MachshError(
        f'"{machine.name}" is not as specified after {MOST_ROUNDS} rounds',
        hint=f"see what is still to do: machsh provision --dry-run {machine.name}",
    )


def _report(machine: Machine, plan: Plan) -> None:
    """Print the notes of the last plan, before it is applied. docker-machine has no such lines."""
    if plan.again or machine.context.environment.is_docker_machine:
        return
    for note in plan.notes:
        machine.progress.info(f"Note: {note}")


@dataclass(frozen=True, slots=True)
class ProvisionResult:
    """The result of provisioning one machine."""

    name: str
    changes: tuple[str, ...] = ()
    """Titles of the steps done; empty if nothing had to be changed."""
    steps: tuple[str, ...] = ()
    """In a dry run, the lines that describe what would be done."""
    notes: tuple[str, ...] = ()
    restarts_engine: bool = False
    """In a dry run, whether the engine would be stopped and started, not just told to read its settings."""


def apply(machine: Machine, host: DetectedHost, *, renew: bool = False) -> ProvisionResult:
    """Set up the host as its record says and wait for its engine; `renew` makes a new server certificate."""
    spec = spec_with_certificates(machine, renew=renew)
    done = converge(host, host.provisioner.plan, spec)
    if done.changes and machine.is_over_ssh:
        machine.disconnect()  # a login that came before the user joined a group is not in it
    wait_for_engine(machine)
    note_trust(machine, spec.authority_pem)
    note_identity(machine)
    return ProvisionResult(machine.name, done.changes)


def spec_with_certificates(machine: Machine, *, renew: bool = False) -> EngineSpec:
    """Return the spec after bringing the certificates in the machine's folder up to date.

    An engine that is reached over ssh has none. Raises RefusedError for an adopted machine, UsageError for
    invalid engine options, MachshError for certificates that cannot be made.
    """
    from machsh.machine.certificates import copy_client_files, ensure_client, server_pair

    check_may_change(machine)
    check_stored_options(machine.record)
    if machine.is_over_ssh:
        return spec_over_ssh(machine)
    machine.progress.info("Copying certs to the local machine directory...")
    ensure_client(machine.record, machine.context)
    copy_client_files(machine)
    return engine_spec(machine, *server_pair(machine, renew=renew))


def first_boot_script(machine: Machine, address: str) -> str:
    """Return the script that sets up the engine of a machine that has not been booted yet; see DriverContext.

    Makes the server certificate for this address. Raises MachshError.
    """
    from machsh.machine.certificates import server_pair
    from machsh.provision.first_boot import script

    if machine.is_over_ssh:
        return script(spec_over_ssh(machine))
    return script(engine_spec(machine, *server_pair(machine, address=address)))


def regenerate(machine: Machine) -> None:
    """Make a new server certificate and install it; this restarts the engine. Raises MachshError."""
    check_has_certificates(machine)
    apply(machine, detect(machine), renew=True)


def check_has_certificates(machine: Machine) -> None:
    """Raise RefusedError for an engine that is reached over ssh."""
    if machine.is_over_ssh:
        raise RefusedError(
            f'"{machine.name}" has no certificates: its engine is reached over ssh',
            hint=f"its keys are those of ssh; TLS instead: machsh provision --endpoint tls {machine.name}",
        )


def preview(machine: Machine, changes: Mapping[str, Value]) -> ProvisionResult:
    """Return the steps that provisioning with these options would do; change nothing."""
    from machsh.machine.certificates import server_pair
    from machsh.provision.apply import describe

    machine = _changed_copy(machine, changes)
    check_stored_options(machine.record)
    host = detect(machine)
    if machine.is_over_ssh:
        spec = spec_over_ssh(machine)
    else:
        spec = engine_spec(machine, *server_pair(machine, keep=False))
    plan = host.provisioner.plan(host.facts, spec)
    restarts = any(step.recovery and step.recovery.stops for step in plan.steps)
    steps = tuple(describe(replace(plan, notes=())))
    return ProvisionResult(machine.name, steps=steps, notes=plan.notes, restarts_engine=restarts)


def _changed_copy(machine: Machine, changes: Mapping[str, Value]) -> Machine:
    """Return a copy of the machine with the options in its record; it is not saved."""
    copy = deepcopy(machine.record)
    change_engine(copy, changes)
    change_endpoint_field(copy, changes)
    return Machine(copy, machine.context, machine.driver)


def check_engine_options(record: MachineRecord) -> None:
    """Raise UsageError if the record's engine options are invalid; the host is not asked."""
    from machsh.provision.engine_config.engine_options import check

    check(_engine_spec(record))


def check_stored_options(record: MachineRecord) -> None:
    """Check an existing machine's engine options. Raises UsageError; its hint says how to change them."""
    try:
        check_engine_options(record)
    except UsageError as error:
        error.hint += f" (give it anew: machsh provision --engine-... {record.name})"
        raise


def engine_spec(machine: Machine, server_pem: str, server_key_pem: str) -> EngineSpec:
    """Return what the host should be: the record's engine options, the port and the certificates."""
    from machsh.certs.rotation import trusted_by_engines

    return replace(
        _engine_spec(machine.record),
        replaces_image=machine.driver.has(Capability.REPLACES_IMAGE),
        engine_port=machine.driver.listening_port(),
        authority_pem=trusted_by_engines(authority_paths(machine.record)),
        server_pem=server_pem,
        server_key_pem=server_key_pem,
    )


def spec_over_ssh(machine: Machine) -> EngineSpec:
    """Return what the host should be if its engine is reached over ssh: without port and certificates."""
    return replace(
        _engine_spec(machine.record),
        over_ssh=True,
        replaces_image=machine.driver.has(Capability.REPLACES_IMAGE),
    )


def _engine_spec(record: MachineRecord) -> EngineSpec:
    """Return the part of the spec that follows from the record alone: name, driver and engine options."""
    from machsh.provision.provisioner import EngineSpec

    engine = record.engine
    url = engine.install_url or INSTALL_URL
    return EngineSpec(
        name=record.name,
        driver=record.driver_name,
        install=record.machsh.install or ("auto" if url == INSTALL_URL else "script"),
        install_url=url,
        engine_version=record.machsh.engine_version,
        storage_driver=engine.storage_driver,
        labels=tuple(engine.labels or ()),
        insecure_registries=tuple(engine.insecure_registry or ()),
        registry_mirrors=tuple(engine.registry_mirror or ()),
        flags=tuple(engine.arbitrary_flags or ()),
        variables=tuple(engine.env or ()),
    )


def follow_address(machine: Machine) -> bool:
    """Renew the engine's certificate if it does not cover the machine's address, or if the authority changed.

    Return whether it did so.
    """
    from machsh.machine.certificates import names_address

    if machine.is_over_ssh:
        return False
    if is_behind(machine):
        machine.progress.info("The authority is being renewed: bringing the machine its new certificates...")
    elif names_address(machine):
        return False
    else:
        machine.progress.info("The address has changed: making a new server certificate...")
    apply(machine, detect(machine))
    return True
