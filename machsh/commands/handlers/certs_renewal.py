"""`certs renew`: says what will happen, asks, and renews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.output.results import Text

if TYPE_CHECKING:
    from pathlib import Path

    from machsh.certs.authority_paths import AuthorityPaths
    from machsh.machine.machine import Machine
    from machsh.machine.renewal.certificate_renewal import RenewalPlan


def renew(context: Context, names: Sequence[str]) -> Text | None:
    """Renew the named machines' certificates, by default those that need it. Raises RefusedError for a no."""
    if context.values.flag("ca"):
        if names or context.values.flag("all"):
            raise UsageError(
                "A new authority concerns all machines", hint="leave the names away: certs renew --ca"
            )
        return _renew_authority(context)
    if names and context.values.flag("all"):
        raise UsageError("--all and names of machines exclude each other", hint="give one of them")
    return _renew_machines(context, names)


def _renew_authority(context: Context) -> Text | None:
    from machsh.certs.rotation import is_under_way
    from machsh.machine.renewal.certificate_renewal import plan_renewal

    paths = _paths(context)
    if not paths.ca.exists():
        raise MachshError("There is no authority yet", hint="the first `create` makes it")
    goes_on = is_under_way(paths)
    plan = plan_renewal(context.machines.readable(), paths)
    first = "The renewal of the authority goes on." if goes_on else "The authority is to be renewed."
    restarts = "up to two times" if goes_on else "twice: for the new authority, and without the former one"
    lines = [first, *_described(plan, restarts)]
    if plan.waiting:
        lines.append("Until they have followed, both authorities are trusted; `start` takes them along.")
    if not _is_agreed(context, lines):
        return Text("\n".join(lines))
    waiting = context.machines.rotate_authority(seconds=timeouts.timeout_of(context))
    if waiting:
        context.progress.warning(
            f"The renewal waits for {', '.join(waiting)}: start (or remove) what does not run, "
            "then go on with: machsh certs renew --ca"
        )
    else:
        context.progress.info("The authority is renewed; the former one is trusted no more.")
    return None


def _renew_machines(context: Context, names: Sequence[str]) -> Text | None:
    from machsh.machine.renewal.certificate_renewal import plan_renewal

    service, paths = context.machines, _paths(context)
    chosen = [service.get(name) for name in names] or _due(context)
    with_client = context.values.flag("client") or (not names and _ends_soon(context, paths.cert))
    if _ends_soon(context, paths.ca):
        context.progress.warning("The authority itself ends soon: machsh certs renew --ca")
    if not chosen and not with_client:
        context.progress.info("No certificate needs to be renewed; certs renew --all renews every machine's.")
        return None
    plan = plan_renewal(chosen)
    lines = ["The client certificate is to be renewed; no engine restarts for it."] if with_client else []
    lines += _described(plan, "to take its new certificate")
    if names and not plan.restarts and not with_client:
        waiting = " ".join(name for name, _ in plan.waiting)
        hint = f"start what does not run: machsh start {waiting}" if waiting else ""
        raise MachshError("\n".join(lines), hint=hint)
    if not _is_agreed(context, lines):
        return Text("\n".join(lines))
    if with_client:
        service.renew_client()
    if plan.names:
        service.renew_servers(*plan.names, seconds=timeouts.timeout_of(context))
        context.conclude(f"Renewed and checked: {', '.join(plan.names)}")
    return None


def _described(plan: RenewalPlan, why: str) -> Iterator[str]:
    for restart in plan.restarts:
        if restart.stops is None:
            lost = "what runs there is not known, and stops unless live-restore is on"
        elif restart.stops:
            lost = f"its containers stop: {', '.join(restart.stops)}"
        else:
            lost = "no container stops"
        yield f"  {restart.name}: the engine restarts {why}; {lost}"
    for name, state in plan.waiting:
        yield f"  {name}: is {state} and cannot be renewed now"
    for name, reason in plan.left_out:
        yield f"  {name}: left as it is: {reason}"


def _is_agreed(context: Context, lines: Sequence[str]) -> bool:
    """Say the plan and ask; return False for a dry run. Raises RefusedError for a no."""
    if context.values.flag("dry-run"):
        return False
    for line in lines:
        context.progress.info(line)
    if not context.values.flag("y") and not context.ask.confirm("Go on?"):
        raise RefusedError("nothing was changed")
    return True


def _due(context: Context) -> list[Machine]:
    """Return the machines whose server certificate does not fit or ends soon; all with `--all`."""
    from machsh.machine.certificates import RENEW_DAYS
    from machsh.machine.renewal.certificate_list import CertificateList

    now = context.environment.now()
    listing = CertificateList(now, _paths(context))
    found = []
    for machine in context.machines.readable():
        entry = listing.server(machine)
        if entry is None:
            continue
        ends_soon = entry.validity is None or entry.validity.days_left(now) < RENEW_DAYS
        if entry.faults or ends_soon or context.values.flag("all"):
            found.append(machine)
    return found


def _ends_soon(context: Context, path: Path) -> bool:
    from machsh.certs import validity
    from machsh.machine.certificates import RENEW_DAYS

    try:
        return validity.read(path).days_left(context.environment.now()) < RENEW_DAYS
    except MachshError:
        return False


def _paths(context: Context) -> AuthorityPaths:
    from machsh.certs.authority_paths import AuthorityPaths

    return AuthorityPaths.in_folder(context.machines.store.certs_folder)
