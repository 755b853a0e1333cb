"""The port and URL of a machine's engine. Imports nothing, because fast commands use it."""

from __future__ import annotations

ENGINE_PORT = 2376
"""The port registered for Docker over TLS."""
TLS, SSH = "tls", "ssh"
ENDPOINTS = (TLS, SSH)
"""How an engine is reached: over TLS at its port, or by its socket over ssh."""


def engine_url(ip: str, port: int = ENGINE_PORT) -> str:
    """Return `tcp://IP:PORT`, with an IPv6 address in brackets."""
    return f"tcp://[{ip}]:{port}" if ":" in ip else f"tcp://{ip}:{port}"
