"""Candidates for `reconfigure`: machines, keys of settings, and values."""

from __future__ import annotations

import re

from machsh.shell.completion import machsh_words
from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.grammar import WordSlot
from machsh.shell.completion.sources import Sources

_BEGUN = re.compile(r"([A-Za-z][A-Za-z0-9.-]*?)(\+=|-=|=)")
_LABELS = "engine.label"


def machine_setting(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return machines and keys, or the values of the key that was typed. Reads memory only."""
    begun = _BEGUN.match(typed)
    if begun:
        return _values(begun[1], begun[0], sources, slot)
    machines = machsh_words.machines(sources, slot)
    keys = tuple(_keys())
    return Offer(
        "machine setting", "the store", (*machines.candidates, *keys), machines.age, machines.is_pending
    )


def _keys() -> list[Candidate]:
    from machsh.commands.handlers.setting_options import help_of
    from machsh.machine.alteration.machine_setting import MACHINE_SETTINGS

    found = []
    for key, setting in MACHINE_SETTINGS.items():
        operators = ("+=", "-=", "=") if setting.is_list else ("=",)
        found += [Candidate(f"{key}{operator}", help_of(setting), "option", "") for operator in operators]
    return found


def _values(key: str, head: str, sources: Sources, slot: WordSlot) -> Offer:
    from machsh.commands.handlers.setting_options import choices_of, help_of
    from machsh.machine.alteration.machine_setting import MACHINE_SETTINGS

    setting = MACHINE_SETTINGS.get(key)
    if setting is None:
        return Offer("machine setting", "no setting", reason=f"there is no setting {key}")
    values = list(choices_of(setting))
    if key == _LABELS:
        named = {sources.active(), *slot.before}
        fleet = [line for line in sources.states.fleet.machines if line.name in named]
        values += sorted({label for line in fleet for label in line.labels})
    found = tuple(Candidate(f"{head}{value}") for value in values)
    return Offer("machine setting", "the store", found, reason=help_of(setting))
