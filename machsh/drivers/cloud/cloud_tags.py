"""The tags by which a store finds its resources at a provider, even if its records are lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MACHINE_TAG = "machsh-machine"
"""The tag with the machine's name."""
STORE_TAG = "machsh-store"
"""The tag with the identity of the store."""
OWNER_TAG = "machsh-owner"
"""The tag with the token of the machine's record."""
_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class CloudTags:
    """A machine's tags. All providers accept the keys, which are `MACHINE_TAG` and the others."""

    machine: str
    store: str
    """The identity of the store, by `store_id`."""
    owner: str
    """The random token of the machine's record, which differs between machines of the same name."""

    def to_dict(self, longest: int = 63) -> dict[str, str]:
        """Return key -> value, with only characters that labels may have, at most `longest` of them."""
        return {
            MACHINE_TAG: tag_value(self.machine, longest),
            STORE_TAG: tag_value(self.store, longest),
            OWNER_TAG: tag_value(self.owner, longest),
        }

    @classmethod
    def from_dict(cls, tags: Mapping[str, str]) -> CloudTags | None:
        """Return the tags of a resource; None if it is not marked as machsh's."""
        if not tags.get(OWNER_TAG):
            return None
        return cls(tags.get(MACHINE_TAG, ""), tags.get(STORE_TAG, ""), tags[OWNER_TAG])


def tag_value(text: str, longest: int = 63) -> str:
    """Return a text as the value of a label: letters, digits, `_`, `.`, `-`, and no sign at its ends."""
    value = re.sub(r"[^A-Za-z0-9_.-]", "-", text)[:longest].strip("_.-")
    return value if _VALUE.fullmatch(value) else ""
