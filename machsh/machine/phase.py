"""How far an unfinished creation came."""

from __future__ import annotations

HOST = "host"
"""The driver has begun to make the host and has not ended."""
ENGINE = "engine"
"""The host is made; its engine is not set up or not checked yet."""
DONE = ""


def describe(phase: str, name: str) -> str:
    """One line for a list or an error; empty when the creation is complete."""
    if phase == DONE:
        return ""
    what = "host not made" if phase == HOST else "engine not set up"
    return f"creation not finished ({what}): machsh provision {name}"
