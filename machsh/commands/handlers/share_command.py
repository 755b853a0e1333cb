"""`share`: gives another person a certificate for a machine's engine, and lists who has one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.commands.handlers.archives import archive_keys
from machsh.commands.handlers.archives.backup_command import output_file
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.output.results import Document, Result, Table

if TYPE_CHECKING:
    from machsh.machine.archive.sharing import SharedCertificate
    from machsh.machine.machine import Machine

_MOST_NAMES = 8
COLUMNS = ("PERSON", "MACHINE", "SINCE", "ENDS", "STATE")


def share(context: Context) -> Result:
    """Share a machine with a person, or list who has a certificate. Raises MachshError."""
    is_list = bool({"list", "json"} & context.values.given)
    if is_list and not context.words:
        return _listed(context, _readable(context))
    name = targets.target(context)
    targets.require_machine(name, context)
    machine = context.machines.get(name)
    if is_list:
        return _listed(context, [machine])
    _share(context, machine)
    return None


def _share(context: Context, machine: Machine) -> None:
    from machsh.machine.archive import sharing

    person = context.values.text("with")
    if not person:
        raise UsageError(
            "share needs a person", hint=f"machsh share {machine.name} --with ann; --list shows who has one"
        )
    archive_keys.check_ways(context)
    sharing.check_person(person)
    sharing.check_days(context.values.number("days"))
    sharing.check_shareable(machine)
    path = output_file(context, f"{person}-{machine.name}")
    _confirm(context, machine, person)
    keys = archive_keys.writing_keys(context)
    request = sharing.ShareRequest(
        person, context.values.number("days"), path, keys, context.values.flag("force")
    )
    entry = sharing.share(machine, request)
    context.conclude(f"Wrote {path}: a certificate for {person} until {entry.ends[:10]}.")
    context.conclude(f"{person} runs: machsh restore {shlex.quote(path.name)}")


def _confirm(context: Context, machine: Machine, person: str) -> None:
    from machsh.machine.archive.sharing import same_authority

    others = same_authority(machine, _readable(context))
    where = f'"{machine.name}"' + (f", and on {_listing(others)}, of the same authority" if others else "")
    context.progress.warning(
        f"{person} can do everything on the engine of {where}; that is as much as root on the host. "
        "Only a new authority takes it back: machsh certs renew --ca"
    )
    if machine.endpoint().address[0] in ("127.0.0.1", "localhost", "::1"):
        context.progress.warning(f'"{machine.name}" is reached at this computer only, not from elsewhere.')
    if not context.values.flag("y") and not context.ask.confirm("Go on?"):
        raise RefusedError("nothing was shared")


def _listing(names: list[str]) -> str:
    shown, more = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _readable(context: Context) -> list[Machine]:
    machines = []
    for name in context.machines.names():
        try:
            machines.append(context.machines.get(name))
        except MachshError as error:
            context.progress.debug(f"{name}: {error}")
    return machines


def _listed(context: Context, machines: Sequence[Machine]) -> Table | Document:
    """List who has a certificate of these machines' authorities; those of the store's if there is none."""
    from machsh.machine.archive.sharing import shared_certificates
    from machsh.machine.certificates import authority_paths

    own = context.machines.store.certs_folder / "ca.pem"
    authorities = dict.fromkeys(authority_paths(one.record).ca for one in machines) or [own]
    now = context.environment.now()
    found = [one for authority in authorities for one in shared_certificates(authority, now)]
    if context.values.flag("json"):
        return Document([_as_json(one, state) for one, state in found])
    return Table(
        COLUMNS, [(one.person, one.machine, one.created[:10], one.ends[:10], state) for one, state in found]
    )


def _as_json(certificate: SharedCertificate, state: str) -> dict[str, str]:
    return {
        "person": certificate.person,
        "machine": certificate.machine,
        "created": certificate.created,
        "ends": certificate.ends,
        "serial": certificate.serial,
        "state": state,
    }
