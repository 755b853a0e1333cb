"""The address by which a cloud sees this computer: what a new machine's ports are opened to."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit


def private_source(url: str) -> str:
    """Return this computer's address towards a cloud in a private network, "" for one in the internet.

    What a service in the internet tells would be of no use there: a company's own cloud never sees it.
    """
    host = urlsplit(url).hostname or ""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        peer = ipaddress.ip_address(str(place[0]))
        if not peer.is_private or peer.is_loopback:
            return ""
        return str(ipaddress.ip_network(_source_towards(family, place)))
    except (OSError, ValueError):
        return ""


def _source_towards(family: int, place: tuple[object, ...]) -> str:
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(place)  # sends nothing: the system chooses the address from which it would
        return str(probe.getsockname()[0])
