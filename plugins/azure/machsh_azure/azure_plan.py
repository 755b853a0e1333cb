"""What is looked up before anything is made, and what would be made."""

from __future__ import annotations

import ipaddress

from machsh.api import Environment, PlannedResource, PreCreateError, Progress, UsageError
from machsh_azure import azure_catalogue as catalogue
from machsh_azure.azure_api import AzureApi
from machsh_azure.azure_login import default_subscription
from machsh_azure.azure_record import AzureRecord
from machsh_azure.azure_resources import (
    ADDRESS,
    COSTS,
    DISK,
    FIREWALL,
    GROUP,
    INTERFACE,
    MACHINE,
    NETWORK,
    SET,
    AzureNames,
)


def choose_subscription(record: AzureRecord, environment: Environment) -> None:
    """Note the subscription that `az` uses, if none was named."""
    record.subscription_id = record.subscription_id or default_subscription(environment)


def only_subscription(record: AzureRecord, api: AzureApi) -> None:
    """Note the subscription, if the login has just one. Raises UsageError that names them."""
    if record.subscription_id:
        return
    found = {
        str(one.get("subscriptionId", "")): str(one.get("displayName", ""))
        for one in api.listed("/subscriptions", "asking for the subscriptions")
    }
    if len(found) != 1:
        names = ", ".join(f"{number} ({name})" for number, name in list(found.items())[:8]) or "it has none"
        raise UsageError(
            'azure driver requires the "azure-subscription-id" option.',
            hint=f"the login's subscriptions: {names}",
        )
    (record.subscription_id,) = found


def check(record: AzureRecord, api: AzureApi, progress: Progress) -> None:
    """Check names, and put size and image into the record. Raises PreCreateError."""
    names = AzureNames(record)
    there = catalogue.locations(api, names.subscription)
    if record.location not in there:
        raise PreCreateError(
            f"there is no location {record.location} for this subscription",
            hint=f"--azure-location: {', '.join(sorted(there))}",
        )
    if api.find(names.path(GROUP), "asking for the resource group") is not None:
        _check_free(api, names)
    size = catalogue.size(api, names.subscription, record.location, record.size)
    if size.name != record.size:
        progress.info(f"The size is {size.name} ({size})")
    image = catalogue.image(api, names.subscription, record.location, record.image, size)
    if image != record.image:
        progress.info(f"The image is {image}")
    record.size, record.image = size.name, image


def _check_free(api: AzureApi, names: AzureNames) -> None:
    group = names.record.resource_group
    for kind in (MACHINE, INTERFACE, ADDRESS, FIREWALL):
        words = {MACHINE: "Virtual Machine"}.get(kind, kind)
        if api.find(names.path(kind), f"looking for the {kind}") is not None:
            raise PreCreateError(
                f'{words} with name {names.of(kind)} already exists in resource group "{group}"',
                hint="take another name; `machsh orphans -d azure` says whether it was left over",
            )


def fourth_version(networks: list[str]) -> list[str]:
    """Return those networks from which an IPv4 address can be reached. Raises UsageError if none is."""
    found = [one for one in networks if ipaddress.ip_network(one).version == 4]
    if not found:
        raise UsageError("the machine has an IPv4 address only", hint="name a network: --azure-open-to CIDR")
    return found


def plan(record: AzureRecord, api: AzureApi) -> list[PlannedResource]:
    """Return what `create` would make, as the record says after `check`."""
    names = AzureNames(record)
    who = ", ".join(record.open_to or []) or "nobody outside the network"
    opened = "".join(f", {one} from everywhere" for one in record.open_ports or [])
    found = []
    for kind in (GROUP, *(() if record.spot else (SET,)), NETWORK):
        if api.find(names.path(kind), f"looking for the {kind}") is None:
            found.append(PlannedResource(kind, names.of(kind), "for all machines of the store"))
    found.append(
        PlannedResource(FIREWALL, names.of(FIREWALL), f"22 and {record.docker_port} from {who}{opened}")
    )
    if not record.no_public_ip:
        found.append(PlannedResource(ADDRESS, names.of(ADDRESS), "IPv4, static", COSTS[ADDRESS]))
    found.append(PlannedResource(INTERFACE, names.of(INTERFACE)))
    found.append(PlannedResource(DISK, f"{record.machine_name}-disk-...", record.storage_type, COSTS[DISK]))
    details = f"{record.size}, {record.image}, {record.location}" + (", spot" if record.spot else "")
    found.append(PlannedResource(MACHINE, names.of(MACHINE), details, COSTS[MACHINE]))
    return found
