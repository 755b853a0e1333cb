"""The port and URL of a machine's engine. Imports nothing, because fast commands use it."""

from __future__ import annotations

ENGINE_PORT = 2376
"""The port registered for Docker over TLS."""


def engine_url(ip: str, port: int = ENGINE_PORT) -> str:
    """Return `tcp://IP:PORT`, with an IPv6 address in brackets."""
    return f"tcp://[{ip}]:{port}" if ":" in ip else f"tcp://{ip}:{port}"
