"""The driver's options of `create`: those of docker-machine's driver, then machsh's own."""

from __future__ import annotations

from typing import Any

from machsh.api import Kind, Option

OPEN_TO, OPEN_PORT = "hetzner-open-to", "hetzner-open-port"
USER_DATA_FILE, KEY_PATH = "hetzner-user-data-file", "hetzner-existing-key-path"


def _option(name: str, text: str, kind: Kind = Kind.STRING, variable: str = "", **more: Any) -> Option:
    variable = variable or f"HETZNER_{name.upper().replace('-', '_')}"
    return Option(f"hetzner-{name}", text, kind, variable=variable, **more)


OPTIONS = (
    _option(
        "api-token", "Token of the project", secret=True, default_words="HCLOUD_TOKEN, or hcloud's context"
    ),
    _option(
        "image", "Image, by name or number", values="hetzner.image", default_words="the newest Ubuntu LTS"
    ),
    _option("image-id", "Image or snapshot, by number"),
    _option(
        "image-arch", "Architecture of the image", choices=("x86", "arm"), default_words="the server type's"
    ),
    _option(
        "server-type",
        "Server type",
        variable="HETZNER_TYPE",
        values="hetzner.server-type",
        default_words="the cheapest that is sold",
    ),
    _option("server-location", "Location", variable="HETZNER_LOCATION", values="hetzner.location"),
    _option(
        "existing-key-id", "Number of a key at the provider; needs --hetzner-existing-key-path", Kind.INT
    ),
    _option("existing-key-path", "Your own private key, instead of a new pair", values="file"),
    _option(
        "additional-key",
        "Further public key for root: the key itself",
        Kind.LIST,
        variable="HETZNER_ADDITIONAL_KEYS",
    ),
    _option("user-data", "User data for cloud-init"),
    _option("user-data-file", "File with user data for cloud-init", values="file"),
    _option("user-data-from-file", "Take --hetzner-user-data as the name of a file", Kind.BOOL, hidden=True),
    _option("volumes", "Volume to attach, by name or number", Kind.LIST, values="hetzner.volume"),
    _option("networks", "Network to attach, by name or number", Kind.LIST, values="hetzner.network"),
    _option("firewalls", "Further firewall, by name or number", Kind.LIST, values="hetzner.firewall"),
    _option("use-private-network", "Reach the machine by its private address", Kind.BOOL),
    _option("disable-public-ipv4", "No public IPv4 address", Kind.BOOL),
    _option("disable-public-ipv6", "No public IPv6 address", Kind.BOOL),
    _option("disable-public-4", "Former name of --hetzner-disable-public-ipv4", Kind.BOOL, hidden=True),
    _option("disable-public-6", "Former name of --hetzner-disable-public-ipv6", Kind.BOOL, hidden=True),
    _option("disable-public", "No public address; implies --hetzner-use-private-network", Kind.BOOL),
    _option("primary-ipv4", "Existing primary IPv4 address, by name, number or address"),
    _option("primary-ipv6", "Existing primary IPv6 address, by name, number or address"),
    _option("server-label", "Label of the server, KEY=VALUE", Kind.LIST, variable="HETZNER_SERVER_LABELS"),
    _option("key-label", "Label of the key, KEY=VALUE", Kind.LIST, variable="HETZNER_KEY_LABELS"),
    _option("placement-group", "Placement group, which is made if it is missing"),
    _option(
        "auto-spread", "Spread the store's servers over several hosts, by one placement group", Kind.BOOL
    ),
    _option("ssh-user", "User for ssh", default="root"),
    _option("ssh-port", "Port for ssh", Kind.INT, default=22),
    _option("wait-on-error", "Kept for docker-machine's scripts; has no effect", Kind.INT, hidden=True),
    _option("wait-on-polling", "Pause between two questions for the state, in seconds", Kind.INT, default=1),
    _option("wait-for-running-timeout", "How long the server may take to run, in seconds", Kind.INT),
    _option(
        "open-to",
        "Network that may reach ssh and the engine (default: your own address)",
        Kind.LIST,
        ours=True,
    ),
    _option("open-port", "Port that everybody may reach, such as 80 or 53/udp", Kind.LIST, ours=True),
    _option("endpoint", "URL of the provider's API", variable="HCLOUD_ENDPOINT", ours=True, hidden=True),
)
