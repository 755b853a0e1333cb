"""`reconfigure`: changes settings of machines, or shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from machsh.commands import timeouts
from machsh.commands.command import Context
from machsh.commands.handlers import targets
from machsh.errors import UsageError
from machsh.machine.selection import expand
from machsh.output.results import Document, Result, Table, Text

if TYPE_CHECKING:
    from machsh.machine.alteration.reconfigure import ReconfigureResult

COLUMNS = ("SETTING", "VALUE")


def reconfigure(context: Context) -> Result:
    """Change the settings that the words name; without any, return the present ones."""
    from machsh.machine.alteration.setting_change import is_change

    changes = [word for word in context.words if is_change(word)]
    names = _names(context, [word for word in context.words if not is_change(word)])
    if not changes:
        return _shown(context, names)
    if context.values.flag("json"):
        raise UsageError("--json shows settings", hint="leave it out, or leave the changes out")
    _check_choices(changes)
    dry_run = context.values.flag("dry-run")
    done = context.machines.reconfigure(
        *names, changes=changes, dry_run=dry_run, seconds=timeouts.timeout_of(context)
    )
    if dry_run:
        return Text("\n".join(line for one in done for line in _planned(one)))
    for one in done:
        _report(context, one)
    return None


def _names(context: Context, words: Sequence[str]) -> list[str]:
    names = list(dict.fromkeys(expand(words, context.machines))) or [targets.only_target(context)]
    for name in names:
        targets.require_machine(name, context)
        _check_no_key(name, context)
    return names


def _check_no_key(name: str, context: Context) -> None:
    """Raise UsageError for the key of a setting where a machine's name is expected."""
    from machsh.machine.alteration.machine_setting import MACHINE_SETTINGS

    if name in MACHINE_SETTINGS and not context.machines.store.exists(name):
        raise UsageError(f"{name} is a setting, and its value is missing", hint=f"write {name}=VALUE")


def _check_choices(changes: Sequence[str]) -> None:
    """Raise UsageError for a value that is not one of its setting's choices."""
    from machsh.commands.handlers.setting_options import choices_of
    from machsh.machine.alteration.setting_change import parse

    for change in map(parse, changes):
        choices = choices_of(change.setting)
        if choices and change.value and change.value not in choices:
            raise UsageError(
                f"{change.setting.key}={change.value} is not known", hint=f"write one of {', '.join(choices)}"
            )


def _shown(context: Context, names: Sequence[str]) -> Result:
    from machsh.machine.alteration.machine_setting import values_of
    from machsh.machine.alteration.reconfigure import value_text
    from machsh.machine.alteration.setting_change import shown

    found = {name: values_of(context.machines.get(name)) for name in names}
    if context.values.flag("json"):
        return Document(
            {
                name: {
                    key: shown([value])[0] if isinstance(value, str) else shown(value)
                    for key, value in values.items()
                }
                for name, values in found.items()
            }
        )
    if len(names) == 1:
        return Table(COLUMNS, [(key, value_text(value)) for key, value in found[names[0]].items()])
    rows = [(name, key, value_text(value)) for name in names for key, value in found[name].items()]
    return Table(("NAME", *COLUMNS), rows)


def _planned(result: ReconfigureResult) -> list[str]:
    if not result.differences:
        return [f"{result.name}: nothing to do"]
    lines = [f"{result.name}:", *(f"  {line}" for line in result.differences)]
    lines += [f"    {step}" for step in result.steps]
    return [*lines, *(f"    note: {note}" for note in result.notes)]


def _report(context: Context, result: ReconfigureResult) -> None:
    if not result.differences:
        context.conclude(f"{result.name}: nothing to do")
    for line in result.differences:
        context.conclude(f"{result.name}: {line}")
    for step in result.steps:
        context.progress.debug(f"{result.name}: {step}")
