"""`restore`: takes machines from an archive or a folder into the store."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from machsh.commands.command import Context
from machsh.commands.handlers.archives import archive_keys
from machsh.errors import UsageError
from machsh.machine.context import MachineContext
from machsh.output.results import Document, Result, Table

if TYPE_CHECKING:
    from machsh.machine.archive.restoring import RestoredMachine

COLUMNS = ("NAME", "DRIVER", "ADDRESS")
_PROVIDER_KEYS = ("Endpoint", "AuthUrl")
"""Where records of clouds' drivers say at which URL their provider is, to which the user's token goes."""


def restore(context: Context) -> Result:
    """Restore machines, or list them with `--list`. Raises MachshError."""
    from machsh.machine.archive import restoring

    archive_keys.check_ways(context)
    source, *names = context.words
    machine_context = MachineContext(
        context.environment, context.machines.store, context.catalog, context.progress, context.ask
    )
    get_keys = partial(archive_keys.reading_keys, context)
    request = restoring.RestoreRequest(
        archive_keys.file_of(context, source), names, _renames(context), context.values.flag("skip-existing")
    )
    if {"list", "json"} & context.values.given:
        return _listed(context, restoring.list_archive(request, machine_context, get_keys))
    restored = restoring.restore(request, machine_context, get_keys)
    _tell(context, restored)
    return None


def _renames(context: Context) -> dict[str, str]:
    renames: dict[str, str] = {}
    for text in context.values.texts("rename"):
        old, equals, new = text.partition("=")
        if not (old and equals and new) or old in renames:
            raise UsageError(
                f"--rename {text}: that is not OLD=NEW, once for each", hint="--rename web=web-2"
            )
        renames[old] = new
    return renames


def _listed(context: Context, rows: list[tuple[str, str, str]]) -> Table | Document:
    if context.values.flag("json"):
        return Document([{"name": name, "driver": driver, "address": ip} for name, driver, ip in rows])
    return Table(COLUMNS, rows)


def _tell(context: Context, restored: list[RestoredMachine]) -> None:
    progress = context.progress
    for machine in restored:
        was = f', which was "{machine.old_name}"' if machine.old_name != machine.name else ""
        progress.info(f'Restored "{machine.name}"{was}.')
        if was and context.machines.store.exists(machine.old_name):
            progress.warning(
                f'If "{machine.old_name}" is the same host, rm of either name destroys it for both.'
            )
    for machine in restored:
        _warn_of_provider(context, machine.name)
    for can_sign, key in ((True, "came with them"), (False, "did not come with them")):
        names = [one.name for one in restored if one.has_own_authority and one.can_sign is can_sign]
        if names:
            text = f"With certificates of another authority than this store's, whose key {key}"
            progress.info(f"{text}: {', '.join(names)}")


def _warn_of_provider(context: Context, name: str) -> None:
    """Tell of a URL in a record that may be another person's: who answers there gets this user's token."""
    stored = context.machines.get(name).record.driver
    for url in filter(None, (stored.get(key) for key in _PROVIDER_KEYS)):
        context.progress.warning(
            f'commands on "{name}" will send your credentials for its provider to {url}, as its record says; '
            f"if you do not know this address: machsh forget {name}"
        )
