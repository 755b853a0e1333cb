"""Reads the last lines of a server's console from Nova."""

from __future__ import annotations

from machsh.api import MachshError, console_lines
from machsh_openstack.openstack_api import OpenStackCloud, explained

LINES = 15
_MOST_TEXT = 64 << 10


def last_lines(cloud: OpenStackCloud, server: str) -> list[str]:
    """Return the last lines as plain text; none if there is no server, or no console output."""
    if not server:
        return []
    try:
        with explained("reading the console"):
            found = cloud.api.compute.get_server_console_output(server, length=LINES)
            text = str((found or {}).get("output") or "")[-_MOST_TEXT:]
    except MachshError:
        return []
    return console_lines(text, LINES)
