"""Making a host as its record wishes, through the provisioner that knows its system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.drivers.capabilities import Capability
from machsh.engine.address import ENGINE_PORT
from machsh.errors import UsageError
from machsh.machine.machine import Machine
from machsh.machine.record import INSTALL_URL, MachineRecord
from machsh.machine.rounds import Host, carry_out, look
from machsh.machine.waiting import wait_for_engine
from machsh.machine.wish import change_engine
from machsh.options import Value
from machsh.regular_file import read_regular

if TYPE_CHECKING:
    from machsh.provision.provisioner import Wish

_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What came of provisioning one machine."""

    name: str
    changes: tuple[str, ...] = ()
    """Titles of the steps done; none when the host was as wished."""
    steps: tuple[str, ...] = ()
    """With a dry run: the lines that describe what would be done."""
    notes: tuple[str, ...] = ()


def apply(machine: Machine, host: Host, *, renew: bool = False) -> Provisioned:
    """Make the host as wished and wait for its engine. `renew` makes a new server certificate."""
    done = carry_out(host, host.provisioner.plan, certified_wish(machine, renew=renew))
    wait_for_engine(machine)
    return Provisioned(machine.name, done.changes)


def certified_wish(machine: Machine, *, renew: bool = False) -> Wish:
    """The wish with certificates, which lie in the machine's folder afterwards. Raises MachshError."""
    from machsh.machine.certificates import copy_client_files, ensure_client, server_pair

    check_stored_options(machine.record)
    machine.progress.info("Copying certs to the local machine directory...")
    ensure_client(machine.record, machine.surroundings)
    copy_client_files(machine)
    return wish_of(machine, *server_pair(machine, renew=renew))


def regenerate(machine: Machine) -> None:
    """Make a new server certificate and bring it to the engine, which restarts."""
    apply(machine, look(machine), renew=True)


def preview(machine: Machine, changes: Mapping[str, Value]) -> Provisioned:
    """What would be done on the host with these `--engine-*` options; nothing is changed."""
    from machsh.machine.certificates import server_pair
    from machsh.provision.apply import describe

    machine = _changed_copy(machine, changes)
    check_stored_options(machine.record)
    host = look(machine)
    plan = host.provisioner.plan(host.facts, wish_of(machine, *server_pair(machine, keep=False)))
    return Provisioned(machine.name, steps=tuple(describe(plan)), notes=plan.notes)


def _changed_copy(machine: Machine, changes: Mapping[str, Value]) -> Machine:
    """The same machine as its record would be; nothing of it is saved."""
    copy = deepcopy(machine.record)
    change_engine(copy, changes)
    return Machine(copy, machine.surroundings, machine.driver)


def check_engine_options(record: MachineRecord) -> None:
    """Check what the record wishes for the engine, by itself. Raises UsageError."""
    from machsh.provision.engine_options import check

    check(_engine_wish(record))


def check_stored_options(record: MachineRecord) -> None:
    """The same for a machine that there is: its options can be given anew. Raises UsageError."""
    try:
        check_engine_options(record)
    except UsageError as error:
        error.hint += f" (give it anew: machsh provision --engine-... {record.name})"
        raise


def wish_of(machine: Machine, server_pem: str, server_key_pem: str) -> Wish:
    """What the record wishes for the host."""
    return replace(
        _engine_wish(machine.record),
        replaces_image=machine.driver.has(Capability.REPLACES_IMAGE),
        engine_port=_port(machine),
        authority_pem=_authority_pem(Path(machine.record.auth.ca_cert_path)),
        server_pem=server_pem,
        server_key_pem=server_key_pem,
    )


def _engine_wish(record: MachineRecord) -> Wish:
    """The wish as far as the record alone tells it: name and engine options."""
    from machsh.provision.provisioner import Wish

    engine = record.engine
    url = engine.install_url or INSTALL_URL
    return Wish(
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
    apply(machine, look(machine))
    return True
