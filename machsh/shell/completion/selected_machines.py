"""Which machines a selection means, from memory; `machsh.machine.selection` reads the store for it."""

from __future__ import annotations

from collections.abc import Sequence

from machsh.machine.name_pattern import fits
from machsh.machine.naming import LOCAL
from machsh.machine.selection import ALL, CLUSTER, DRIVER, GLOB, LABEL, WITHOUT, has_label
from machsh.shell.machine_cache import MachineSummary


def selected(text: str, fleet: Sequence[MachineSummary]) -> list[str]:
    """Return the machines that a selection picks; `text` is what follows its `@`.

    A name that no machine has is kept: it may be new.
    """
    parts = [part for part in text.split(",") if part]
    found = dict.fromkeys(matching(ALL, fleet) if parts[:1] and parts[0].startswith(WITHOUT) else ())
    for part in parts:
        wanted = part.removeprefix(WITHOUT)
        names = matching(wanted, fleet) or ([wanted] if is_name(wanted) else [])
        if part is wanted:
            found.update(dict.fromkeys(names))
        else:
            found = {name: None for name in found if name not in names}
    return list(found)


def matching(part: str, fleet: Sequence[MachineSummary]) -> list[str]:
    """Return the machines that one part of a selection means, such as `web*` or `label:tier=db`."""
    if part == ALL:
        return [line.name for line in fleet]
    if part.startswith(DRIVER):
        return [line.name for line in fleet if line.driver == part.removeprefix(DRIVER)]
    if part.startswith(CLUSTER):
        return [line.name for line in fleet if line.cluster == part.removeprefix(CLUSTER)]
    if part.startswith(LABEL):
        return [line.name for line in fleet if has_label(line.labels, part.removeprefix(LABEL))]
    if part == LOCAL:
        return [LOCAL]
    return [line.name for line in fleet if fits(line.name, part)]


def is_name(part: str) -> bool:
    """Whether a part of a selection is the name of one machine."""
    return part != ALL and ":" not in part and not any(letter in part for letter in GLOB)
