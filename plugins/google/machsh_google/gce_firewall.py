"""The firewall rules of one machine, for the instances with its network tag."""

from __future__ import annotations

from machsh.api import ENGINE_PORT
from machsh_google.gce_api import Answer, GceApi
from machsh_google.gce_placement import is_shared
from machsh_google.gce_record import GoogleRecord
from machsh_google.gce_settings import open_ports

_EVERYBODY = ["0.0.0.0/0"]
_OPEN, _ALLOWED, _DENIED = 700, 800, 900
"""Priorities: the least number wins, and a network's own rules have 1000 and more."""


def rules(record: GoogleRecord, api: GceApi, *, opens_engine_port: bool) -> list[Answer]:
    """Return the bodies of the rules; none for a network of another project.

    Networks may have a rule that lets everybody reach ssh, as the one named `default` has: ours forbid it
    for this machine, with a smaller number of priority.
    """
    if is_shared(record):
        return []
    found = [
        _rule(record, api, "", _ALLOWED, record.open_to or [])
        | {"allowed": allowed(opens_engine_port=opens_engine_port)},
        _rule(record, api, "-deny", _DENIED, _EVERYBODY)
        | {"denied": [_ports("tcp", ["22", str(ENGINE_PORT)])]},
    ]
    if record.open_ports:
        ports = [_ports(one.protocol, [str(one.port)]) for one in open_ports(record)]
        found.append(_rule(record, api, "-open", _OPEN, _EVERYBODY) | {"allowed": ports})
    return found


def allowed(*, opens_engine_port: bool) -> list[Answer]:
    """Return what the machine's own networks may reach: ssh, ping, and the engine if it has a port."""
    ports = ["22", *([str(ENGINE_PORT)] if opens_engine_port else [])]
    return [_ports("tcp", ports), {"IPProtocol": "icmp"}]


def _ports(protocol: str, ports: list[str]) -> Answer:
    return {"IPProtocol": protocol, "ports": ports}


def _rule(record: GoogleRecord, api: GceApi, suffix: str, priority: int, sources: list[str]) -> Answer:
    network = record.network if "/" in record.network else api.path("global", "networks", record.network)
    return {
        "name": f"machsh-{record.machine_name}{suffix}",
        "network": network,
        "direction": "INGRESS",
        "priority": priority,
        "sourceRanges": sources,
        "targetTags": [record.network_tag],
    }
