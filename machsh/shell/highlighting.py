"""The colour of each word of a line; wrong words are red before Enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from machsh.machine.naming import MARK
from machsh.machine.selection import ALL, CLUSTER, WITHOUT
from machsh.session import idioms
from machsh.session.resolve import DOCKER, OURS
from machsh.shell.completion.grammar import (
    ARGUMENT,
    COMMAND,
    KEYWORD,
    OPTION,
    VALUE,
    WHERE,
    Grammar,
    WordSlot,
    read,
)
from machsh.shell.completion.line import LineCommand, LineWord, PartialLine, split
from machsh.shell.completion.selected_machines import is_name, matching
from machsh.shell.completion.sources import Sources

WRONG = "wrong"
_STYLES = {COMMAND: "command", OPTION: "option", VALUE: "value", KEYWORD: "keyword", WHERE: "where"}
CLUSTER_TAKERS = ("use", "env")
"""Commands that take a cluster where they take a machine."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the text and its style class."""

    start: int
    end: int
    style: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A word that is wrong in its place, and the words that would be right there."""

    word: str
    start: int
    end: int
    what: str
    """What belongs in its place: `command`, `option`, `machine` or `driver`."""
    known: tuple[str, ...]
    is_docker: bool = False
    """Whether the word is for docker, not for machsh."""


def spans(text: str, sources: Sources, *, is_typing: bool = False) -> list[Span]:
    """Return the coloured ranges of a text in order.

    With `is_typing`, an unfinished last word is not marked wrong while it can still become a right one.
    """
    if idioms.switches(text):
        return [Span(0, len(text), "foreign")]
    line = split(text)
    found = [Span(start, end, "comment") for start, end in line.comments]
    found += [Span(start, end, "operator") for _, start, end in line.operators]
    for _, word, slot in _slots(line, sources.grammar):
        unfinished = is_typing and word.end == len(text)
        found.append(Span(word.start, word.end, style(word, slot, sources, is_unfinished=unfinished)))
    for piece in line.pieces:
        found += [Span(word.start, word.end, "file") for _, word in piece.files]
        if piece.is_foreign:
            found += [Span(word.start, word.end, "foreign") for word in piece.words]
    return sorted(found, key=lambda span: span.start)


def style(word: LineWord, slot: WordSlot, sources: Sources, *, is_unfinished: bool = False) -> str:
    """Return the style class of a word; empty for none."""
    if "$" in word.text:
        return "variable"
    judged = judge(word.text, slot, sources)
    if judged is False:
        known = known_words(slot, sources)
        return "" if is_unfinished and any(name.startswith(word.text) for name in known) else WRONG
    if _is_machine(slot):
        return "machine.known" if judged else ""
    if slot.role == COMMAND and judged is None:
        return ""
    if slot.role == COMMAND and slot.form is not None and slot.form.command is None:
        return "docker"
    if word.is_quoted and slot.role in (ARGUMENT, VALUE):
        return "string"
    return _STYLES.get(slot.role, "")


def judge(text: str, slot: WordSlot, sources: Sources) -> bool | None:
    """Return whether a word is right in its place; None if that is unknown."""
    if slot.role == WHERE:
        return _judge_where(text, sources)
    if _is_machine(slot):
        return _judge_argument(text, slot, sources)
    if "driver" in slot.kinds and slot.role == VALUE:
        return sources.drivers.knows(text[len(slot.attached) :])
    return slot.is_known


def _judge_where(text: str, sources: Sources) -> bool | None:
    parts = [part.removeprefix(WITHOUT) for part in text[1:].split(",")]
    judged = [_judge_part(part, sources) for part in parts if part]
    return False if False in judged else (None if None in judged or not judged else True)


def _judge_part(part: str, sources: Sources) -> bool | None:
    if is_name(part):
        return _judge_machine(part, sources)
    return True if part == ALL or ":" in part or matching(part, sources.states.fleet.machines) else None


def _judge_argument(text: str, slot: WordSlot, sources: Sources) -> bool | None:
    """Judge a machine's name as an argument, where also a selection and for some a cluster may stand."""
    if text.startswith(MARK):
        return _judge_where(text, sources)
    if slot.form is not None and slot.form.title in CLUSTER_TAKERS:
        name = text.removeprefix(CLUSTER)
        if any(line.cluster == name for line in sources.states.fleet.machines):
            return True
    return _judge_machine(text, sources)


def _judge_machine(name: str, sources: Sources) -> bool | None:
    fleet = sources.states.fleet
    if name in ("-", "local") or name in fleet.by_name:
        return True
    return False if fleet.is_known else None


def _is_machine(slot: WordSlot) -> bool:
    return bool(slot.kinds) and slot.kinds[0].partition(":")[0] == "machine" and slot.role == ARGUMENT


def known_words(slot: WordSlot, sources: Sources) -> Sequence[str]:
    """Return the words that would be right in a place."""
    if slot.role == WHERE:
        return [f"@{name}" for name in sources.states.fleet.by_name] + ["@all", "@local"]
    if _is_machine(slot):
        return [*sources.states.fleet.by_name, "local"]
    if slot.role == OPTION and slot.form is not None:
        return list(slot.form.flags)
    if slot.role == COMMAND:
        return _commands(slot, sources.grammar)
    if "driver" in slot.kinds:
        return [candidate.text for candidate in sources.drivers.offer().candidates]
    return ()


def _commands(slot: WordSlot, grammar: Grammar) -> list[str]:
    own = [*grammar.commands, *grammar.aliases] if "command" in slot.kinds else []
    path = slot.form.path if slot.form is not None else ()
    docker = list(grammar.docker_names(path)) if "docker-command" in slot.kinds else []
    return [*own, *docker, DOCKER, *OURS] if own else docker


def first_wrong(text: str, sources: Sources) -> Wrong | None:
    """Return the first word of a finished line that is known to be wrong, or None."""
    for piece, word, slot in _slots(split(text), sources.grammar):
        if not piece.is_foreign and "$" not in word.text and judge(word.text, slot, sources) is False:
            what = "machine" if _is_machine(slot) or slot.role == WHERE else slot.role
            what = "driver" if "driver" in slot.kinds else what
            known = tuple(known_words(slot, sources))
            is_docker = slot.form is not None and slot.form.command is None
            return Wrong(word.text, word.start, word.end, what, known, is_docker)
    return None


def _slots(line: PartialLine, grammar: Grammar) -> list[tuple[LineCommand, LineWord, WordSlot]]:
    found = []
    for piece in line.pieces:
        if not piece.is_foreign:
            slots = read([word.text for word in piece.words], grammar)
            found += [(piece, word, slot) for word, slot in zip(piece.words, slots, strict=True)]
    return found
