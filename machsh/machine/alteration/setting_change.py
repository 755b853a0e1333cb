"""Changes of settings as users write them: `KEY=VALUE`, `KEY+=VALUE`, `KEY-=VALUE`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from machsh.errors import UsageError
from machsh.machine.alteration.machine_setting import MachineSetting, SettingValue, setting
from machsh.machine.naming import MARK
from machsh.secrets import redacted

SET, ADD, DROP = "=", "+=", "-="
_CHANGE = re.compile(r"([A-Za-z][A-Za-z0-9.-]*?)(\+=|-=|=)(.*)", re.DOTALL)
_NAMED = ("engine.label", "engine.env")
"""Lists of NAME=VALUE with unique names: a new value replaces the former one."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One word of the user's."""

    setting: MachineSetting
    operator: str
    value: str


def is_change(word: str) -> bool:
    """Whether a word is a change; names of machines have no equals sign, and selections begin with `@`."""
    return "=" in word and not word.startswith(MARK)


def parse(word: str) -> SettingChange:
    """Return the change that a word describes. Raises UsageError."""
    match = _CHANGE.fullmatch(word)
    if not match:
        raise UsageError(f"{word!r} changes nothing", hint="write KEY=VALUE, KEY+=VALUE or KEY-=VALUE")
    key, operator, value = match.groups()
    found = setting(key)
    if operator != SET and not found.is_list:
        raise UsageError(f"{key} has one value, no list", hint=f"write {key}={value}; nothing was changed")
    if operator != SET and not value:
        raise UsageError(f"{key}{operator}: the value is missing", hint=f"{key}= empties the list")
    return SettingChange(found, operator, value)


def changed(before: SettingValue, changes: Sequence[SettingChange]) -> SettingValue:
    """Return the value of one setting after these changes, applied from left to right.

    Several `KEY=VALUE` make a list of all their values. Raises UsageError for a value to drop that is not
    there, and for two values of what has one.
    """
    if isinstance(before, str):
        if len({change.value for change in changes}) > 1:
            raise UsageError(
                f"{changes[0].setting.key} is given twice", hint="give it once; nothing was changed"
            )
        return changes[-1].value
    items, is_set = list(before), False
    for change in changes:
        if change.operator == DROP:
            items = _without(items, change)
        else:
            if change.operator == SET and not is_set:
                items, is_set = [], True
            items = _with(items, change) if change.value else items
    return tuple(items)


def _with(items: list[str], change: SettingChange) -> list[str]:
    name, sign, _ = change.value.partition("=")
    if change.operator == ADD and change.setting.key in _NAMED and sign:
        same = [at for at, item in enumerate(items) if item.partition("=")[0] == name]
        if same:
            kept = [item for at, item in enumerate(items) if at not in same[1:]]
            kept[same[0]] = change.value
            return kept
    return items if change.value in items else [*items, change.value]


def _without(items: list[str], change: SettingChange) -> list[str]:
    """Remove the item that equals the change's value, or has it as its name."""
    value = change.value
    kept = [item for item in items if value not in (item, item.partition("=")[0])]
    if len(kept) == len(items):
        known = f"it has {', '.join(names(items))}" if items else "the list is empty"
        raise UsageError(
            f'{change.setting.key} has no "{shown([value])[0]}" that could be taken away',
            hint=f"{known}; nothing was changed",
        )
    return kept


def names(items: Iterable[str]) -> list[str]:
    """Return the names of NAME=VALUE items, whose values may be secret."""
    return list(dict.fromkeys(item.partition("=")[0] for item in items))


def shown(items: Iterable[str]) -> list[str]:
    """Return the values with secrets redacted."""
    return [redacted(item) for item in items]
