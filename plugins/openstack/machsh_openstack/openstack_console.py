"""The console of a server, of which Nova tells the last lines."""

from __future__ import annotations

import re

from machsh.api import MachshError
from machsh_openstack.openstack_cloud import OpenStackCloud, explained

LINES = 15
_MOST_TEXT = 64 << 10
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def last_lines(cloud: OpenStackCloud, server: str) -> list[str]:
    """Return the last lines as plain text; none if there is no server or the cloud does not tell."""
    if not server:
        return []
    try:
        with explained("reading the console"):
            found = cloud.api.compute.get_server_console_output(server, length=LINES)
            text = str((found or {}).get("output") or "")[-_MOST_TEXT:]
    except MachshError:
        return []
    lines = [_CONTROLS.sub("", _ESCAPES.sub("", line)).rstrip() for line in text.splitlines()]
    return [line for line in lines if line][-LINES:]
