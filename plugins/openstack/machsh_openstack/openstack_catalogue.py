"""Looks up flavors, images and networks in the cloud's own lists, before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from machsh.api import CatalogImage, PreCreateError, newest_image
from machsh_openstack.openstack_api import OpenStackCloud

LEAST_MEMORY, LEAST_DISK = 2048, 10
"""MB and GB that a flavor needs at least to be chosen by machsh."""
USERS = {
    "ubuntu": "ubuntu", "debian": "debian", "fedora": "fedora", "centos": "cloud-user", "rocky": "rocky",
    "almalinux": "almalinux", "rhel": "cloud-user", "opensuse": "opensuse", "sles": "ec2-user",
    "arch": "arch", "flatcar": "core", "alpine": "alpine",
}  # fmt: skip
"""Distribution -> the user whom its images for clouds let in."""
_SPECIAL = re.compile(r"nvidia|gpu|cuda|kube|k8s|docker|minimal|daily|desktop", re.IGNORECASE)
_VERSION = re.compile(r"(\d{1,2}(?:\.\d{1,2})?)(?!\d)")
_ARM = ("aarch64", "arm64", "arm")


def _shown(names: Iterable[Any]) -> str:
    return ", ".join(sorted({str(one) for one in names})[:12]) or "none"


def named(kind: str, offered: Iterable[Any], identifier: str, name: str, option: str) -> Any:
    """Return a flavor, image or network by ID or name. Raises PreCreateError that names some that exist."""
    entries = list(offered)
    found = [one for one in entries if (identifier and one.id == identifier) or (name and one.name == name)]
    if not found:
        raise PreCreateError(
            f"there is no {kind} {identifier or name}",
            hint=f"--openstack-{option}-name: {_shown(one.name for one in entries)}",
        )
    if len(found) > 1 and kind != "image":
        shown = ", ".join(one.id for one in found)
        raise PreCreateError(
            f"there are several of the name {name}", hint=f"--openstack-{option}-id: {shown}"
        )
    return max(found, key=lambda one: str(getattr(one, "created_at", "") or ""))


def regions(cloud: OpenStackCloud) -> list[str]:
    """Return the regions of the catalog, which come with the login."""
    endpoints = [one for entries in cloud.catalog().values() for one in entries]
    return sorted({str(one["region_id"]) for one in endpoints if one.get("region_id")})


def check_region(cloud: OpenStackCloud, name: str) -> None:
    """Raise PreCreateError if the catalog has regions, and not this one."""
    found = regions(cloud)
    if found and name not in found:
        raise PreCreateError(f"there is no region {name}", hint=f"--openstack-region: {_shown(found)}")


def flavor(cloud: OpenStackCloud, identifier: str, name: str, *, has_own_disk: bool) -> Any:
    """Return the flavor; without ID and name the smallest that an engine can live in."""
    offered = [one for one in cloud.api.compute.flavors(details=True) if not one.is_disabled]
    if identifier or name:
        return named("flavor", offered, identifier, name, "flavor")
    fitting = [
        one for one in offered if one.ram >= LEAST_MEMORY and (not has_own_disk or one.disk >= LEAST_DISK)
    ]
    if not fitting:
        raise PreCreateError(
            f"there is no flavor with {LEAST_MEMORY >> 10} GB of memory and {LEAST_DISK} GB of disk",
            hint=f"--openstack-flavor-name: {_shown(one.name for one in offered)}; "
            "or --openstack-volume-size",
        )
    return min(fitting, key=lambda one: (one.ram, one.vcpus, one.disk, one.name))


def image(cloud: OpenStackCloud, identifier: str, name: str, architecture: str) -> Any:
    """Return the image; without ID and name the newest Ubuntu LTS, else Debian, of the public ones."""
    offered = [one for one in cloud.api.image.images() if one.status == "active"]
    if identifier or name:
        return named("image", offered, identifier, name, "image")
    public = [
        one
        for one in offered
        if one.visibility in ("public", "community") and not _SPECIAL.search(one.name or "")
    ]
    chosen = newest_image(map(_entry, public), architecture or "x86")
    if chosen is None:
        raise PreCreateError(
            f"the cloud offers no Ubuntu LTS and no Debian for {architecture or 'x86'}",
            hint=f"--openstack-image-name: {_shown(one.name for one in offered)}",
        )
    return next(one for one in public if one.id == chosen.identifier)


def _entry(image: Any) -> CatalogImage:
    version = _VERSION.search(str(image.os_version or "")) or _VERSION.search(str(image.name or ""))
    return CatalogImage(
        str(image.id),
        distribution(image),
        version[1] if version else "",
        architecture_of(image),
        str(image.created_at or ""),
        is_deprecated=bool(getattr(image, "is_hidden", False)),
    )


def architecture_of(image: Any) -> str:
    """Return `x86` or `arm`, by the image's property or its name."""
    told = str(image.architecture or "").lower()
    named_arm = any(word in str(image.name or "").lower() for word in _ARM)
    return "arm" if told in _ARM or (not told and named_arm) else "x86"


def distribution(image: Any) -> str:
    """Return an image's distribution in small letters, by its property or its name; "" if neither tells."""
    told = str(image.os_distro or "").lower()
    name = str(image.name or "").lower()
    return told or next((word for word in USERS if word in name), "")


def login_user(image: Any) -> str:
    """Return the user whom an image lets in; root if it does not tell."""
    told = (image.properties or {}).get("os_admin_user") or getattr(image, "os_admin_user", "")
    return str(told or USERS.get(distribution(image), "root"))


def network(cloud: OpenStackCloud, identifier: str, name: str) -> Any:
    """Return the network; without ID and name the only one. Raises PreCreateError if there are several."""
    offered = list(cloud.api.network.networks())
    if identifier or name:
        return named("network", offered, identifier, name, "net")
    own = [one for one in offered if not one.is_router_external] or offered
    if len(own) != 1:
        words = "the project has several networks" if own else "the project has no network"
        hint = (
            f"--openstack-net-name: {_shown(one.name for one in own)}"
            if own
            else "openstack network create makes one"
        )
        raise PreCreateError(words, hint=hint)
    return own[0]


def pool(cloud: OpenStackCloud, name: str) -> Any:
    """Return the external network of a floating address, by name or ID. Raises PreCreateError."""
    offered = [one for one in cloud.api.network.networks() if one.is_router_external]
    found = next((one for one in offered if name in (one.name, one.id)), None)
    if found is None:
        raise PreCreateError(
            f"there is no external network {name}",
            hint=f"--openstack-floatingip-pool: {_shown(one.name for one in offered)}",
        )
    return found


def check_groups(cloud: OpenStackCloud, names: Iterable[str]) -> None:
    """Raise PreCreateError unless the user's security groups are there, by name or ID."""
    offered = list(cloud.api.network.security_groups())
    for name in names:
        if not any(name in (one.name, one.id) for one in offered):
            raise PreCreateError(
                f"there is no security group {name}",
                hint=f"--openstack-sec-groups: {_shown(one.name for one in offered)}",
            )


def check_zone(cloud: OpenStackCloud, name: str) -> None:
    """Raise PreCreateError unless the availability zone is there. `ZONE:HOST` is left to the cloud."""
    offered = [str(one.name) for one in cloud.api.compute.availability_zones()]
    if name.partition(":")[0] not in offered:
        raise PreCreateError(
            f"there is no availability zone {name}", hint=f"--openstack-availability-zone: {_shown(offered)}"
        )
