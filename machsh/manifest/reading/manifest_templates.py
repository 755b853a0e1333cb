"""Templates, which machines share, merged key by key. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from machsh.manifest.reading.document import Keys, ManifestDocument
from machsh.manifest.reading.fields import NAMES, check_kind
from machsh.suggest import did_you_mean

TEMPLATE, TEMPLATES = "template", "templates"

Merged = dict[str, tuple[Any, Keys]]
"""Key -> its value, and its path in the file."""


def merged(document: ManifestDocument, place: Keys) -> Merged:
    """Return the keys of the table at `place`, which override those of its templates.

    Raises ManifestError for an unknown template, and for a cycle of templates.
    """
    found: Merged = {}
    for source in _sources(document, place, (place,)):
        for key, value in _table(document, source).items():
            if key != TEMPLATE:
                found[key] = (value, (*source, key))
    return found


def _sources(document: ManifestDocument, place: Keys, path: tuple[Keys, ...]) -> Iterator[Keys]:
    """Yield the tables to merge; later ones win."""
    named = _table(document, place).get(TEMPLATE, [])
    check_kind(document, (*place, TEMPLATE), named, NAMES)
    for name in [named] if isinstance(named, str) else named:
        target = (TEMPLATES, name)
        templates = document.content.get(TEMPLATES, {})
        if name not in templates:
            hint = did_you_mean(name, list(templates)) or _known(templates)
            raise document.error((*place, TEMPLATE), f'there is no template "{name}"', hint=hint)
        if target in path:
            circle = " -> ".join(one[-1] for one in (*path[path.index(target) :], target))
            raise document.error(
                target, f"templates take over each other: {circle}", hint="leave one of them out"
            )
        yield from _sources(document, target, (*path, target))
    yield place


def _table(document: ManifestDocument, place: Keys) -> Mapping[str, Any]:
    found = document.content[place[0]][place[1]]
    if not isinstance(found, dict):
        raise document.error(
            place,
            f"{place[1]} must be a table of keys and values",
            hint=f"[{'.'.join(place)}], and its keys below",
        )
    return found


def _known(templates: Mapping[str, Any]) -> str:
    return f"there are {', '.join(templates)}" if templates else "declare it under [templates.NAME]"
