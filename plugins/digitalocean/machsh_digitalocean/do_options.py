"""The driver's options of `create`: docker-machine's, then machsh's own."""

from __future__ import annotations

from typing import Any

from machsh.api import Kind, Option

OPEN_TO, OPEN_PORT = "digitalocean-open-to", "digitalocean-open-port"
USER_DATA, KEY_PATH = "digitalocean-userdata", "digitalocean-ssh-key-path"
REGION = "nyc3"
"""docker-machine's default."""


def _option(name: str, text: str, kind: Kind = Kind.STRING, **more: Any) -> Option:
    if not more.get("ours"):
        more.setdefault("variable", f"DIGITALOCEAN_{name.upper().replace('-', '_')}")
    return Option(f"digitalocean-{name}", text, kind, **more)


def _own_option(name: str, text: str, kind: Kind = Kind.STRING, **more: Any) -> Option:
    return _option(name, text, kind, ours=True, **more)


OPTIONS = (
    _option("access-token", "Token of the account", secret=True, default_words="doctl's context"),
    _option("ssh-user", "User for ssh", default="root"),
    _option(
        "ssh-key-fingerprint",
        "Print of a key in the account; its private half is --digitalocean-ssh-key-path",
    ),
    _option("ssh-key-path", "Your own private key, instead of a new pair", values="file"),
    _option("ssh-port", "Port for ssh", Kind.INT, default=22),
    _option(
        "image",
        "Image, by slug or number",
        values="digitalocean.image",
        default_words="the newest Ubuntu LTS",
    ),
    _option("region", "Region", default=REGION, values="digitalocean.region"),
    _option("size", "Size", values="digitalocean.size", default_words="the cheapest with 1 GB"),
    _option("ipv6", "A public IPv6 address, too", Kind.BOOL),
    _option("private-networking", "Kept for scripts: every droplet is in a VPC", Kind.BOOL),
    _option("backups", "Backups by the provider, which cost extra", Kind.BOOL),
    _option("userdata", "File with user data for cloud-init", values="file"),
    _option("monitoring", "The provider's agent for graphs", Kind.BOOL),
    _option("tags", "Tags of the droplet, with commas between them"),
    _own_option(
        "open-to", "Network that may reach ssh and the engine (default: your own address)", Kind.LIST
    ),
    _own_option("open-port", "Port that everybody may reach, such as 80 or 53/udp", Kind.LIST),
    _own_option("vpc", "VPC, by name or ID", values="digitalocean.vpc", default_words="the region's default"),
    _own_option("volume", "Volume to attach, by name or ID", Kind.LIST, values="digitalocean.volume"),
    _own_option("use-private-address", "Reach the machine by its address in the VPC", Kind.BOOL),
    _own_option(
        "private-address-only", "No public address; implies --digitalocean-use-private-address", Kind.BOOL
    ),
    _own_option("endpoint", "URL of the provider's API", variable="DIGITALOCEAN_API_URL", hidden=True),
)
