"""Candidates for the words after `cluster VERB`."""

from __future__ import annotations

from dataclasses import replace

from machsh.machine.naming import MARK
from machsh.shell.completion import docker_words, machsh_words
from machsh.shell.completion.candidate import Candidate, Offer
from machsh.shell.completion.grammar import WordSlot
from machsh.shell.completion.selected_machines import matching
from machsh.shell.completion.sources import Sources

CLUSTERS, MACHINES, FILE, STACK, NEW, ROTATED = "clusters", "machines", "file", "stack", "new", "rotated"
MEMBERS = "members"
"""Machines that are in a cluster."""
WORDS: dict[str, tuple[str, ...]] = {
    "init": (NEW, MACHINES, "..."),
    "join": (CLUSTERS, MACHINES, "..."),
    "recover": (CLUSTERS, MEMBERS),
    "leave": (MEMBERS, "..."),
    "promote": (MEMBERS, "..."),
    "demote": (MEMBERS, "..."),
    "drain": (MEMBERS, "..."),
    "activate": (MEMBERS, "..."),
    "label": (MEMBERS, "..."),
    "status": (CLUSTERS,),
    "rm": (CLUSTERS,),
    "upgrade": (CLUSTERS,),
    "lock": (CLUSTERS,),
    "unlock": (CLUSTERS,),
    "unlock-key": (CLUSTERS,),
    "rotate": (CLUSTERS, ROTATED),
    "deploy": (CLUSTERS, FILE, STACK),
}
"""Verb -> what its words are; a final `...` repeats the one before."""
ROTATIONS = (("tokens", "new join tokens"), ("ca", "a new authority of the nodes' certificates"))


def cluster_word(sources: Sources, slot: WordSlot, typed: str) -> Offer:
    """Return what may stand in this place after the verb: clusters, machines, files, stacks."""
    verb, *before = slot.before
    what = _place(WORDS.get(verb, ()), verb, before, sources)
    if what in (MACHINES, MEMBERS):
        return _machines(sources, slot, typed, only_members=what == MEMBERS)
    if what == CLUSTERS:
        offer = _clusters(sources)
        return _with_files(sources, offer, typed) if verb == "deploy" else offer
    if what == FILE:
        return sources.folders.offer(typed)
    if what == STACK:
        return _stacks(sources, slot, before)
    words = ROTATIONS if what == ROTATED else ()
    reason = "a name that nothing has yet" if what == NEW else "no more words"
    return Offer("cluster word", "machsh's commands", tuple(Candidate(*one) for one in words), reason=reason)


def _place(words: tuple[str, ...], verb: str, before: list[str], sources: Sources) -> str:
    """Return what the next word is; `deploy` and `rotate` may leave out the cluster."""
    at = len(before)
    if verb == "deploy" and before and before[0] not in _names(sources):
        at += 1
    if words[-1:] == ("...",):
        return words[min(at, len(words) - 2)]
    return words[at] if at < len(words) else ""


def _names(sources: Sources) -> set[str]:
    """Return the clusters' names, as they may be written."""
    clusters = machsh_words.clusters(sources.states.fleet.machines)
    return {one.text for one in clusters} | {one.text.rpartition(":")[2] for one in clusters}


def _machines(sources: Sources, slot: WordSlot, typed: str, *, only_members: bool) -> Offer:
    if typed.startswith(MARK):
        return machsh_words.where(sources, slot, typed)
    offer = machsh_words.machines(sources, slot)
    if not only_members:
        return offer
    members = {line.name for line in sources.states.fleet.machines if line.cluster}
    found = tuple(one for one in offer.candidates if one.text.rpartition(":")[2] in members)
    return replace(offer, candidates=found, reason=offer.reason or "no machine is in a cluster")


def _clusters(sources: Sources) -> Offer:
    sources.states.refresh_if_stale()
    found = machsh_words.clusters(sources.states.fleet.machines)
    return machsh_words.of_store(
        "cluster", found, sources.states, "no clusters yet: cluster init NAME @m1,m2"
    )


def _with_files(sources: Sources, clusters: Offer, typed: str) -> Offer:
    """Return the clusters and the files: the only cluster need not be named."""
    files = sources.folders.offer(typed)
    found = files.candidates if "/" in typed else (*clusters.candidates, *files.candidates)
    return replace(clusters, candidates=found, is_pending=clusters.is_pending or files.is_pending)


def _stacks(sources: Sources, slot: WordSlot, before: list[str]) -> Offer:
    """Return the stacks that the cluster's first machines know of; a worker knows none."""
    fleet = sources.states.fleet.machines
    name = before[0].rpartition(":")[2] if before[0] in _names(sources) else ""
    members = matching(f"cluster:{name}", fleet) if name else [line.name for line in fleet if line.cluster]
    return docker_words.names_on(sources, slot, "stack", members[: docker_words.MOST_ASKED])
