"""Candidates for docker's words: commands, live names, filters, fixed values, paths in containers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from machsh.machine.naming import MARK
from machsh.shell.completion import docker_kinds
from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.grammar import WordSlot
from machsh.shell.completion.machsh_words import machine_of, prefixed, template
from machsh.shell.completion.selected_machines import selected
from machsh.shell.completion.sources import Sources

LIVE_KINDS = frozenset(
    "container image network volume context service node secret config plugin stack compose-service".split()
)
NO_CLI = "there is no docker CLI on PATH"
MOST_SORTED = 2_000
"""Lists with more containers are not sorted by state: that would slow down each key press."""
MOST_ASKED = 3
"""Of so many machines of a selection or cluster names are offered; four engines are followed at once."""
MOUNT_KEYS = ("type=bind", "type=volume", "type=tmpfs", "source=", "target=", "readonly")


def commands(sources: Sources, slot: WordSlot) -> Offer:
    """Return the subcommands of the docker command being typed."""
    path = slot.form.path if slot.form is not None else ()
    names = sources.grammar.docker_names(path)
    common = docker_kinds.COMMON_COMMANDS if not path else ()
    order = [name for name in common if name in names] + [name for name in names if name not in common]
    found = tuple(Candidate(name, names[name], "docker") for name in order)
    is_pending = sources.grammar.tree.is_pending(path)
    reason = "" if names else NO_CLI
    return Offer("docker-command", "docker --help", found, is_pending=is_pending, reason=reason)


def names(sources: Sources, slot: WordSlot, kind: str) -> Offer:
    """Return the names of a kind on the machine that the line is for.

    A kind such as `container:running` selects by state; names already given as arguments are left out.
    """
    return names_on(sources, slot, kind, [machine_of(sources, slot)])


def names_on(sources: Sources, slot: WordSlot, kind: str, machines: Sequence[str]) -> Offer:
    """Return the names of a kind on these machines, each once, as `names` does."""
    base, _, state = kind.partition(":")
    offers = [sources.live.offer(machine, base) for machine in machines]
    if not offers:
        return Offer(kind, "no machine", reason="no machine is selected")
    all_named: dict[str, Candidate] = {}
    for offer in offers:
        for one in offer.candidates:
            all_named.setdefault(one.text, one)
    wanted = tuple(
        one
        for one in all_named.values()
        if one.text not in slot.before and (not state or fits(one.style.removeprefix("state."), state))
    )
    if base == "container" and len(wanted) < MOST_SORTED:
        wanted = tuple(sorted(wanted, key=lambda one: one.style != "state.running"))
    reason = offers[0].reason
    if all_named and not wanted:
        is_given = all(name in slot.before for name in all_named)
        reason = "every one is named already" if is_given else f"no {base} on {machines[0]} is {state}"
    is_pending = any(offer.is_pending for offer in offers)
    is_old = any(offer.is_old for offer in offers)
    return replace(
        offers[0], kind=kind, candidates=wanted, is_pending=is_pending, reason=reason, is_old=is_old
    )


def on_selected(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the containers of the machines that the command's first word selects (`logs @web* NAME`).

    Of the first of them, so that the engine of the active machine is still followed.
    """
    selection = slot.before[0].removeprefix(MARK) if slot.before else ""
    machines = selected(selection, sources.states.fleet.machines)
    return names_on(sources, slot, "container", machines[:MOST_ASKED])


def fits(state: str, wanted: str) -> bool:
    """Return whether a container's `state` counts as `wanted`; an empty (unknown) one always does."""
    if wanted == "running":
        return state in ("running", "restarting", "paused", "")
    if wanted == "stopped":
        return state in ("exited", "created", "dead", "")
    return state in (wanted, "")


def anything(sources: Sources, slot: WordSlot) -> Offer:
    """Return the names that `inspect` takes: containers, images, networks and volumes."""
    offers = [names(sources, slot, kind) for kind in ("container", "image", "network", "volume")]
    found = tuple(candidate for offer in offers for candidate in offer.candidates)
    is_pending = any(offer.is_pending for offer in offers)
    return replace(offers[0], kind="anything", candidates=found, is_pending=is_pending)


def container_path(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return `NAME:PATH` in a container, and paths on this computer."""
    name, has_path, path = typed.partition(":")
    if has_path:
        machine = machine_of(sources, slot)
        return prefixed(sources.live.paths(machine, name, path[: path.rfind("/") + 1]), f"{name}:")
    listed = sources.folders.offer(typed)
    if "/" in typed or typed.startswith((".", "~")):
        return listed
    live = names(sources, slot, "container")
    containers = tuple(Candidate(f"{one.text}:", one.note, one.style, "") for one in live.candidates)
    is_pending = live.is_pending or listed.is_pending
    found = (*containers, *listed.candidates)
    return replace(live, kind="container-path", candidates=found, is_pending=is_pending)


def volume_or_path(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return what `-v` takes: volume names, or paths on this computer."""
    if typed.startswith(("/", ".", "~")):
        return sources.folders.offer(typed)
    live = names(sources, slot, "volume")
    found = tuple(Candidate(f"{one.text}:", one.note, one.style, "") for one in live.candidates)
    return replace(live, candidates=found)


def filters(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the keys of `--filter`, or the values of the key that was typed.

    machsh's commands that take docker's filters have the names of docker's commands.
    """
    form = slot.form
    path = () if form is None else form.path or (form.title,)
    keys = docker_kinds.FILTERS.get(docker_kinds.short_path(path), {})
    key, has_value, _ = typed.partition("=")
    if not has_value:
        return Offer("filter", "docker's filters", tuple(Candidate(f"{name}=", suffix="") for name in keys))
    kind = keys.get(key, "")
    if kind in LIVE_KINDS:
        return prefixed(names(sources, slot, kind), f"{key}=")
    return Offer("filter", "docker's filters", tuple(Candidate(f"{key}={value}") for value in kind.split()))


def fields(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the `--format` fields of a listing."""
    path = slot.form.path if slot.form is not None else ()
    known = docker_kinds.FIELDS.get(docker_kinds.short_path(path), ())
    return template(known, typed, formats=("table", "json"))


def mount(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return the keys of `--mount` that are not used before the last comma."""
    head = typed[: typed.rfind(",") + 1]
    return Offer("mount", "docker's mounts", tuple(_mount_keys(head)))


def _mount_keys(head: str) -> Iterable[Candidate]:
    used = {part.partition("=")[0] for part in head.split(",")}
    return (Candidate(head + key, suffix="") for key in MOUNT_KEYS if key.partition("=")[0] not in used)


def choice(sources: Sources, slot: WordSlot) -> Offer:
    """Return the fixed values of an option: as the docker CLI reports them, else from a built-in table."""
    flag = slot.flag
    if flag is None:
        return Offer("choice", "no option")
    path = slot.form.path if slot.form is not None and slot.form.command is None else None
    tree = sources.grammar.tree
    reported = tree.values(path, flag.name) if path and flag.name else None
    if reported is not None and reported.values and not reported.is_live:
        found = tuple(Candidate(value, text) for value, text in reported.values)
        return Offer("choice", "docker __complete", found)
    is_pending = bool(path) and reported is None and tree.is_pending(path or (), flag.name)
    return Offer(
        "choice", "known values", tuple(Candidate(word) for word in flag.choices), is_pending=is_pending
    )
