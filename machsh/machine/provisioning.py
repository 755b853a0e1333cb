"""Making a host as its record specifies: detect its system, plan, carry out, look again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.engine.address import ENGINE_PORT
from machsh.errors import MachineNotRunningError, MachshError, UsageError
from machsh.machine.create_request import change_engine
from machsh.machine.machine import Machine
from machsh.machine.readiness import wait_for_engine, wait_for_ssh
from machsh.machine.record import INSTALL_URL, MachineRecord
from machsh.options import Value
from machsh.regular_file import read_regular

if TYPE_CHECKING:
    from machsh.provision.provisioner import EngineSpec, Facts, Plan, Provisioner


MOST_ROUNDS = 4
"""An installation, the settings, and what a package's own scripts may still have changed."""


@dataclass(frozen=True, slots=True)
class DetectedHost:
    """A machine's host that has told about itself."""

    machine: Machine
    provisioner: Provisioner
    facts: Facts

    @property
    def engine_version(self) -> str:
        """The installed engine's version, empty without one."""
        return self.facts.get("engine-version", "")


@dataclass(frozen=True, slots=True)
class ConvergeResult:
    """What the rounds did."""

    changes: tuple[str, ...] = ()
    """Titles of the steps done; none when the host was as wished."""
    image: str = ""
    """See `Plan.image`."""


def detect(machine: Machine) -> DetectedHost:
    """Wait for ssh, ask the host about itself and find who knows it.

    Raises MachineNotRunningError, or MachshError, `OS type not recognized` among them.
    """
    from machsh.provision.facts import gather
    from machsh.provision.os_release import parse
    from machsh.provision.provisioners import choose

    if machine.state() is not State.RUNNING:
        raise MachineNotRunningError(hint=f"start it first: machsh start {machine.name}")
    wait_for_ssh(machine)
    machine.progress.info("Detecting the provisioner...")
    known = gather(machine.runner())
    provisioner = choose(parse(known["os-release"]), machine.context.catalog)
    missing = [name for name in provisioner.facts if name not in known]
    more = gather(machine.runner(), missing) if missing else {}
    return DetectedHost(machine, provisioner, {**known, **more})


def converge(
    host: DetectedHost, first: Callable[[Facts, EngineSpec], Plan], spec: EngineSpec
) -> ConvergeResult:
    """Do the first plan, then plan anew as long as a plan asks for it. Raises MachshError naming the step."""
    from machsh.provision.apply import apply
    from machsh.provision.facts import gather

    machine = host.machine
    changes: list[str] = []
    plan = first(host.facts, spec)
    for _ in range(MOST_ROUNDS):
        _report(machine, plan)
        apply(plan, machine.runner(), machine.progress, name=machine.name, at_least=machine.least_seconds)
        changes += [step.title for step in plan.steps]
        if not plan.again:
            return ConvergeResult(tuple(changes), plan.image)
        plan = host.provisioner.plan(gather(machine.runner(), host.provisioner.facts), spec)
    raise MachshError(
        f'"{machine.name}" is not as specified after {MOST_ROUNDS} rounds',
        hint=f"see what is still to do: machsh provision --dry-run {machine.name}",
    )


def _report(machine: Machine, plan: Plan) -> None:
    """Say what a plan costs and leaves undone, before it is done; docker-machine has no such lines."""
    if plan.again or machine.context.environment.is_docker_machine:
        return
    for note in plan.notes:
        machine.progress.info(f"Note: {note}")


_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ProvisionResult:
    """What came of provisioning one machine."""

    name: str
    changes: tuple[str, ...] = ()
    """Titles of the steps done; none when the host was as wished."""
    steps: tuple[str, ...] = ()
    """With a dry run: the lines that describe what would be done."""
    notes: tuple[str, ...] = ()


def apply(machine: Machine, host: DetectedHost, *, renew: bool = False) -> ProvisionResult:
    """Make the host as wished and wait for its engine. `renew` makes a new server certificate."""
    done = converge(host, host.provisioner.plan, spec_with_certificates(machine, renew=renew))
    wait_for_engine(machine)
    return ProvisionResult(machine.name, done.changes)


def spec_with_certificates(machine: Machine, *, renew: bool = False) -> EngineSpec:
    """The spec with certificates, which lie in the machine's folder afterwards. Raises MachshError."""
    from machsh.machine.certificates import copy_client_files, ensure_client, server_pair

    check_stored_options(machine.record)
    machine.progress.info("Copying certs to the local machine directory...")
    ensure_client(machine.record, machine.context)
    copy_client_files(machine)
    return engine_spec(machine, *server_pair(machine, renew=renew))


def regenerate(machine: Machine) -> None:
    """Make a new server certificate and bring it to the engine, which restarts."""
    apply(machine, detect(machine), renew=True)


def preview(machine: Machine, changes: Mapping[str, Value]) -> ProvisionResult:
    """What would be done on the host with these `--engine-*` options; nothing is changed."""
    from machsh.machine.certificates import server_pair
    from machsh.provision.apply import describe

    machine = _changed_copy(machine, changes)
    check_stored_options(machine.record)
    host = detect(machine)
    plan = host.provisioner.plan(host.facts, engine_spec(machine, *server_pair(machine, keep=False)))
    return ProvisionResult(machine.name, steps=tuple(describe(plan)), notes=plan.notes)


def _changed_copy(machine: Machine, changes: Mapping[str, Value]) -> Machine:
    """The same machine as its record would be; nothing of it is saved."""
    copy = deepcopy(machine.record)
    change_engine(copy, changes)
    return Machine(copy, machine.context, machine.driver)


def check_engine_options(record: MachineRecord) -> None:
    """Check what the record wishes for the engine, by itself. Raises UsageError."""
    from machsh.provision.engine_options import check

    check(_engine_spec(record))


def check_stored_options(record: MachineRecord) -> None:
    """The same for a machine that there is: its options can be given anew. Raises UsageError."""
    try:
        check_engine_options(record)
    except UsageError as error:
        error.hint += f" (give it anew: machsh provision --engine-... {record.name})"
        raise


def engine_spec(machine: Machine, server_pem: str, server_key_pem: str) -> EngineSpec:
    """What the record wishes for the host."""
    return replace(
        _engine_spec(machine.record),
        replaces_image=machine.driver.has(Capability.REPLACES_IMAGE),
        engine_port=_port(machine),
        authority_pem=_authority_pem(Path(machine.record.auth.ca_cert_path)),
        server_pem=server_pem,
        server_key_pem=server_key_pem,
    )


def _engine_spec(record: MachineRecord) -> EngineSpec:
    """The spec as far as the record alone tells it: name and engine options."""
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


def _authority_pem(path: Path) -> str:
    """The certificates of a file, and nothing else of it: what leaves this computer is no secret."""
    from machsh.certs import validity

    validity.load(path)
    found = _CERTIFICATE.findall(read_regular(path).decode("ascii", "replace"))
    return "".join(f"{certificate}\n" for certificate in found)


def _port(machine: Machine) -> int:
    url = machine.driver.known_url()
    return machine.endpoint_at(url).address[1] if url.startswith("tcp://") else ENGINE_PORT


def follow_address(machine: Machine) -> bool:
    """Give the engine a new certificate when the old one does not name the machine's address.

    Returns whether it did.
    """
    from machsh.machine.certificates import names_address

    if names_address(machine):
        return False
    machine.progress.info("The address has changed: making a new server certificate...")
    apply(machine, detect(machine))
    return True
