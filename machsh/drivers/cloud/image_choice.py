"""Chooses a current image from a provider's catalogue instead of a built-in list, which would get old."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

X86 = "x86"
"""The architecture of PCs, 64 bits."""
ARM = "arm"
"""The architecture arm64."""
_UBUNTU_LTS = re.compile(r"(\d{2})\.04")
_DEBIAN = re.compile(r"(\d{1,2})(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class CatalogImage:
    """An image of a provider's catalogue."""

    identifier: str
    system: str
    """`ubuntu`, `debian`, ..."""
    version: str
    """`24.04`, `12`."""
    architecture: str = X86
    created: str = ""
    """ISO 8601: among images of one version the newest is taken."""
    is_deprecated: bool = False


def newest_image(images: Iterable[CatalogImage], architecture: str = X86) -> CatalogImage | None:
    """Return the newest Ubuntu with long-term support, else the newest Debian; None if there is neither."""
    usable = [one for one in images if one.architecture == architecture and not one.is_deprecated]
    ranked = [(rank, one.created, one) for one in usable if (rank := _rank(one))]
    return max(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def _rank(image: CatalogImage) -> tuple[int, int] | None:
    """Return an image's rank, higher is better; None if it must not be chosen."""
    lts, debian = _UBUNTU_LTS.fullmatch(image.version), _DEBIAN.fullmatch(image.version)
    if image.system == "ubuntu" and lts and int(lts[1]) % 2 == 0:
        return 2, int(lts[1])
    return (1, int(debian[1])) if image.system == "debian" and debian else None
