"""The one name that all of a machine's things carry at the provider: its tag, and its key's name.

DigitalOcean's tags have no values and outlive what they are on, and its keys have no tags. So a machine has
one tag, made first and deleted last, which says everything: `machsh:web:STORE:OWNER`.
"""

from __future__ import annotations

import re

from machsh.api import CloudTags

_PREFIX = "machsh"
_LONGEST = 255


def mark_of(tags: CloudTags) -> str:
    """Return a machine's mark, which has only what tags may have."""
    ending = f":{tags.store}:{tags.owner}"
    name = re.sub(r"[^A-Za-z0-9_-]", "-", tags.machine)
    return f"{_PREFIX}:{name[: _LONGEST - len(_PREFIX) - 1 - len(ending)]}{ending}"


def read_mark(text: str) -> CloudTags | None:
    """Return what a mark says; None for any other text."""
    words = text.split(":")
    if len(words) != 4 or words[0] != _PREFIX or not all(words):
        return None
    return CloudTags(*words[1:])
