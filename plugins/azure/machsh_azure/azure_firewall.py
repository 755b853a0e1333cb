"""The rules of a machine's network security group; Azure drops everything that they do not allow."""

from __future__ import annotations

from typing import Any

from machsh_azure.azure_record import AzureRecord
from machsh_azure.azure_settings import open_ports

ENGINE_RULE = "engine"


def rules(record: AzureRecord, *, opens_engine_port: bool) -> list[dict[str, Any]]:
    """Return what may come in: ssh and engine from `open_to`, the open ports from everywhere."""
    sources = record.open_to or []
    found = [_rule("ssh", 100, "Tcp", record.ssh_port or 22, sources)] if sources else []
    if opens_engine_port and sources:
        found.append(engine_rule(record))
    opened = dict.fromkeys(open_ports(record))
    for place, port in enumerate(opened):
        name = f"open-{port.port}-{port.protocol}"
        found.append(_rule(name, 1000 + place, port.protocol.title(), port.port, ["*"]))
    return found


def engine_rule(record: AzureRecord) -> dict[str, Any]:
    """Return the rule that lets `open_to` reach the engine."""
    return _rule(ENGINE_RULE, 300, "Tcp", record.docker_port, record.open_to or [])


def _rule(name: str, priority: int, protocol: str, port: int, sources: list[str]) -> dict[str, Any]:
    # Azure wants a single source in the singular when it is everybody.
    who = {"sourceAddressPrefix": "*"} if sources == ["*"] else {"sourceAddressPrefixes": sources}
    properties = {
        "priority": priority,
        "protocol": protocol,
        "access": "Allow",
        "direction": "Inbound",
        **who,
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": str(port),
    }
    return {"name": name, "properties": properties}
