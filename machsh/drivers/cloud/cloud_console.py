"""Cleans the text of a server's console for messages."""

from __future__ import annotations

from machsh.drivers.guest.serial_log import plain


def console_lines(text: str, count: int = 15) -> list[str]:
    """Return the last lines that are not blank, without escape sequences and control characters."""
    lines = (plain(line) for line in text.split("\n"))
    return [line for line in lines if line.strip()][-count:]
