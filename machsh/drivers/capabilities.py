"""What drivers can do, as data: whoever needs to know asks for a capability, never for a driver's name.

It imports nothing of machsh, so that the quick answers can read the built-in drivers' capabilities from it.
"""

from __future__ import annotations

from enum import Enum


class Capability(Enum):
    """One thing that holds for every machine of a driver."""

    SSH = "ssh"
    """Its hosts are reached over ssh: `ssh_target` gives the way."""
    PROVISIONS = "provisions"
    """`create` goes on to install and configure an engine; needs SSH."""
    FIXED_ADDRESS = "fixed address"
    """The user gave the address, which is the record's `IPAddress`; no host is asked for it."""
    STORED_URL = "stored url"
    """The user gave the engine's whole URL, which is the record's `URL`."""
    REPLACES_IMAGE = "replaces image"
    """The engine is part of a boot image that `replace_image` renews."""
    SNAPSHOTS = "snapshots"
    """Its hosts can be kept as they are and brought back."""
    CONSOLE = "console"
    """Its hosts have a console that can be shown without ssh."""
    NO_PORT = "no port"
    """Its hosts open no port for the engine, which is reached over ssh only."""


Capabilities = frozenset[Capability]

DEFAULT_CAPABILITIES: Capabilities = frozenset({Capability.SSH, Capability.PROVISIONS})
"""Those of a driver that says nothing about it."""

BUILT_IN: dict[str, Capabilities] = {
    "docker": DEFAULT_CAPABILITIES,
    "generic": DEFAULT_CAPABILITIES | {Capability.FIXED_ADDRESS},
    "none": frozenset({Capability.FIXED_ADDRESS, Capability.STORED_URL}),
}
"""Name of a built-in driver -> its capabilities; its class refers to them here."""


def known(driver_name: str) -> Capabilities:
    """What is known of a driver without importing it: nothing unless it is built in."""
    return BUILT_IN.get(driver_name, frozenset())
