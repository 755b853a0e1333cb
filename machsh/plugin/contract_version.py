"""The version of the contracts that plugins are written for; it stands in the names of entry-point groups."""

from __future__ import annotations

import re

API_VERSION = 1
"""The version of everything in `machsh.api`. It changes only when plugins must be changed, too."""
_GROUP = re.compile(r"(machsh\.[a-z]+)\.v(\d+)")


def kind_of(group: str) -> tuple[str, int] | None:
    """Split a group's name: `machsh.drivers.v1` is ("machsh.drivers", 1). None for other names."""
    found = _GROUP.fullmatch(group)
    return (found[1], int(found[2])) if found else None


def is_other_version(group: str, of: str) -> bool:
    """Whether `group` is another version of the group `of`."""
    theirs, ours = kind_of(group), kind_of(of)
    return theirs is not None and ours is not None and theirs[0] == ours[0] and group != of


def mismatch(version: object) -> str:
    """Return why a plugin written for this version of the contract cannot be used; empty if it can."""
    if version == API_VERSION:
        return ""
    is_newer = isinstance(version, int) and version > API_VERSION
    remedy = "a newer machsh" if is_newer else "a version of the plugin for this machsh"
    return (
        f"it is written for version {version} of machsh.api, and here is version {API_VERSION}: get {remedy}"
    )
