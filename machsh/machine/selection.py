"""Resolves a selection of machines, such as `web*,-web-3` or `label:role=db`, to names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from machsh.errors import MachineNotFoundError, MachshError, UsageError
from machsh.machine.name_pattern import fits
from machsh.machine.naming import LOCAL, MARK, stored
from machsh.suggest import did_you_mean

if TYPE_CHECKING:
    from machsh.machine.machine import Machine
    from machsh.machine.machines import Machines

ALL, LABEL, DRIVER, CLUSTER = "all", "label:", "driver:", "cluster:"
WITHOUT = "-"
"""Before a part: what it selects is left out. No name begins with it."""
GLOB = "*?["
"""A part with one of these is a pattern."""


def select(text: str, machines: Machines) -> list[str]:
    """Return the machines that the parts of `text` select, without duplicates.

    A part is a name, `all`, `label:KEY[=VALUE]`, `driver:NAME`, `cluster:NAME`, or a pattern with `*`, `?`,
    `[...]` or a count (`web[1-12]`); after `-` it takes machines away. A first part with `-` takes them away
    from all. Raises UsageError if a part selects no machine or nothing is left, MachineNotFoundError for an
    unknown name.
    """
    parts = [part.strip() for part in text.split(",")]
    found = dict.fromkeys(machines.names() if parts[0].startswith(WITHOUT) else ())
    for part in parts:
        wanted = part.removeprefix(WITHOUT)
        names = list(_selected(wanted, machines))
        if not names:
            raise _nothing(wanted)
        if part is wanted:
            found.update(dict.fromkeys(names))
        else:
            found = {name: None for name in found if name not in names}
    if not found:
        raise UsageError(f"{MARK}{text} leaves no machine", hint="ls lists the machines")
    return list(found)


def expand(words: Iterable[str], machines: Machines) -> list[str]:
    """Return the names that words mean: a selection after `@`, else a name, which need not exist.

    What a selection repeats is left out. Raises what `select` raises.
    """
    found: list[str] = []
    for word in words:
        if word.startswith(MARK):
            found += [name for name in select(word.removeprefix(MARK), machines) if name not in found]
        else:
            found.append(stored(word))
    return found


def _nothing(part: str) -> UsageError:
    hint = "ls lists the machines; create makes one" if part == ALL else "ls lists the machines"
    if part.startswith(CLUSTER):
        hint = "machsh cluster ls lists the clusters"
    return UsageError(f"{MARK}{part}: there is no such machine", hint=hint)


def _selected(part: str, machines: Machines) -> Iterator[str]:
    if part == ALL:
        yield from machines.names()
    elif part.startswith(LABEL):
        label = part.removeprefix(LABEL)
        yield from _matching(machines, lambda one: has_label(one.record.engine.labels or [], label))
    elif part.startswith(DRIVER):
        wanted = part.removeprefix(DRIVER)
        yield from _matching(machines, lambda machine: machine.record.driver_name == wanted)
    elif part.startswith(CLUSTER):
        cluster = part.removeprefix(CLUSTER)
        yield from _matching(machines, lambda machine: machine.record.machsh.cluster == cluster)
    elif any(letter in part for letter in GLOB):
        yield from (name for name in machines.names() if fits(name, part))
    elif part:
        if part != LOCAL and not machines.store.exists(stored(part)):
            raise MachineNotFoundError(part, hint=did_you_mean(part, [LOCAL, *machines.names()]))
        yield part


def _matching(machines: Machines, wanted: Callable[[Machine], bool]) -> Iterator[str]:
    for name in machines.names():
        try:
            machine = machines.get(name)
        except MachshError:
            continue  # a broken record has no labels or driver; ls reports it
        if wanted(machine):
            yield name


def has_label(labels: Iterable[str], wanted: str) -> bool:
    """Whether one of the labels (`KEY=VALUE`) is the wanted one: its key and value, or its key alone."""
    _, equals, _ = wanted.partition("=")
    return any(wanted == (label if equals else label.partition("=")[0]) for label in labels)
