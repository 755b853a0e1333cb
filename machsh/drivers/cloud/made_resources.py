"""The list of a machine's resources at a provider, kept in the machine's record.

Each resource is in the record, and the record is stored, before the call that makes it. However a creation
ends, the record names everything that may cost money, and `rm` removes it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from machsh.errors import MachshError
from machsh.validators import LINE, Rule


@dataclass(frozen=True, slots=True)
class CloudResource:
    """A resource of a machine at its provider: a server, a key, a volume, ..."""

    kind: str
    """One word: `server`, `key`, `firewall`, ..."""
    name: str
    """Its name at the provider, or another text that is unique among the machine's resources of the kind."""
    identifier: str = ""
    """The provider's identifier; empty while it is being made, also if the creation was killed then."""
    region: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the record's JSON object; empty fields are left out."""
        return {key.capitalize(): value for key, value in dataclasses.asdict(self).items() if value}

    @classmethod
    def from_json(cls, source: dict[str, Any]) -> CloudResource:
        """Read it from a record that was checked."""
        return cls(
            **{one.name: str(source.get(one.name.capitalize(), "")) for one in dataclasses.fields(cls)}
        )


_KEYS = {"Kind", "Name", "Identifier", "Region"}


def _is_resource(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"Kind", "Name"} <= value.keys() <= _KEYS
        and all(isinstance(one, str) and len(one) <= 1024 and LINE.accepts(one) for one in value.values())
    )


RESOURCE = Rule("a resource with Kind and Name", _is_resource)
"""An entry of `CloudRecord.resources`."""


class ResourceProvider(Protocol):
    """Finds and deletes resources; implemented by each provider's driver."""

    def find(self, resource: CloudResource) -> str:
        """Return the identifier of a resource that exists, or "".

        A resource without an identifier is searched by the machine's tags or by an idempotency key: the call
        that made it may have succeeded although its answer was lost. Raises MachshError if the provider
        cannot tell.
        """

    def delete(self, resource: CloudResource) -> bool | None:
        """Destroy a resource by its identifier; return False if the provider does not know it.

        Raises MachshError.
        """


def noted_resources(stored: list[dict[str, Any]]) -> list[CloudResource]:
    """Return the resources of a record, in the order in which they were made."""
    return [CloudResource.from_json(one) for one in stored if isinstance(one, dict)]


class MadeResources:
    """The resources of one machine. `stored` is the list in its record, which is changed in place.

    `keep` stores the record; see `DriverContext.keep`.
    """

    def __init__(
        self, stored: list[dict[str, Any]], provider: ResourceProvider, keep: Callable[[], None]
    ) -> None:
        self._stored = stored
        self._provider = provider
        self._keep = keep

    def __iter__(self) -> Iterator[CloudResource]:
        return iter(noted_resources(self._stored))

    def identifier(self, kind: str, name: str = "") -> str:
        """Return the identifier of the first resource of a kind (and name), "" if there is none."""
        found = (one for one in self if one.kind == kind and name in ("", one.name))
        return next((one.identifier for one in found), "")

    def ensure(self, kind: str, name: str, make: Callable[[], str], region: str = "") -> str:
        """Return a resource's identifier; record and `make` it first if it does not exist.

        `make` returns the new resource's identifier as soon as it is known. A resource of an earlier attempt
        is not made twice. Raises what `make` raises.
        """
        noted = self._noted(kind, name)
        found = self._provider.find(noted) if noted else ""
        if noted is None:
            self._stored.append(CloudResource(kind, name, region=region).to_json())
            self._keep()
        return self._identified(kind, name, found or make())

    def adopt(self, kind: str, name: str, identifier: str, region: str = "") -> None:
        """Record a resource that another call made along with its own, such as the disk of an instance."""
        if self._noted(kind, name) is None:
            self._stored.append(CloudResource(kind, name, region=region).to_json())
        self._identified(kind, name, identifier)

    def _noted(self, kind: str, name: str) -> CloudResource | None:
        return next((one for one in self if (one.kind, one.name) == (kind, name)), None)

    def _identified(self, kind: str, name: str, identifier: str) -> str:
        for stored in self._stored:
            is_it = (stored.get("Kind"), stored.get("Name")) == (kind, name)
            if is_it and stored.get("Identifier") != identifier:
                stored["Identifier"] = identifier
                self._keep()
        return identifier

    def remove_all(self) -> list[CloudResource]:
        """Destroy all resources in reverse order; return those that were already gone.

        Raises the MachshError of the first one that cannot be destroyed; the remaining ones stay in the
        record.
        """
        gone = []
        while self._stored:
            resource = CloudResource.from_json(self._stored[-1])
            if not self._destroy(resource):
                gone.append(resource)
            self._stored.pop()
            self._keep()
        return gone

    def _destroy(self, resource: CloudResource) -> bool:
        """Return whether it was there. That it is not must be told twice: it may cost money."""
        identifier = resource.identifier or self._provider.find(resource)
        for _ in range(2):
            if not identifier:
                return False
            if self._provider.delete(dataclasses.replace(resource, identifier=identifier)) is not False:
                return True
            identifier = self._provider.find(resource)
        if identifier:
            text = (
                f"the provider shows the {resource.kind} {resource.name}, but does not find it to remove it"
            )
            raise MachshError(text, hint="try again in a minute")
        return False
