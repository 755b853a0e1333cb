"""Looks up regions, sizes, images and the rest in the provider's catalogue, before anything is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from machsh.api import CatalogImage, PreCreateError, newest_image
from machsh_digitalocean.do_api import DigitalOceanApi, answer_part, found_or_none

RETIRED_IMAGES = frozenset({f"ubuntu-{one}-x64" for one in ("14-04", "15-10", "16-04", "18-04", "20-04")})
"""Defaults of docker-machine's driver, which scripts may still name."""
RETIRED_SIZES = frozenset({"512mb", "1gb", "2gb", "4gb"})
LEAST_MEMORY = 1024
"""The least memory in MB with which an engine is of use."""
_ASKING = "asking DigitalOcean"
_SLUG = re.compile(r"(ubuntu|debian)-(\d+(?:-\d+)?)-x64")


def regions(api: DigitalOceanApi) -> list[dict[str, Any]]:
    """Return the regions where new droplets can be made."""
    return [one for one in api.every(_ASKING, "/regions", "regions") if one.get("available")]


def check_region(api: DigitalOceanApi, slug: str) -> None:
    """Raise PreCreateError, which names those that exist, for a region where no droplet can be made."""
    known = sorted(str(one.get("slug")) for one in regions(api))
    if slug not in known:
        text = f"digitalocean requires a valid region: there is no {slug}"
        raise PreCreateError(text, hint=f"--digitalocean-region: {', '.join(known)}")


def sizes(api: DigitalOceanApi, region: str = "") -> list[dict[str, Any]]:
    """Return the sizes that can be had in a region, or in any, the cheapest first."""
    found = [
        one
        for one in api.every(_ASKING, "/sizes", "sizes")
        if one.get("available") and (not region or region in _list(one, "regions"))
    ]
    return sorted(found, key=lambda one: (price(one), str(one.get("slug"))))


def size(api: DigitalOceanApi, slug: str, region: str) -> dict[str, Any]:
    """Return the size of a slug; for "" the cheapest with 1 GB. Raises PreCreateError that names some."""
    offered = sizes(api, region)
    found = next((one for one in offered if one.get("slug") == slug), None)
    if found is None and (not slug or slug in RETIRED_SIZES):
        found = next((one for one in offered if number(one, "memory") >= LEAST_MEMORY), None)
    if found is None:
        names = ", ".join(str(one.get("slug")) for one in offered[:12]) or "none"
        text = f"there is no size {slug}".rstrip() + f" in {region}"
        raise PreCreateError(text, hint=f"--digitalocean-size: {names}")
    return found


def price(found: Mapping[str, Any]) -> float:
    """Return the hourly price in US dollars."""
    value = found.get("price_hourly")
    return float(value) if isinstance(value, int | float) else 0.0


def number(found: Mapping[str, Any], name: str) -> int:
    """Return a number of something, 0 if it has none."""
    value = found.get(name)
    return value if isinstance(value, int) else 0


def image(api: DigitalOceanApi, wanted: str, region: str) -> dict[str, Any]:
    """Return the image of a slug or number; for "" the newest Ubuntu LTS. Raises PreCreateError."""
    found: dict[str, Any] | None = None
    if wanted and wanted not in RETIRED_IMAGES:
        asked = found_or_none(lambda: api.get(_ASKING, f"/images/{quote(wanted, safe='')}"))
        found = asked and answer_part(_ASKING, asked, "image")
        if found is None:
            hint = "doctl compute image list --public shows the slugs, doctl compute image list your own"
            raise PreCreateError(f"there is no image {wanted}", hint=hint)
        if region not in _list(found, "regions"):
            raise PreCreateError(
                f"the image {wanted} is not in {region}", hint="transfer it there, or choose another"
            )
        return found
    offered = [one for one in distributions(api) if region in _list(one, "regions")]
    chosen = newest_image(_entry(one) for one in offered)
    if chosen is None:
        raise PreCreateError(
            f"the provider offers no Ubuntu LTS and no Debian in {region}",
            hint="name one: --digitalocean-image",
        )
    return next(one for one in offered if one.get("slug") == chosen.identifier)


def distributions(api: DigitalOceanApi) -> list[dict[str, Any]]:
    """Return the provider's images of distributions that can be chosen by a slug."""
    found = api.every(_ASKING, "/images", "images", type="distribution")
    return [one for one in found if one.get("slug") and one.get("status", "available") == "available"]


def _entry(image: Mapping[str, Any]) -> CatalogImage:
    slug = str(image.get("slug"))
    match = _SLUG.fullmatch(slug)
    system, version = (match[1], match[2].replace("-", ".")) if match else ("", "")
    return CatalogImage(slug, system, version, created=str(image.get("created_at") or ""))


def vpc(api: DigitalOceanApi, wanted: str, region: str) -> dict[str, Any]:
    """Return the VPC of a name or ID; for "" the region's default one. Raises PreCreateError."""
    there = [one for one in api.every(_ASKING, "/vpcs", "vpcs") if one.get("region") == region]
    fitting = (
        one for one in there if (wanted in (one.get("id"), one.get("name")) if wanted else one.get("default"))
    )
    found = next(fitting, None)
    if found is None:
        names = ", ".join(str(one.get("name")) for one in there) or "none; the first droplet makes it"
        text = f"there is no VPC {wanted} in {region}" if wanted else f"{region} has no default VPC yet"
        raise PreCreateError(text, hint=f"--digitalocean-vpc: {names}")
    return found


def volume_ids(api: DigitalOceanApi, wanted: list[str], region: str) -> list[str]:
    """Return the IDs of volumes given by name or ID. Raises PreCreateError, also if one is attached."""
    there = api.every(_ASKING, "/volumes", "volumes", region=region) if wanted else []
    found = []
    for name in wanted:
        volume = next((volume for volume in there if name in (volume.get("id"), volume.get("name"))), None)
        if volume is None:
            names = ", ".join(str(other.get("name")) for other in there) or "none"
            raise PreCreateError(
                f"there is no volume {name} in {region}", hint=f"--digitalocean-volume: {names}"
            )
        if volume.get("droplet_ids"):
            raise PreCreateError(f"the volume {name} is attached to a droplet", hint="detach it first")
        found.append(str(volume.get("id")))
    return found


def _list(found: Mapping[str, Any], name: str) -> list[Any]:
    value = found.get(name)
    return value if isinstance(value, list) else []
