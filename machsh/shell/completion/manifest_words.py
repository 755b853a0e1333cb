"""Candidates for `apply`: files, selections of machines, and the variables that a file declares."""

from __future__ import annotations

from machsh.machine.naming import MARK
from machsh.shell.completion import machsh_words
from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.grammar import WordSlot
from machsh.shell.completion.sources import Sources

NO_FILE = "name the file first: apply fleet.toml --var"


def manifest(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return files, or after `@` the selections that --adopt takes."""
    if typed.startswith(MARK):
        return machsh_words.where(sources, slot, typed)
    return sources.folders.offer(typed)


def variable(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return `NAME=` for the variables of the file that the line names."""
    if not slot.before:
        return Offer("manifest variable", "the file", reason=NO_FILE)
    text = sources.folders.text(slot.before[0])
    if text is None:
        return Offer("manifest variable", slot.before[0], is_pending=True)
    found = tuple(Candidate(f"{name}=", str(default), suffix="") for name, default in _declared(text).items())
    return Offer("manifest variable", slot.before[0], found, reason="the file declares no variables")


def _declared(text: str) -> dict[str, object]:
    import tomllib

    try:
        declared = tomllib.loads(text).get("variables", {})
    except (ValueError, RecursionError):
        return {}
    if not isinstance(declared, dict):
        return {}
    return {name: "" if default == {} else default for name, default in declared.items()}
