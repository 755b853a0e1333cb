"""The grey suggestion behind the cursor: the line that was most likely meant, from history."""

from __future__ import annotations

from collections.abc import Sequence

from machsh.shell.history_store import HistoryEntry

LOOKED_AT = 5_000
"""The newest entries searched at each key."""


def suggest(text: str, entries: Sequence[HistoryEntry], machine: str) -> str:
    """What would complete `text`, or nothing.

    Lines that ended well on this machine come first, then any that ended well, then any; within these the
    newest.
    """
    if not text.strip() or "\n" in text:
        return ""
    best, best_rank = "", 0
    for entry in reversed(entries[-LOOKED_AT:]):
        if entry.text.startswith(text) and len(entry.text) > len(text):
            rank = 1 + 2 * (entry.code == 0) + (entry.machine == machine)
            if rank > best_rank:
                best, best_rank = entry.text[len(text) :], rank
                if rank == 4:
                    break
    return best.partition("\n")[0]
