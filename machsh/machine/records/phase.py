"""The phases of a machine's creation, as stored in its record."""

from __future__ import annotations

HOST = "host"
"""The driver has started to create the host and has not finished."""
ENGINE = "engine"
"""The host exists; its engine is not set up, or not checked yet."""
DONE = ""


def describe(phase: str, name: str) -> str:
    """Return one line for a list or an error; empty if the creation is complete."""
    if phase == DONE:
        return ""
    what = "host not made" if phase == HOST else "engine not set up"
    return f"creation not finished ({what}): machsh create --resume {name}"
