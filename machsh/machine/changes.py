"""Three-way merge of records."""

from __future__ import annotations

import dataclasses
from typing import Any

from machsh.record import Record


def carry_over(before: Record, after: Record, onto: Record) -> None:
    """Apply the changes between `before` and `after` to `onto`, in place; keep everything else in `onto`.

    A list counts as one value; dictionaries (the driver's object, unknown keys) are merged key by key.
    """
    for field in dataclasses.fields(after):
        old, new, there = (getattr(record, field.name) for record in (before, after, onto))
        if isinstance(new, Record):
            carry_over(old, new, there)
        else:
            setattr(onto, field.name, _merged(old, new, there))
    onto.unknown = _merged(before.unknown, after.unknown, onto.unknown)


def _merged(old: Any, new: Any, there: Any) -> Any:
    if old == new:
        return there
    if not (isinstance(old, dict) and isinstance(new, dict) and isinstance(there, dict)):
        return new
    kept = {key: value for key, value in there.items() if key in new or key not in old}
    for key, value in new.items():
        if key not in old:
            kept[key] = value
        elif old[key] != value:
            kept[key] = _merged(old[key], value, there.get(key))
    return kept
