"""The grey suggestion after the cursor: the most likely rest of the line, from history."""

from __future__ import annotations

from collections.abc import Sequence

from machsh.shell.history.history_store import HistoryEntry

LOOKED_AT = 5_000
"""Number of newest entries searched on each key press."""


def suggest(text: str, entries: Sequence[HistoryEntry], machine: str) -> str:
    """Return the most likely rest of `text`, or "".

    Lines that succeeded on this machine are preferred, then those that succeeded elsewhere, then other lines
    of this machine, then all others; among equals the newest.
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
