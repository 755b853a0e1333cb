"""The states of all servers by plain requests.

The library needs half a second to be imported, and to make its objects of fifty
servers. A list needs four fields of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from machsh.api import MachshError


@dataclass(frozen=True, slots=True)
class ListedServer:
    """A server as a list needs it, by the library's names."""

    id: str
    status: str = ""
    task_state: str | None = None
    addresses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: dict[str, Any]) -> ListedServer:
        """Return it as Nova has answered."""
        task = entry.get("OS-EXT-STS:task_state")
        return cls(str(entry["id"]), str(entry.get("status", "")), task, entry.get("addresses") or {})


def login_plugin(chosen: dict[str, Any]) -> Any:
    """Return the login of a region's settings, which have no cloud of clouds.yaml."""
    from keystoneauth1 import identity

    kinds = {"v3applicationcredential": identity.V3ApplicationCredential, "v3password": identity.V3Password}
    return kinds.get(chosen["auth_type"], identity.Password)(**chosen["auth"])


def servers_of(session: Any, where: dict[str, Any]) -> Iterator[ListedServer]:
    """Yield the project's servers, a thousand with each request. Raises MachshError."""
    base = session.get_endpoint(**where)
    if not base:
        raise MachshError("the catalog has no compute service", hint="look at --openstack-region")
    url, last, is_more = f"{base.rstrip('/')}/servers/detail", "", True
    while is_more:
        answer = session.get(f"{url}?marker={last}" if last else url).json()
        entries = _servers(answer)
        yield from map(ListedServer.of, entries)
        # The link to the next page is not followed: it may name another host.
        is_more = bool(entries and answer.get("servers_links"))
        last = str(entries[-1]["id"]) if entries else ""


def _servers(answer: Any) -> list[dict[str, Any]]:
    found = answer.get("servers") if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("id") for one in found):
        raise MachshError("OpenStack answered with something else than a list of servers")
    return found
