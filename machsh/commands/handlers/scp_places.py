"""Parses `[[USER@]NAME:]PATH` by scp's own rules."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BRACKETED = re.compile(r"((?:[^/@]*@)?\[[^/\]]*\]):")
_HEAD = re.compile(r"([^:/]*):")
_HEAD_ON_WINDOWS = re.compile(r"([^:/\\]*):")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """A path on a host. With an empty `name` (a leading colon), it is a path on this computer."""

    name: str
    path: str
    user: str = ""


def split(word: str, *, on_windows: bool = False) -> PlaceWords | None:
    """Split a word at the colon after the host; None for a path on this computer without such a colon.

    A slash before the first colon means a path on this computer; a colon inside brackets belongs to an IPv6
    address; on Windows a backslash counts as a slash, and one letter before the colon is a drive.
    """
    if on_windows and _DRIVE.match(word):
        return None
    found = _BRACKETED.match(word) or (_HEAD_ON_WINDOWS if on_windows else _HEAD).match(word)
    if not found:
        return None
    user, _, name = found[1].rpartition("@")
    return PlaceWords(name, word[found.end() :], user)
