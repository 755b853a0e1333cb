"""Looks up images, server types and the rest in the provider's catalogue, before anything is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from machsh.api import CatalogImage, PreCreateError, newest_image
from machsh_hetzner.hetzner_api import HetznerCloud, found_or_none

if TYPE_CHECKING:
    from hcloud.images import BoundImage
    from hcloud.server_types import BoundServerType

RETIRED_IMAGES = frozenset({"ubuntu-16.04", "ubuntu-18.04", "ubuntu-20.04"})
"""Defaults of docker-machine's driver, which scripts may still name."""
RETIRED_TYPES = frozenset({"cx10", "cx11"})


def server_type(cloud: HetznerCloud, name: str, architecture: str, location: str) -> BoundServerType:
    """Return the server type of a name; for "" the cheapest that is sold at the location (if any is given).

    Raises PreCreateError that names some that exist.
    """
    offered = cloud.api.server_types.get_all()
    found = next((one for one in offered if one.name == name), None)
    if found is not None and price(found, location) is not None:
        return found
    sold = [one for one in offered if is_sold(one, location) and price(one, location) is not None]
    if name in RETIRED_TYPES or not name:
        fitting = [one for one in sold if one.architecture == (architecture or "x86")]
        if fitting:
            return min(fitting, key=lambda one: (price(one, location) or 0.0, one.name))
    there = f" at {location}" if location else ""
    names = ", ".join(sorted(str(one.name) for one in sold)[:12])
    hint = f"--hetzner-server-type: {names}" if names else "nothing is sold there: --hetzner-server-location"
    raise PreCreateError(f"there is no server type {name or architecture}{there}", hint=hint)


def is_sold(kind: BoundServerType, location: str = "") -> bool:
    """Whether new servers of a type can be had at a location, or at any."""
    return any(
        one.deprecation is None and one.available is not False
        for one in kind.locations or []
        if location in ("", one.location.name)
    )


def price(kind: BoundServerType, location: str) -> float | None:
    """Return the gross price of an hour; at the cheapest location if none is given. None: not sold there."""
    prices = [one for one in kind.prices or [] if location in ("", one.get("location"))]
    return min((float(one["price_hourly"]["gross"]) for one in prices), default=None)


def image(cloud: HetznerCloud, name: str, number: int, architecture: str) -> BoundImage:
    """Return the image; for "" the newest Ubuntu LTS. Raises PreCreateError that names some that exist."""
    images = cloud.api.images
    wanted = number or (int(name) if name.isascii() and name.isdigit() else 0)
    if wanted:
        found = found_or_none(lambda: images.get_by_id(wanted))
        if found is None:
            raise PreCreateError(f"there is no image {wanted}", hint="hcloud image list shows the numbers")
        return found
    offered = images.get_all(type=["system"], architecture=[architecture], include_deprecated=True)
    if name and name not in RETIRED_IMAGES:
        named = next((one for one in offered if one.name == name), None)
        if named is not None:
            return named
        names = ", ".join(sorted({one.name for one in offered if one.name and not one.deprecation}))
        raise PreCreateError(f"there is no image {name} for {architecture}", hint=f"--hetzner-image: {names}")
    chosen = newest_image(map(_entry, offered), architecture)
    if chosen is None:
        raise PreCreateError(
            f"the provider offers no Ubuntu LTS and no Debian for {architecture}",
            hint="name one: --hetzner-image",
        )
    return next(one for one in offered if str(one.id) == chosen.identifier)


def _entry(image: BoundImage) -> CatalogImage:
    return CatalogImage(
        str(image.id),
        image.os_flavor or "",
        image.os_version or "",
        image.architecture or "",
        image.created.isoformat() if image.created else "",
        is_deprecated=image.deprecation is not None,
    )


def named(kind: str, client: Any, wanted: Iterable[str] | None) -> list[Any]:
    """Return networks, volumes, ... by name or number. Raises PreCreateError for one that is not there."""
    return [one_named(kind, client, one) for one in wanted or []]


def one_named(kind: str, client: Any, name: str) -> Any:
    """Return a network, volume, ... by name or number. Raises PreCreateError if it is not there."""
    found = client.get_by_name(name)
    if found is None and name.isascii() and name.isdigit():
        found = found_or_none(lambda: client.get_by_id(int(name)))
    if found is None:
        names = (
            ", ".join(sorted(filter(None, (one.name for one in client.get_list(per_page=12)[0])))) or "none"
        )
        raise PreCreateError(f"there is no {kind} {name}", hint=f"there are: {names}")
    return found


def primary_address(cloud: HetznerCloud, wanted: str) -> Any:
    """Return a primary address by address, name or number. Raises PreCreateError."""
    by_address = cloud.api.primary_ips.get_list(ip=wanted).primary_ips if {".", ":"} & set(wanted) else []
    return by_address[0] if by_address else one_named("primary-ip", cloud.api.primary_ips, wanted)
