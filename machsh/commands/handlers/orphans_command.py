"""`orphans`: lists and removes what machines left behind that no longer exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.errors import MachshError, RefusedError, UsageError
from machsh.humanize import age
from machsh.machine.errors import raise_all
from machsh.output.results import Document, Exit, Result, Table

if TYPE_CHECKING:
    from machsh.machine.orphan_search import FoundOrphan

COLUMNS = ("NAME", "KIND", "DRIVER", "MACHINE", "AGE", "STORE")
COST = "COST"
"""The column that only clouds need."""
THIS_STORE = "this one"


def orphans(context: Context) -> Result:
    """List what is left over, or with `--remove` remove it after a question.

    It fails if not everything could be asked, since what is not seen may cost money.
    """
    if context.values.flag("json") and context.values.flag("remove"):
        raise UsageError("--json lists and --remove removes", hint="give one of them")
    search = context.machines.orphans(context.values.text("driver"), seconds=timeouts.timeout_of(context))
    for place in search.unasked:
        if not place.is_told:
            context.progress.warning(place.text)
    chosen = _named(context.words, search.found) if context.words else search.found
    code = int(bool(search.unasked))
    if context.values.flag("json"):
        return Document([_as_json(one) for one in chosen], code)
    if not chosen and search.unasked:
        hints = (place.hint for place in search.unasked if place.hint)
        raise MachshError(
            "what is left over is not known", hint=next(hints, "ask again when all can be asked")
        )
    if context.values.flag("remove"):
        _remove(context, chosen)
        return Exit(code)
    if not chosen:
        context.progress.info("Nothing is left over.")
        return None
    return _table(chosen, context.environment.now(), code)


def _table(chosen: list[FoundOrphan], now: float, code: int) -> Table:
    if not any(one.orphan.cost for one in chosen):
        return Table(COLUMNS, [_cells(one, now) for one in chosen], code=code)
    return Table((*COLUMNS, COST), [(*_cells(one, now), one.orphan.cost) for one in chosen], code=code)


def _named(names: list[str], found: list[FoundOrphan]) -> list[FoundOrphan]:
    """Return the orphans of these names. Raises MachshError for one that is none."""
    known = {one.orphan.name for one in found}
    missing = [name for name in names if name not in known]
    if missing:
        raise MachshError(
            f"{', '.join(missing)}: not among what is left over", hint="machsh orphans lists what is"
        )
    return [one for one in found if one.orphan.name in names]


def _remove(context: Context, chosen: list[FoundOrphan]) -> None:
    if not context.words:
        others = [one for one in chosen if one.orphan.store]
        chosen = [one for one in chosen if not one.orphan.store]
        if others:
            names = ", ".join(one.orphan.name for one in others)
            context.progress.info(f"Of other stores, left alone: {names}")
    if not chosen:
        context.progress.info("Nothing of this store is left over.")
        return
    for one in chosen:
        context.progress.info(f"About to remove {_described(one)}")
    context.progress.warning("What is on it is lost.")
    if not context.values.flag("y") and not context.ask.confirm("Are you sure?"):
        raise RefusedError("nothing was removed")
    _remove_each(context, chosen)


def _remove_each(context: Context, chosen: list[FoundOrphan]) -> None:
    errors = []
    for found in chosen:
        try:
            context.machines.remove_orphan(found, seconds=timeouts.timeout_of(context))
            context.conclude(f"Removed {found.orphan.name}")
        except MachshError as error:
            errors.append(error)
    raise_all(errors)


def _described(found: FoundOrphan) -> str:
    orphan = found.orphan
    whose = f" of the machine {orphan.machine}" if orphan.machine else ""
    other = f", which belongs to the store {orphan.store}" if orphan.store else ""
    return f"{orphan.name}, a {orphan.kind}{whose}{other}"


def _cells(found: FoundOrphan, now: float) -> tuple[str, ...]:
    orphan = found.orphan
    since = age(now - orphan.since.timestamp()) if orphan.since else ""
    store = orphan.store or THIS_STORE
    return orphan.name, orphan.kind, found.driver_name, orphan.machine, since, store


def _as_json(found: FoundOrphan) -> dict[str, object]:
    orphan = found.orphan
    return {
        "name": orphan.name,
        "kind": orphan.kind,
        "driver": found.driver_name,
        "machine": orphan.machine,
        "since": orphan.since.isoformat() if orphan.since else None,
        "cost": orphan.cost,
        "store": orphan.store or None,
        "identifier": orphan.identifier,
        "place": orphan.place,
    }
