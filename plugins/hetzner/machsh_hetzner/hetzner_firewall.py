"""The rules of a machine's own firewall; the provider drops everything that they do not allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from machsh.api import ENGINE_PORT
from machsh_hetzner.hetzner_record import HetznerRecord
from machsh_hetzner.hetzner_settings import open_ports

if TYPE_CHECKING:
    from hcloud.firewalls import FirewallRule

EVERYBODY = ["0.0.0.0/0", "::/0"]


def rules(record: HetznerRecord, *, opens_engine_port: bool) -> list[FirewallRule]:
    """Return what may come in: ssh, engine and ping from `open_to`, the open ports from everywhere."""
    from hcloud.firewalls import FirewallRule

    def allow(port: int, protocol: str, networks: list[str], what: str) -> FirewallRule:
        return FirewallRule("in", protocol, networks, port=str(port), description=what)

    sources = record.open_to or []
    found = [allow(record.ssh_port or 22, "tcp", sources, "ssh")]
    if opens_engine_port:
        found.append(allow(ENGINE_PORT, "tcp", sources, "engine"))
    found.append(FirewallRule("in", "icmp", sources, description="ping"))
    found += [allow(one.port, one.protocol, EVERYBODY, str(one)) for one in open_ports(record)]
    return found
