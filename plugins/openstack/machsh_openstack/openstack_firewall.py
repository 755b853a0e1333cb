"""The rules of a machine's own security group; everything that they do not allow is dropped."""

from __future__ import annotations

from typing import Any

from machsh.api import ENGINE_PORT
from machsh_openstack.openstack_api import OpenStackCloud, explained
from machsh_openstack.openstack_record import OpenStackRecord
from machsh_openstack.openstack_settings import open_ports

EVERYBODY = ("0.0.0.0/0", "::/0")
Door = tuple[str, int | None, str]
"""Protocol, port (None for all), network."""


def doors(record: OpenStackRecord, *, opens_engine_port: bool) -> list[Door]:
    """Return what may come in: ssh, engine and ping from `open_to`, the open ports from everywhere."""
    found: list[Door] = []
    for source in record.open_to or []:
        found.append(("tcp", record.ssh_port or 22, source))
        if opens_engine_port:
            found.append(("tcp", ENGINE_PORT, source))
        found.append(("ipv6-icmp" if ":" in source else "icmp", None, source))
    for one in open_ports(record):
        found += [(one.protocol, one.port, source) for source in EVERYBODY]
    return found


def add_rules(cloud: OpenStackCloud, group: str, record: OpenStackRecord, *, opens_engine_port: bool) -> None:
    """Make the rules that the group does not have yet, with one call."""
    with explained(f"opening ports in the security group {group}"):
        network = cloud.api.network
        there = {
            (str(one.protocol), one.port_range_min, str(one.remote_ip_prefix))
            for one in network.security_group_rules(security_group_id=group, direction="ingress")
        }
        lacking = [one for one in doors(record, opens_engine_port=opens_engine_port) if one not in there]
        if lacking:
            network.create_security_group_rules([_rule(group, *one) for one in lacking])


def _rule(group: str, protocol: str, port: int | None, source: str) -> dict[str, Any]:
    is_v6 = ":" in source
    found: dict[str, Any] = {
        "security_group_id": group,
        "direction": "ingress",
        "ether_type": "IPv6" if is_v6 else "IPv4",
        "protocol": protocol,
        "remote_ip_prefix": source,
    }
    return found if port is None else {**found, "port_range_min": port, "port_range_max": port}
