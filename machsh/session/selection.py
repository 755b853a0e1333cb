"""Resolves the `@...` before a line to names of machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from machsh.errors import MachshError, UsageError

if TYPE_CHECKING:
    from machsh.machine.machine import Machine
    from machsh.session.session import Session

ALL = "all"
SERIAL = "--serial"
"""Written after `@...`: run on one machine at a time."""
LABEL, DRIVER = "label:", "driver:"


def select(text: str, session: Session) -> list[str]:
    """Return the machines named by `a,b`, `all`, `label:k=v`, `driver:NAME` or a mixture, without duplicates.

    Raises UsageError if a part matches no machine, MachineNotFoundError for an unknown name.
    """
    found: dict[str, None] = {}
    for part in text.split(","):
        names = list(_part(part.strip(), session))
        if not names:
            hint = "ls lists the machines; create makes one" if part == ALL else "ls lists the machines"
            raise UsageError(f"@{part}: there is no such machine", hint=hint)
        found.update(dict.fromkeys(names))
    return list(found)


def _part(part: str, session: Session) -> Iterator[str]:
    if part == ALL:
        yield from session.machines.names()
    elif part.startswith(LABEL):
        yield from _matching(session, lambda machine: _has_label(machine, part.removeprefix(LABEL)))
    elif part.startswith(DRIVER):
        wanted = part.removeprefix(DRIVER)
        yield from _matching(session, lambda machine: machine.record.driver_name == wanted)
    elif part:
        session.check(part)
        yield part


def _matching(session: Session, wanted: Callable[[Machine], bool]) -> Iterator[str]:
    for name in session.machines.names():
        try:
            machine = session.machines.get(name)
        except MachshError:
            continue  # a broken record has no labels or driver; ls reports it
        if wanted(machine):
            yield name


def _has_label(machine: Machine, label: str) -> bool:
    key, equals, _ = label.partition("=")
    labels = machine.record.engine.labels or []
    return label in labels if equals else any(one.partition("=")[0] == key for one in labels)
