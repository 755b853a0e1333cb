"""The DHCP servers of host-only adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from random import SystemRandom

from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VirtualBoxError
from machsh.drivers.virtualbox.hypervisors.vbox_output import colon_lines
from machsh.errors import MachshError
from machsh.progress import Progress

PREFIX = "HostInterfaceNetworking-"
_KEYS = {"Dhcpd IP": "IP", "LowerIPAddress": "lowerIPAddress", "UpperIPAddress": "upperIPAddress"}
"""The words of VirtualBox 6.1 and later -> those before."""
_TRIES = 5
_MOST = 24
_RANGE = (100, 254)
"""docker-machine's servers have 1 to 24 as their last number; the guests get 100 to 254."""


@dataclass(frozen=True, slots=True)
class DhcpServer:
    """A DHCP server and the addresses that it gives away."""

    address: IPv4Address
    mask: str
    lower: IPv4Address
    upper: IPv4Address
    is_enabled: bool = True

    def fits(self, wanted: IPv4Interface, *, is_enabled: bool) -> bool:
        """Whether the server does for this network: nothing of it clashes with the host's address."""
        network = wanted.network
        inside = all(one in network for one in (self.address, self.lower, self.upper))
        is_free = self.address != wanted.ip and not self.lower <= wanted.ip <= self.upper
        return (
            (inside and is_free and self.lower <= self.upper)
            and self.mask == str(wanted.netmask)
            and self.is_enabled == is_enabled
        )


Servers = Mapping[str, DhcpServer | None]
"""Name of a network -> its server; None for one whose addresses cannot be read."""


def list_servers(box: Hypervisor) -> Servers:
    """Return all DHCP servers of VirtualBox."""
    entries: dict[str, dict[str, str]] = {}
    entry: dict[str, str] = {}
    for key, value in colon_lines(box.run("list", "dhcpservers")):
        if key == "NetworkName":
            entry = entries.setdefault(value, {})
        entry.setdefault(_KEYS.get(key, key), value)
    return {name: _server(values) for name, values in entries.items()}


def _server(values: dict[str, str]) -> DhcpServer | None:
    try:
        places = [IPv4Address(values[key]) for key in ("IP", "lowerIPAddress", "upperIPAddress")]
    except (KeyError, ValueError):
        return None
    mask, enabled = values.get("NetworkMask", ""), values.get("Enabled") == "Yes"
    return DhcpServer(places[0], mask, places[1], places[2], enabled)


def prepare(
    box: Hypervisor, servers: Servers, adapter: str, wanted: IPv4Interface, *, is_enabled: bool
) -> bool:
    """Give the adapter's network a server; return False if the present one does and is left as it is."""
    name = PREFIX + adapter
    present = servers.get(name)
    if present and present.fits(wanted, is_enabled=is_enabled):
        return False
    server = new_server(wanted)
    box.run(
        *("dhcpserver", "modify" if name in servers else "add", "--netname", name),
        *("--ip", str(server.address), "--netmask", server.mask),
        *("--lowerip", str(server.lower), "--upperip", str(server.upper)),
        "--enable" if is_enabled else "--disable",
    )
    return True


def new_server(wanted: IPv4Interface) -> DhcpServer:
    """Choose addresses that do not clash: docker-machine's for networks down to /24, else what is left."""
    mask = str(wanted.netmask)
    if wanted.network.prefixlen > 24:
        return _small(wanted, mask)
    first = (int(wanted.ip) >> 8) << 8
    number = _random_number(int(wanted.ip) & 255)
    start = (int(wanted.network.network_address) >> 8) << 8
    lower, upper = _beside(int(wanted.ip) - start)
    return DhcpServer(
        IPv4Address(first + number), mask, IPv4Address(start + lower), IPv4Address(start + upper)
    )


def _beside(taken: int) -> tuple[int, int]:
    """Return docker-machine's range, or the longer part of it if the host's own address lies inside."""
    lower, upper = _RANGE
    if not lower <= taken <= upper:
        return _RANGE
    return (lower, taken - 1) if taken - lower > upper - taken else (taken + 1, upper)


def _random_number(taken: int) -> int:
    random = SystemRandom()
    for _ in range(_TRIES):
        number = random.randrange(_MOST) + 1
        if number != taken:
            return number
    raise MachshError("unable to generate random IP", hint="try again")


def _small(wanted: IPv4Interface, mask: str) -> DhcpServer:
    """Take the longer row beside the host's address: its first for the server, the others for guests."""
    hosts = list(wanted.network.hosts())
    before = [one for one in hosts if one < wanted.ip]
    after = [one for one in hosts if one > wanted.ip]
    free = max(before, after, key=len)
    if len(free) < 2:
        raise MachshError(
            f"{wanted.network} is too small for a DHCP server and guests",
            hint="give --virtualbox-hostonly-cidr a prefix of 29 or less",
        )
    return DhcpServer(free[0], mask, free[1], free[-1])


def remove_orphans(box: Hypervisor, servers: Servers, networks: set[str], progress: Progress) -> None:
    """Remove the servers whose adapter is gone: they answer for networks that are not there."""
    for name in servers:
        if name.startswith(PREFIX) and name not in networks:
            try:
                box.run("dhcpserver", "remove", "--netname", name)
            except VirtualBoxError as error:
                progress.warning(f'Unable to remove orphan dhcp server "{name}": {error}')
