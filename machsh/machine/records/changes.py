"""Three-way merge of records."""

from __future__ import annotations

import dataclasses

from machsh.record import Record, merged


def carry_over(before: Record, after: Record, onto: Record) -> None:
    """Apply the changes between `before` and `after` to `onto`, in place; keep everything else in `onto`.

    A list counts as one value; dictionaries (the driver's object, unknown keys) are merged key by key.
    """
    for field in dataclasses.fields(after):
        old, new, there = (getattr(record, field.name) for record in (before, after, onto))
        if isinstance(new, Record):
            carry_over(old, new, there)
        else:
            setattr(onto, field.name, merged(old, new, there))
    onto.unknown = merged(before.unknown, after.unknown, onto.unknown)
