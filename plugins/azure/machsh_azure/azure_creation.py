"""Makes a virtual machine and what it needs. Each step finds what a former attempt made."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from machsh.api import STORE_TAG, CloudTags, DriverContext, MachshError, MadeResources
from machsh_azure.azure_answers import Json, entries, part, properties
from machsh_azure.azure_api import AzureApi
from machsh_azure.azure_firewall import rules
from machsh_azure.azure_record import AzureRecord
from machsh_azure.azure_resources import (
    ADDRESS,
    DISK,
    FIREWALL,
    GROUP,
    INTERFACE,
    MACHINE,
    NETWORK,
    SET,
    SUBNET,
    TYPES,
    AzureNames,
)
from machsh_azure.azure_settings import user_tags

CUSTOM_DATA_BYTES = 48 << 10
"""Azure takes 64 KiB of base64."""


@dataclass(slots=True)
class AzureCreation:
    """The creation of one machine. `custom_data` and `public_key` are the machine's."""

    record: AzureRecord
    context: DriverContext
    api: AzureApi
    made: MadeResources
    tags: CloudTags
    names: AzureNames
    public_key: str
    custom_data: str

    def run(self) -> None:
        """Make the missing resources, and return once the machine runs. Raises MachshError."""
        group, where = self.record.resource_group, {"location": self.record.location}
        self._shared(GROUP, where)
        place = None if self.record.spot else self._shared(SET, {**where, **_SET})
        subnet = self._subnet()
        self.context.progress.info(f"Creating the network interface of {self.record.machine_name}...")
        firewall = self._own(FIREWALL, {"securityRules": self._rules()})
        address = None if self.record.no_public_ip else self._own(ADDRESS, self._address(), **_STANDARD)
        interface = self._own(INTERFACE, self._interface(subnet, firewall, address))
        self.context.progress.info(
            f"Creating the VM {self.record.machine_name} in {group} ({self.record.size})..."
        )
        self.made.ensure(DISK, self.names.of(DISK), lambda: self.names.path(DISK))
        self._own(MACHINE, self._machine(interface, place))
        learn_address(self.record, self.api)
        self.context.keep()

    # What machines share

    def _shared(self, kind: str, body: Json) -> str:
        """Return the path of a resource that the store's machines share; the user's own are not recorded."""
        name, path = self.names.of(kind), self.names.path(kind)
        found = self.api.find(path, f"looking for the {kind} {name}")
        store = self.tags.to_dict()[STORE_TAG]
        if found is not None and part(found, "tags").get(STORE_TAG) != store:
            return path
        tagged = {**body, "tags": {STORE_TAG: store}}
        make = path.__str__ if found is not None else lambda: self._put(kind, path, tagged)
        self.made.ensure(kind, name, make)
        self._settle(kind, path)
        return path

    def _subnet(self) -> str:
        """Return the path of the subnet, which is part of machsh's own network, or added to the user's."""
        subnet = {
            "name": self.record.subnet_name,
            "properties": {"addressPrefix": self.record.subnet_prefix},
        }
        space = {"addressSpace": {"addressPrefixes": [self.record.subnet_prefix]}, "subnets": [subnet]}
        self._shared(NETWORK, {"location": self.record.location, "properties": space})
        path, name = self.names.path(SUBNET), self.names.of(SUBNET)
        is_noted = bool(self.made.identifier(SUBNET)) or any(one.kind == SUBNET for one in self.made)
        if is_noted or self.api.find(path, f"looking for the subnet {name}") is None:
            self.made.ensure(SUBNET, name, lambda: self._put(SUBNET, path, subnet))
            self._settle(SUBNET, path)
        return path

    # What is the machine's own

    def _own(self, kind: str, properties: Json, **more: Any) -> str:
        path = self.names.path(kind)
        tags = {**user_tags(self.record), **self.tags.to_dict()}
        body = {"location": self.record.location, "tags": tags, **more, "properties": properties}
        self.made.ensure(kind, self.names.of(kind), lambda: self._put(kind, path, body))
        self._settle(kind, path)
        return path

    def _put(self, kind: str, path: str, body: Json) -> str:
        return self.api.put(path, body, f"creating the {kind} {self.names.of(kind)}")

    def _settle(self, kind: str, path: str) -> None:
        self.api.settle(path, f"creating the {kind} {self.names.of(kind)}")

    def _rules(self) -> list[Json]:
        return rules(self.record, opens_engine_port=self.context.opens_engine_port)

    def _address(self) -> Json:
        label = self.record.dns_label
        named = {"dnsSettings": {"domainNameLabel": label}} if label else {}
        return {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4", **named}

    def _interface(self, subnet: str, firewall: str, address: str | None) -> Json:
        wanted = self.record.private_ip_addr
        configuration = {
            "subnet": {"id": subnet},
            "primary": True,
            "privateIPAllocationMethod": "Static" if wanted else "Dynamic",
            **({"privateIPAddress": wanted} if wanted else {}),
            **({"publicIPAddress": {"id": address}} if address else {}),
        }
        return {
            "networkSecurityGroup": {"id": firewall},
            "ipConfigurations": [{"name": "ip", "properties": configuration}],
        }

    def _machine(self, interface: str, place: str | None) -> Json:
        record = self.record
        spot = {"priority": "Spot", "evictionPolicy": "Deallocate", "billingProfile": {"maxPrice": -1}}
        return {
            "hardwareProfile": {"vmSize": record.size},
            "storageProfile": {"imageReference": _image(record.image), "osDisk": self._disk()},
            "osProfile": self._system(),
            "networkProfile": {"networkInterfaces": [{"id": interface, "properties": {"primary": True}}]},
            "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
            **({"availabilitySet": {"id": place}} if place else {}),
            **(spot if record.spot else {}),
        }

    def _disk(self) -> Json:
        return {
            "name": self.names.of(DISK),
            "createOption": "FromImage",
            "deleteOption": "Delete",
            "caching": "ReadWrite",
            "managedDisk": {"storageAccountType": self.record.storage_type},
            **({"diskSizeGB": self.record.disk_size} if self.record.disk_size else {}),
        }

    def _system(self) -> Json:
        user = self.record.ssh_user
        key = {"path": f"/home/{user}/.ssh/authorized_keys", "keyData": self.public_key}
        return {
            "computerName": self.record.machine_name,
            "adminUsername": user,
            "customData": base64.b64encode(self.custom_data.encode()).decode(),
            "linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": [key]}},
        }


_SET = {
    "sku": {"name": "Aligned"},
    "properties": {"platformFaultDomainCount": 2, "platformUpdateDomainCount": 5},
}
_STANDARD: dict[str, Any] = {"sku": {"name": "Standard"}}


def _image(name: str) -> Json:
    if name.startswith("/"):
        return {"id": name}
    return dict(zip(("publisher", "offer", "sku", "version"), name.split(":"), strict=True))


def learn_address(record: AzureRecord, api: AzureApi) -> None:
    """Note the address by which the machine is reached. Raises MachshError if it has none."""
    names, doing = AzureNames(record), f"asking for the address of {record.machine_name}"
    if record.use_private_ip or record.no_public_ip:
        interface = properties(api.get(names.path(INTERFACE), doing))
        configurations = entries(interface, "ipConfigurations") or [{}]
        found = properties(configurations[0]).get("privateIPAddress")
    else:
        found = properties(api.get(names.path(ADDRESS), doing)).get("ipAddress")
    record.ip_address = _checked(found)
    if not record.ip_address:
        raise MachshError(f"{doing}: Azure has given it none", hint="look at it in the portal")


def learn_addresses(records: Sequence[AzureRecord], api: AzureApi) -> None:
    """Note the public addresses of running machines of one subscription that docker-machine made.

    It gave them addresses that change whenever they start, and did not note them. What machsh makes keeps
    its address, and has a list of resources.
    """
    moving = [one for one in records if not (one.resources or one.use_private_ip or one.no_public_ip)]
    if not moving:
        return
    path = f"{AzureNames(moving[0]).subscription}/providers/{TYPES[ADDRESS]}"
    there = {
        str(one.get("id", "")).lower(): _checked(properties(one).get("ipAddress"))
        for one in api.listed(path, "asking for the addresses")
    }
    for one in moving:
        one.ip_address = there.get(AzureNames(one).path(ADDRESS).lower(), "")


def _checked(address: object) -> str:
    try:
        return str(ipaddress.ip_address(str(address)))
    except ValueError:
        return ""
