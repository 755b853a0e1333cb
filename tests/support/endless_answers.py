"""Answers that never end, by kind: whoever asks a provider needs limits of size and of time."""

from machsh.testing.network_faults import dripping, endless

_HEAD = b"HTTP/1.1 200 OK\r\nMetadata-Flavor: Google\r\n"
ENDLESS = {
    "flood": endless(_HEAD + b"\r\n", b" " * 65536),
    "drip": dripping(_HEAD + b"Content-Length: 99999\r\n\r\n", b" ", 0.02),
    "head": dripping(_HEAD[:9], b"2", 0.02),
}
"""Acts of a `Liar`."""


def seconds_for(kind: str) -> float:
    """How long the limit of a test is: a flood ends by its size, however busy the computer is."""
    return 30.0 if kind == "flood" else 0.5
