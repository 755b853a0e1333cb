"""The rules of a machine's own firewall; the provider drops everything that they do not allow."""

from __future__ import annotations

from typing import Any

from machsh.api import ENGINE_PORT
from machsh_digitalocean.do_record import DigitalOceanRecord
from machsh_digitalocean.do_settings import open_ports

EVERYBODY = ["0.0.0.0/0", "::/0"]
ALL_PORTS = 0
"""The provider's number for all ports, and for ICMP, which has none."""


def engine_rule(record: DigitalOceanRecord) -> dict[str, Any]:
    """Return the rule that lets `open_to` reach the engine."""
    return _allow("tcp", ENGINE_PORT, record.open_to or [])


def inbound(record: DigitalOceanRecord, *, opens_engine_port: bool) -> list[dict[str, Any]]:
    """Return what may come in: ssh, engine and ping from `open_to`, the open ports from everywhere."""
    sources = record.open_to or []
    found = [_allow("tcp", record.ssh_port or 22, sources)]
    if opens_engine_port:
        found.append(engine_rule(record))
    found.append(_allow("icmp", ALL_PORTS, sources))
    return found + [_allow(one.protocol, one.port, EVERYBODY) for one in open_ports(record)]


def outbound() -> list[dict[str, Any]]:
    """Return what may go out: everything. Without rules the provider would let nothing out."""
    return [
        {"protocol": one, "ports": str(ALL_PORTS), "destinations": {"addresses": EVERYBODY}}
        for one in ("tcp", "udp", "icmp")
    ]


def _allow(protocol: str, port: int, sources: list[str]) -> dict[str, Any]:
    return {"protocol": protocol, "ports": str(port), "sources": {"addresses": sources}}
