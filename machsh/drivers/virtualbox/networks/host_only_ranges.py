"""Which addresses host-only networks may have: VirtualBox since 6.1.28 allows only some."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

from machsh.drivers.virtualbox.hypervisors.vbox_version import VBoxVersion
from machsh.drivers.virtualbox.record import HOST_ONLY_CIDR
from machsh.errors import MachshError, RefusedError
from machsh.progress import Progress
from machsh.regular_file import read_text

CONFIGURATION = Path("/etc/vbox/networks.conf")
BUILT_IN = IPv4Network("192.168.56.0/21")
"""What is allowed without a configuration file."""
REPLACEMENT = "192.168.59.1/24"
"""Used where docker-machine's default is not allowed; VirtualBox itself takes 192.168.56.0/24."""


def parse_cidr(text: str) -> IPv4Interface:
    """Return the host's address and network. Raises MachshError, with docker-machine's texts."""
    try:
        address = IPv4Interface(text or HOST_ONLY_CIDR)
    except ValueError:
        address = None
    if address is None or "/" not in (text or HOST_ONLY_CIDR):
        raise MachshError(
            f"invalid CIDR address: {text}", hint=f"write an address and a prefix, as {REPLACEMENT}"
        )
    if address.ip == address.network.network_address:
        raise MachshError(
            "host-only cidr must be specified with a host address, not a network address",
            hint=f"write the address that this computer gets, as {address.network.network_address + 1}"
            f"/{address.network.prefixlen}",
        )
    return address


def allowed_ranges(version: VBoxVersion, platform: str) -> list[IPv4Network] | None:
    """Return the ranges that VirtualBox allows on this computer; None if it allows all."""
    if platform == "win32" or not version.limits_host_only:
        return None
    try:
        return _configured(read_text(CONFIGURATION))
    except FileNotFoundError:
        return [BUILT_IN]
    except OSError as error:
        raise MachshError(
            f"{CONFIGURATION}: {error}", hint="it must be readable for VirtualBox, too"
        ) from error


def _configured(text: str) -> list[IPv4Network]:
    """Read `networks.conf`: lines of `* RANGE RANGE ...`, comments after `#`. The built-in one is void."""
    ranges: list[IPv4Network] = []
    for line in text.splitlines():
        words = line.partition("#")[0].replace("*", "* ", 1).split()
        if words[:1] == ["*"]:
            ranges += [found for word in words[1:] for found in _range(word)]
    return ranges


def _range(word: str) -> list[IPv4Network]:
    """Return the range as a list of one, or an empty list for IPv6 and for what is no range."""
    try:
        found = ipaddress.ip_network(word, strict=False)
    except ValueError:
        return []
    return [found] if isinstance(found, IPv4Network) else []


def allowed_cidr(cidr: str, version: VBoxVersion, platform: str, progress: Progress) -> str:
    """Return the CIDR to use. docker-machine's default is replaced where VirtualBox refuses it.

    Raises RefusedError if the user's own is not allowed.
    """
    address = parse_cidr(cidr)
    ranges = allowed_ranges(version, platform)
    if ranges is None or any(address.network.subnet_of(one) for one in ranges):
        return cidr
    shown = ", ".join(map(str, ranges)) or "none"
    if address == IPv4Interface(HOST_ONLY_CIDR) and any(
        IPv4Interface(REPLACEMENT).network.subnet_of(one) for one in ranges
    ):
        progress.info(f"VirtualBox allows host-only addresses in {shown} only: using {REPLACEMENT}")
        return REPLACEMENT
    raise RefusedError(
        f"VirtualBox does not allow the host-only address {address}: allowed are {shown}",
        hint=f"give --virtualbox-hostonly-cidr an address in one of them, or add the line "
        f"'* {address.network}' to {CONFIGURATION}",
    )
