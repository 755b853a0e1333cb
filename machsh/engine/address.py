"""Where a machine's engine listens. Imports nothing: the quick answers read it, too."""

from __future__ import annotations

ENGINE_PORT = 2376
"""Docker's registered port for TLS."""


def engine_url(ip: str, port: int = ENGINE_PORT) -> str:
    """`tcp://IP:PORT`, an IPv6 address in brackets."""
    return f"tcp://[{ip}]:{port}" if ":" in ip else f"tcp://{ip}:{port}"
