"""A droplet, as the provider describes it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from machsh.api import MachshError, State

STATES = {"new": State.STARTING, "active": State.RUNNING, "off": State.STOPPED, "archive": State.STOPPED}
"""The provider's word for a state -> State."""


@dataclass(frozen=True, slots=True)
class Droplet:
    """A server of DigitalOcean."""

    number: int
    name: str
    status: str
    public_address: str
    """Its public IPv4 address, "" for none."""
    private_address: str
    """Its address in the VPC, "" for none."""
    tags: tuple[str, ...]
    size: str
    created: str

    @property
    def state(self) -> State:
        """Its state."""
        return STATES.get(self.status, State.ERROR)

    @classmethod
    def from_answer(cls, source: Mapping[str, Any]) -> Droplet:
        """Read an answer. Raises MachshError if it describes no droplet."""
        number, networks = source.get("id"), source.get("networks")
        if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
            raise MachshError("DigitalOcean's answer has a droplet without a number")
        tags = source.get("tags")
        return cls(
            number,
            str(source.get("name", "")),
            str(source.get("status", "")),
            _address(networks, "public"),
            _address(networks, "private"),
            tuple(str(one) for one in tags) if isinstance(tags, list) else (),
            str(source.get("size_slug", "")),
            str(source.get("created_at", "")),
        )


def _address(networks: Any, kind: str) -> str:
    listed = networks.get("v4") if isinstance(networks, dict) else None
    for address in listed if isinstance(listed, list) else []:
        if isinstance(address, dict) and address.get("type") == kind:
            try:
                return str(ipaddress.IPv4Address(str(address.get("ip_address"))))
            except ValueError:
                raise MachshError(f"DigitalOcean's answer has a {kind} address that is none") from None
    return ""
