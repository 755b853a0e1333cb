"""Advice for new users: at most one line at a time, and none once it is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ENOUGH = 25
"""A user who has run this many lines needs no advice."""


@dataclass(frozen=True, slots=True)
class Experience:
    """The user's machines and the lines run so far."""

    machines: Sequence[str] = ()
    active: str = ""
    lines: Sequence[str] = ()
    """The lines run so far, in all sessions."""

    def has_used(self, *words: str) -> bool:
        """Return whether any line began with one of these words."""
        return any(line.split()[:1] and line.split()[0] in words for line in self.lines)


def advice(now: Experience) -> str:
    """Return one line on what to do next; empty if nothing needs saying."""
    if len(now.lines) >= ENOUGH:
        return ""
    if not now.machines:
        return "No machine yet. Type create, then Tab: create -d docker web makes one here."
    first = now.machines[0]
    if now.active not in now.machines and not now.has_used("use"):
        return f"Switch to a machine: use {first} (or F4)."
    if now.active in now.machines and not now.has_used("docker", "run", "ps", "pull", "images"):
        return f"docker's words work as they are, on {now.active}: try run hello-world."
    if len(now.machines) > 1 and not any(line.startswith("@") for line in now.lines):
        return "One line on every machine: @all docker ps."
    return ""
