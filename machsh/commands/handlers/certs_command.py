"""`certs`: lists certificates with their time left and problems; `certs_renewal` has `certs renew`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.errors import UsageError
from machsh.machine.selection import expand
from machsh.output.results import Document, Result, Table

if TYPE_CHECKING:
    from machsh.machine.renewal.certificate_inquiry import EngineAnswer
    from machsh.machine.renewal.certificate_list import CertificateEntry

COLUMNS = ("CERTIFICATE", "OF", "EXPIRES", "NAMES", "FITS")
ASK_SECONDS = 5.0
_OF_RENEW = {"all", "ca", "client", "dry-run", "y"}
_OF_LIST = {"ask", "json"}


def certs(context: Context) -> Result:
    """List certificates, or renew them. Raises UsageError for options that do not belong together."""
    from machsh.commands.handlers.certs_renewal import renew

    word = context.words[0] if context.words else "list"
    is_word = word in ("list", "renew")
    names = expand(context.words[is_word:], context.machines)
    for name in names:
        targets.require_machine(name, context)
    wrong = (_OF_LIST if word == "renew" else _OF_RENEW) & context.values.given
    if wrong:
        option = min(wrong)
        mode = "list" if option in _OF_LIST else "renew"
        raise UsageError(f"--{option} is an option of certs {mode}", hint="see: certs --help")
    return renew(context, names) if word == "renew" else _list(context, names)


def _list(context: Context, names: Sequence[str]) -> Table | Document:
    from machsh.certs.authority_paths import AuthorityPaths
    from machsh.machine.renewal.certificate_inquiry import ask_engines
    from machsh.machine.renewal.certificate_list import CertificateList

    service, now = context.machines, context.environment.now()
    machines = [service.get(name) for name in names] if names else service.readable()
    listing = CertificateList(now, AuthorityPaths.in_folder(service.store.certs_folder))
    entries = listing.entries(machines, with_authorities=not names)
    answers = {}
    if context.values.flag("ask"):
        served = {entry.machine for entry in entries if entry.kind == "server"}
        seconds = timeouts.timeout_of(context, default=ASK_SECONDS)
        answers = ask_engines([one for one in machines if one.name in served], seconds, now)
    if context.values.flag("json"):
        return Document([_as_json(entry, answers, now) for entry in entries])
    columns = (*COLUMNS, "ENGINE") if context.values.flag("ask") else COLUMNS
    rows = [_cells(entry, answers, now)[: len(columns)] for entry in entries]
    looks = [_looks(entry, now)[: len(columns)] for entry in entries]
    return Table(columns, rows, looks, told=["FITS", "ENGINE"])


def _cells(entry: CertificateEntry, answers: dict[str, EngineAnswer], now: float) -> tuple[str, ...]:
    from machsh.machine.renewal.expiry_warning import time_left

    validity = entry.validity
    left = time_left(validity.not_after.timestamp() - now).removeprefix("expires ") if validity else ""
    fits = "; ".join(entry.faults)
    if fits:
        fits = f"no: {fits} ({entry.remedy})"
    answer = answers.get(entry.machine) if entry.kind == "server" else None
    names = ", ".join((*validity.names, *validity.addresses)) if validity else ""
    return entry.kind, entry.machine, left, names, fits or "yes", answer.text if answer else ""


def _looks(entry: CertificateEntry, now: float) -> tuple[str, ...]:
    from machsh.machine.certificates import RENEW_DAYS

    ends_soon = entry.validity is not None and entry.validity.days_left(now) < RENEW_DAYS
    return "", "machine", "error" if ends_soon else "", "dim", "error" if entry.faults else "", ""


def _as_json(entry: CertificateEntry, answers: dict[str, EngineAnswer], now: float) -> dict[str, object]:
    validity = entry.validity
    answer = answers.get(entry.machine) if entry.kind == "server" else None
    return {
        "kind": entry.kind,
        "machine": entry.machine or None,
        "path": str(entry.path),
        "not_before": validity.not_before.isoformat() if validity else None,
        "not_after": validity.not_after.isoformat() if validity else None,
        "days_left": round(validity.days_left(now), 2) if validity else None,
        "names": [*validity.names, *validity.addresses] if validity else [],
        "key": validity.key_kind if validity else None,
        "fits": not entry.faults,
        "faults": list(entry.faults),
        "remedy": entry.remedy if entry.faults else None,
        "engine": list(answer.faults) if answer else None,
    }
