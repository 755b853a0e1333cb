"""Looks up sizes and images in Azure's catalogue, before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from machsh.api import ARM, X86, CatalogImage, PreCreateError, newest_image
from machsh_azure.azure_answers import Json, entries, number
from machsh_azure.azure_api import AzureApi, AzureError

_LEAST_CPUS, _LEAST_GB = 2, 4.0
_DOING = "looking at Azure's catalogue"
_UBUNTU, _DEBIAN = re.compile(r"ubuntu-(\d\d)_04-lts"), re.compile(r"debian-(\d\d)")


@dataclass(frozen=True, slots=True)
class AzureSize:
    """A size of virtual machines."""

    name: str
    cpus: int
    gigabytes: float
    architecture: str
    has_second_generation: bool
    """Whether it boots images of generation 2, which is all that current ones are."""

    def __str__(self) -> str:
        return f"{self.cpus} CPUs, {self.gigabytes:g} GB, {self.architecture}"


def offered_sizes(api: AzureApi, subscription: str, location: str) -> list[AzureSize]:
    """Return the sizes that the subscription may use at a location."""
    path = f"{subscription}/providers/Microsoft.Compute/skus"
    found = api.listed(path, _DOING, **{"$filter": f"location eq '{location}'"})
    return [
        _size(one)
        for one in found
        if one.get("resourceType") == "virtualMachines"
        and not any(limit.get("type") == "Location" for limit in entries(one, "restrictions"))
    ]


def _size(found: Json) -> AzureSize:
    able = {str(one.get("name")): str(one.get("value")) for one in entries(found, "capabilities")}
    return AzureSize(
        str(found.get("name", "")),
        int(number(able.get("vCPUs", ""))),
        number(able.get("MemoryGB", "")),
        ARM if able.get("CpuArchitectureType", "").lower() == "arm64" else X86,
        "V2" in able.get("HyperVGenerations", "V1"),
    )


def size(api: AzureApi, subscription: str, location: str, name: str) -> AzureSize:
    """Return the size of a name; for "" the smallest that an engine works well on. Raises PreCreateError."""
    offered = offered_sizes(api, subscription, location)
    found = next((one for one in offered if one.name.lower() == name.lower()), None)
    if found is not None:
        return found
    fitting = [
        one
        for one in offered
        if one.cpus == _LEAST_CPUS and one.gigabytes >= _LEAST_GB and one.has_second_generation
    ]
    usual = [one for one in fitting if one.architecture == X86]
    if usual and not name:
        return min(usual, key=_preference)
    names = ", ".join(one.name for one in sorted(fitting, key=_preference)[:8]) or "none"
    raise PreCreateError(
        f"there is no size {name or 'with 2 CPUs'} at {location} for this subscription",
        hint=f"--azure-size, such as: {names}",
    )


def _preference(size: AzureSize) -> tuple[float, bool, str]:
    """The less memory the cheaper; burstable sizes cost less than others."""
    return size.gigabytes, not size.name.startswith("Standard_B"), size.name


def image(api: AzureApi, subscription: str, location: str, name: str, kind: AzureSize) -> str:
    """Return an image as `PUBLISHER:OFFER:SKU:VERSION` or as a path; for "" the newest Ubuntu LTS.

    Raises PreCreateError if it is not there.
    """
    if name.startswith("/subscriptions/"):
        return name
    publishers = f"{subscription}/providers/Microsoft.Compute/locations/{location}/publishers"
    if not name:
        return _newest(api, publishers, kind)
    publisher, offer, sku, version = name.split(":")
    there = _choices(
        api, f"{publishers}/{publisher}/artifacttypes/vmimage/offers/{offer}/skus/{sku}/versions"
    )
    if not there or version.lower() not in ("latest", *there):
        raise PreCreateError(
            f"there is no image {name} at {location}",
            hint=f"az vm image list --all --location {location} --publisher {publisher} shows what there is",
        )
    return name


def _newest(api: AzureApi, publishers: str, kind: AzureSize) -> str:
    """Return the newest image whose variant for the size is there. Raises PreCreateError."""
    for found in (_ubuntus, _debians):
        candidates = list(found(api, publishers, kind))
        while chosen := newest_image(candidates, kind.architecture):
            publisher, offer, sku, _ = chosen.identifier.split(":")
            if sku in _choices(api, f"{publishers}/{publisher}/artifacttypes/vmimage/offers/{offer}/skus"):
                return chosen.identifier
            candidates.remove(chosen)
    raise PreCreateError(
        f"Azure offers no Ubuntu LTS and no Debian for {kind.architecture}", hint="name one: --azure-image"
    )


def _ubuntus(api: AzureApi, publishers: str, kind: AzureSize) -> Iterator[CatalogImage]:
    variant = "server-arm64" if kind.architecture == ARM else "server"
    sku = variant if kind.has_second_generation else "server-gen1"
    for offer in _choices(api, f"{publishers}/Canonical/artifacttypes/vmimage/offers"):
        if match := _UBUNTU.fullmatch(offer):
            urn = f"Canonical:{offer}:{sku}:latest"
            yield CatalogImage(urn, "ubuntu", f"{match[1]}.04", kind.architecture)


def _debians(api: AzureApi, publishers: str, kind: AzureSize) -> Iterator[CatalogImage]:
    variant = "-arm64" if kind.architecture == ARM else "-gen2" if kind.has_second_generation else ""
    for offer in _choices(api, f"{publishers}/Debian/artifacttypes/vmimage/offers"):
        if match := _DEBIAN.fullmatch(offer):
            urn = f"Debian:{offer}:{match[1]}{variant}:latest"
            yield CatalogImage(urn, "debian", match[1], kind.architecture)


def _choices(api: AzureApi, path: str) -> list[str]:
    try:
        return api.choices(path, _DOING)
    except AzureError as error:
        if not error.is_gone:
            raise
        return []


def newest_images(api: AzureApi, subscription: str, location: str) -> list[str]:
    """Return the names of all Ubuntu LTS and Debian of Azure's catalogue, for completion."""
    publishers = f"{subscription}/providers/Microsoft.Compute/locations/{location}/publishers"
    kind = AzureSize("", 0, 0, X86, has_second_generation=True)
    found = [*_ubuntus(api, publishers, kind), *_debians(api, publishers, kind)]
    return [one.identifier for one in sorted(found, key=lambda one: (one.system, one.version), reverse=True)]


def locations(api: AzureApi, subscription: str) -> dict[str, str]:
    """Return name -> shown name of the locations that the subscription may use."""
    found = api.listed(f"{subscription}/locations", _DOING)
    return {str(one.get("name", "")): str(one.get("displayName", "")) for one in found}
