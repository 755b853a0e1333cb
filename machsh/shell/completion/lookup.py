"""Finds the candidates for the kinds of things that may stand at the cursor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from machsh.commands.handlers.env_lines import SHELLS
from machsh.commands.handlers.ls.ls_items import HEADERS
from machsh.machine.naming import MARK
from machsh.session.fan_out_options import OPTIONS as FAN_OUT
from machsh.session.resolve import DOCKER
from machsh.shell.completion import (
    cluster_words,
    docker_words,
    machsh_words,
    manifest_words,
    setting_words,
    ssh_words,
)
from machsh.shell.completion.candidate import Candidate, CompletionResult, Offer
from machsh.shell.completion.grammar import UNFINISHED_MACHINE, WordSlot, read
from machsh.shell.completion.line import CursorContext, cursor_context
from machsh.shell.completion.plugin_kinds import CompletionContext
from machsh.shell.completion.sources import Sources
from machsh.shell.machine_cache import RUNNING, STOPPED

Source = Callable[[Sources, WordSlot, str], Offer]


def _still(source: Callable[[Sources, WordSlot], Offer]) -> Source:
    """Turn a source that ignores the typed text into a Source."""
    return lambda sources, slot, typed: source(sources, slot)


def _machines(sources: Sources, slot: WordSlot, typed: str, wanted: str = "") -> Offer:
    takes_several = slot.form is not None and slot.form.arguments[-1:] == ("...",)
    if takes_several and typed.startswith(MARK):
        return machsh_words.where(sources, slot, typed)
    return machsh_words.machines(sources, slot, wanted)


def _literal(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    words = slot.form.literals if slot.form is not None else ()
    command = slot.form.command if slot.form is not None else None
    notes = {one.name: one.summary for one in command.verbs} if command is not None else {}
    found = tuple(Candidate(word, notes.get(word, "")) for word in words)
    return Offer("literal", "machsh's commands", found)


def _shells(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    return Offer("shell", "known shells", tuple(Candidate(word) for word in SHELLS))


def _fan_out(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    found = tuple(Candidate(f"--{option.name}", option.help, "option") for option in FAN_OUT)
    return Offer("option", "machsh's language", found)


def _loading(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    return Offer("loading", "docker --help", is_pending=True)


def _snapshots(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    return sources.snapshots.offer(slot.before[0] if slot.before else sources.active())


def _variables(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    names = sources.variables()
    return Offer("variable", "this session", tuple(Candidate(name, value) for name, value in names.items()))


SOURCES: dict[str, Source] = {
    "command": _still(machsh_words.commands),
    "keyword": _still(machsh_words.keywords),
    "option": machsh_words.options,
    "machine": _machines,
    "machine:running": partial(_machines, wanted=RUNNING),
    "machine:stopped": partial(_machines, wanted=STOPPED),
    UNFINISHED_MACHINE: _still(machsh_words.unfinished_machines),
    "where": machsh_words.where,
    "machine path": machsh_words.machine_path,
    "machine setting": setting_words.machine_setting,
    "cluster word": cluster_words.cluster_word,
    "selected container": docker_words.on_selected,
    "manifest": manifest_words.manifest,
    "manifest variable": manifest_words.variable,
    "guest-image": machsh_words.guest_image,
    "ssh-host": ssh_words.ssh_host,
    "local-image": machsh_words.local_image,
    "driver": lambda sources, slot, typed: sources.drivers.offer(),
    "ls filter": machsh_words.ls_filter,
    "ls format": lambda sources, slot, typed: machsh_words.template(
        tuple(HEADERS), typed, formats=("table", "json", "csv")
    ),
    "inspect format": lambda sources, slot, typed: machsh_words.template(machsh_words.INSPECT_FIELDS, typed),
    "literal": _literal,
    "shell": _shells,
    "snapshot": _snapshots,
    "variable": _variables,
    "file": lambda sources, slot, typed: sources.folders.offer(typed),
    "folder": lambda sources, slot, typed: sources.folders.offer(typed, only_folders=True),
    "program": lambda sources, slot, typed: sources.programs.offer(),
    "docker-command": _still(docker_words.commands),
    "anything": _still(docker_words.anything),
    "container-path": docker_words.container_path,
    "volume-or-path": docker_words.volume_or_path,
    "filter": docker_words.filters,
    "field": docker_words.fields,
    "mount": docker_words.mount,
    "choice": _still(docker_words.choice),
    "probe": _still(docker_words.choice),
    "loading": _loading,
    "fan-out option": _fan_out,
}
"""Kind -> the function that returns its candidates.

Live kinds (`container`, `image`, ...) come from the engine, any other kind from the plugin of that name.
"""


def answer(before: str, sources: Sources) -> CompletionResult:
    """Return all that may stand at the end of `before`, the text before the cursor. Reads memory only."""
    place = cursor_context(before)
    if place.is_comment:
        return CompletionResult()
    if place.typed.startswith("$") and not place.quote:
        return _variable_answer(place, sources)
    if place.redirection:
        return CompletionResult(place.typed, place.start, [sources.folders.offer(place.typed)])
    if place.is_foreign:
        return CompletionResult(place.typed, place.start, _foreign(place, sources))
    if not sources.grammar.is_ready:
        return CompletionResult(
            place.typed, place.start, [Offer("loading", "the shell's start", is_pending=True)]
        )
    slot = read([*place.words, place.typed], sources.grammar)[-1]
    typed = place.typed[len(slot.attached) :]
    offers = [offer_of(kind, sources, slot, typed) for kind in slot.kinds]
    if slot.kinds == ("command", "docker-command"):
        offers.append(offer_of("keyword", sources, slot, typed))
    if slot.attached:
        offers = [machsh_words.prefixed(offer, slot.attached) for offer in offers]
    if not slot.kinds:
        offers = [_nothing(sources, slot)]
    return CompletionResult(place.typed, place.start, offers)


def _nothing(sources: Sources, slot: WordSlot) -> Offer:
    """Return an empty offer that says why nothing can be offered."""
    from machsh.shell.completion.docker_tree import NoTree

    if slot.form is None and isinstance(sources.grammar.tree, NoTree):
        return Offer("nothing", "no docker CLI", reason=docker_words.NO_CLI)
    if slot.form is None or slot.form.title == DOCKER:
        return Offer("nothing", "no command", reason="no such command")
    if slot.flag is not None:
        return Offer("nothing", "free text", reason=f"{slot.flag.title} takes any text")
    return Offer("nothing", "free text", reason=f"{slot.form.title} {slot.form.syntax}".strip())


def slots_at(before: str, sources: Sources) -> list[WordSlot]:
    """Return the slots of the command at the cursor; none in a comment, a file name, or after `!` or `|`."""
    place = cursor_context(before)
    if place.is_comment or place.redirection or place.is_foreign:
        return []
    return read([*place.words, place.typed], sources.grammar)


def offer_of(kind: str, sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the candidates of one kind."""
    source = SOURCES.get(kind)
    if source is not None:
        return source(sources, slot, typed)
    if kind.partition(":")[0] in docker_words.LIVE_KINDS:
        return docker_words.names(sources, slot, kind)
    context = CompletionContext(
        typed,
        slot.form.title if slot.form is not None else "",
        slot.before,
        machsh_words.machine_of(sources, slot),
        dict(sources.variables()),
    )
    return sources.plugged.offer(kind, context)


def _foreign(place: CursorContext, sources: Sources) -> list[Offer]:
    """Return programs for the first word after `!` or `|`, a plugin's words or files for the others."""
    if not place.words:
        return [sources.folders.offer(place.typed) if "/" in place.typed else sources.programs.offer()]
    program, *arguments = place.words
    variables = dict(sources.variables())
    context = CompletionContext(place.typed, program, tuple(arguments), sources.active(), variables)
    offer = sources.plugged.program_words(program, context)
    if offer is None:
        return [sources.folders.offer(place.typed)]
    if any(one.text.startswith(place.typed) for one in offer.candidates):
        return [offer]
    return [offer, sources.folders.offer(place.typed)]


def _variable_answer(place: CursorContext, sources: Sources) -> CompletionResult:
    names = sources.variables()
    found = tuple(Candidate(f"${name}", value) for name, value in names.items())
    return CompletionResult(place.typed, place.start, [Offer("variable", "this session", found)])
