"""Making a host as its record wishes, through the provisioner that knows its system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.machine import phase
from machsh.machine.machine import Machine
from machsh.machine.record import INSTALL_URL
from machsh.machine.rounds import Host, carry_out, look
from machsh.machine.waiting import wait_for_engine

if TYPE_CHECKING:
    from machsh.provision.provisioner import Wish

ENGINE_PORT = 2376


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What came of provisioning one machine."""

    name: str
    changes: tuple[str, ...] = ()
    """Titles of the steps done; none when the host was as wished."""
    steps: tuple[str, ...] = ()
    """With a dry run: the lines that describe what would be done."""
    notes: tuple[str, ...] = ()


def provision(machine: Machine, *, dry_run: bool = False) -> Provisioned:
    """Make the host as wished; a creation that ended half-way is finished first.

    A second run changes nothing. Raises MachshError naming the step that failed.
    """
    if dry_run:
        return _describe(machine)
    if machine.record.machsh.phase != phase.DONE:
        from machsh.machine.creation import finish

        finish(machine, again=True)
        return Provisioned(machine.name, changes=("finish the creation",))
    return apply(machine, look(machine))


def apply(machine: Machine, host: Host, *, renew: bool = False) -> Provisioned:
    """Make the host as wished and wait for its engine. `renew` makes a new server certificate."""
    done = carry_out(host, host.provisioner.plan, certified_wish(machine, renew=renew))
    wait_for_engine(machine)
    return Provisioned(machine.name, done.changes)


def certified_wish(machine: Machine, *, renew: bool = False) -> Wish:
    """The wish with certificates, which lie in the machine's folder afterwards. Raises MachshError."""
    from machsh.machine.certificates import copy_client_files, ensure_client, server_pair

    machine.progress.info("Copying certs to the local machine directory...")
    ensure_client(machine.record, machine.surroundings)
    copy_client_files(machine)
    return wish_of(machine, *server_pair(machine, renew=renew))


def _describe(machine: Machine) -> Provisioned:
    from machsh.machine.certificates import server_pair
    from machsh.provision.apply import describe

    host = look(machine)
    plan = host.provisioner.plan(host.facts, wish_of(machine, *server_pair(machine, keep=False)))
    return Provisioned(machine.name, steps=tuple(describe(plan)), notes=plan.notes)


def wish_of(machine: Machine, server_pem: str, server_key_pem: str) -> Wish:
    """What the record wishes for the host."""
    from machsh.provision.provisioner import Wish

    record, engine = machine.record, machine.record.engine
    url = engine.install_url or INSTALL_URL
    return Wish(
        name=record.name,
        driver=record.driver_name,
        engine_port=_port(machine),
        install=record.machsh.install or ("auto" if url == INSTALL_URL else "script"),
        install_url=url,
        engine_version=record.machsh.engine_version,
        storage_driver=engine.storage_driver,
        labels=tuple(engine.labels or ()),
        insecure_registries=tuple(engine.insecure_registry or ()),
        registry_mirrors=tuple(engine.registry_mirror or ()),
        flags=tuple(engine.arbitrary_flags or ()),
        variables=tuple(engine.env or ()),
        authority_pem=Path(record.auth.ca_cert_path).read_text(),
        server_pem=server_pem,
        server_key_pem=server_key_pem,
    )


def _port(machine: Machine) -> int:
    url = machine.driver.known_url()
    return machine.endpoint_at(url).address[1] if url.startswith("tcp://") else ENGINE_PORT


def follow_address(machine: Machine) -> None:
    """Give the engine a new certificate when the old one does not name the machine's address."""
    from machsh.machine.certificates import names_address

    if not names_address(machine):
        machine.progress.info("The address has changed: making a new server certificate...")
        apply(machine, look(machine))
