"""The kinds of things that a machine needs: where they are, whose they are, and how they are destroyed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machsh.api import OWNER_TAG, STORE_TAG, CloudResource, CloudTags, MachshError
from machsh_azure.azure_answers import Json, entries, part, properties
from machsh_azure.azure_api import AzureApi, AzureError
from machsh_azure.azure_record import AzureRecord

GROUP, SET, NETWORK, SUBNET = "resource-group", "availability-set", "network", "subnet"
FIREWALL, ADDRESS, INTERFACE, DISK, MACHINE = "security-group", "address", "interface", "disk", "VM"
TYPES = {
    MACHINE: "Microsoft.Compute/virtualMachines",
    DISK: "Microsoft.Compute/disks",
    INTERFACE: "Microsoft.Network/networkInterfaces",
    ADDRESS: "Microsoft.Network/publicIPAddresses",
    FIREWALL: "Microsoft.Network/networkSecurityGroups",
    SET: "Microsoft.Compute/availabilitySets",
    NETWORK: "Microsoft.Network/virtualNetworks",
}
"""Kind -> its type at Azure, in the order in which they can be destroyed."""
SHARED = frozenset({GROUP, SET, NETWORK, SUBNET})
"""Kinds that are for all machines of a store; they go with the last machine."""
UNTAGGED = frozenset({SUBNET, DISK})
"""Kinds that have no tags: what the record names was not there before."""
COSTS = {MACHINE: "per hour", DISK: "per GB and month", ADDRESS: "per hour"}
"""Kind -> its cost class; the others are free."""


@dataclass(frozen=True, slots=True)
class AzureNames:
    """Names and paths of a machine's things."""

    record: AzureRecord

    @property
    def subscription(self) -> str:
        """The path of the subscription."""
        return f"/subscriptions/{self.record.subscription_id}"

    @property
    def network(self) -> tuple[str, str]:
        """The resource group and the name of the network."""
        group, colon, name = self.record.virtual_network.rpartition(":")
        return (group, name) if colon else (self.record.resource_group, name)

    def of(self, kind: str) -> str:
        """Return the name of the machine's thing of a kind."""
        record = self.record
        machine = record.machine_name
        return {
            GROUP: record.resource_group,
            SET: record.availability_set,
            NETWORK: self.network[1],
            SUBNET: record.subnet_name,
            FIREWALL: f"{machine}-firewall",
            ADDRESS: f"{machine}-ip",
            INTERFACE: f"{machine}-nic",
            DISK: f"{machine}-disk-{record.owner[:8]}",
            MACHINE: machine,
        }[kind]

    def path(self, kind: str, name: str = "") -> str:
        """Return the path of a thing. Raises MachshError for a kind that is not known."""
        group = self.network[0] if kind in (NETWORK, SUBNET) else self.record.resource_group
        base = f"{self.subscription}/resourceGroups/{group}"
        if kind == GROUP:
            return base
        if kind == SUBNET:
            return f"{self.path(NETWORK)}/subnets/{name or self.of(kind)}"
        if kind not in TYPES:
            raise MachshError(f"the record names a {kind}, which this version does not know")
        return f"{base}/providers/{TYPES[kind]}/{name or self.of(kind)}"


class AzureResources:
    """The resources of one machine; see `machsh.api.ResourceProvider`."""

    def __init__(self, api: AzureApi, names: AzureNames, tags: CloudTags) -> None:
        self._api = api
        self._names = names
        self._tags = tags.to_dict()

    def find(self, resource: CloudResource) -> str:
        """Return its path if it exists; without an identifier only if it has this machine's tags."""
        path = resource.identifier or self._names.path(resource.kind, resource.name)
        found = self._api.find(path, f"looking for the {resource.kind} {resource.name}")
        is_it = found is not None and (resource.identifier or self.is_ours(resource.kind, found))
        return path if is_it else ""

    def is_ours(self, kind: str, found: Json) -> bool:
        """Whether a resource was made for this machine, or for machines of this store."""
        tag = STORE_TAG if kind in SHARED else OWNER_TAG
        return kind in UNTAGGED or part(found, "tags").get(tag) == self._tags[tag]

    def delete(self, resource: CloudResource) -> bool:
        """Destroy it, and wait until it is gone. What is shared and in use is left alone."""
        return destroy(self._api, resource.kind, resource.identifier)


def destroy(api: AzureApi, kind: str, path: str) -> bool:
    """Destroy something by its path, unless it is shared and in use; return whether it was there."""
    doing = f"removing the {kind} {path.rpartition('/')[2]}"
    if not path.startswith("/subscriptions/"):
        raise MachshError(f"{doing}: {path} is not the path of anything at Azure")
    if kind in SHARED:
        found = api.find(path, doing)
        if found is None:
            return False
        if _USES[kind](api, path, found):
            return True
    try:
        return api.delete(path, doing)
    except AzureError as error:
        # Somebody began to use it in between.
        if kind not in SHARED or not error.azure_code.startswith(("InUse", "OperationNotAllowed")):
            raise
        return True


def _used_group(api: AzureApi, path: str, found: Json) -> bool:
    return any(True for _ in api.listed(f"{path}/resources", "looking at the resource group"))


def _used_set(api: AzureApi, path: str, found: Json) -> bool:
    return bool(properties(found).get("virtualMachines"))


def _used_subnet(api: AzureApi, path: str, found: Json) -> bool:
    return bool(properties(found).get("ipConfigurations"))


def _used_network(api: AzureApi, path: str, found: Json) -> bool:
    return any(_used_subnet(api, path, one) for one in entries(properties(found), "subnets"))


_USES: dict[str, Callable[[AzureApi, str, Json], bool]] = {
    GROUP: _used_group,
    SET: _used_set,
    NETWORK: _used_network,
    SUBNET: _used_subnet,
}
"""Kind that is shared -> whether anything uses it."""
