"""Looks up images in the catalogues of Google's projects of Ubuntu and Debian."""

from __future__ import annotations

import re
from collections.abc import Iterator

from machsh.api import ARM, X86, CatalogImage, PreCreateError, newest_image, reading_answer
from machsh_google.gce_api import WHO, Answer, GceApi, GceError

UBUNTU, DEBIAN = "ubuntu-os-cloud", "debian-cloud"
_FAMILIES = {
    UBUNTU: re.compile(r"ubuntu-(\d\d)(\d\d)-lts(?:-amd64|-arm64)?"),
    DEBIAN: re.compile(r"debian-(\d+)(?:-arm64)?"),
}
_FILTERS = {UBUNTU: "family eq ubuntu-[0-9]{4}-lts.*", DEBIAN: "family eq debian-[0-9]+.*"}
_FIELDS = "items(name,family,architecture,creationTimestamp,deprecated,diskSizeGb),nextPageToken"
_ARCHITECTURES = {"X86_64": X86, "ARM64": ARM}
_GONE = ("OBSOLETE", "DELETED")
_PATH = re.compile(r"[a-z][-a-z0-9.:]*/global/images/(?:family/)?[a-z][-a-z0-9]*")


@reading_answer("looking for the image", WHO)
def image(api: GceApi, wanted: str, architecture: str) -> Answer:
    """Return the image `PROJECT/global/images/IMAGE`; for "" the newest Ubuntu LTS. Raises PreCreateError."""
    if not wanted:
        return _newest(api, architecture)
    if not _PATH.fullmatch(wanted):
        raise PreCreateError(
            f"{wanted} is not an image",
            hint="write PROJECT/global/images/IMAGE, or PROJECT/global/images/family/FAMILY",
        )
    found = api.found_or_none(f"projects/{wanted}")
    state = (found or {}).get("deprecated", {}).get("state", "")
    if found is None or state in _GONE:
        why = "is no longer kept up" if found else "is not there"
        raise PreCreateError(
            f"the image {wanted} {why}",
            hint="gcloud compute images list shows what there is; without the option it is the newest Ubuntu",
        )
    kind = _ARCHITECTURES.get(str(found.get("architecture")), architecture)
    if kind != architecture:
        raise PreCreateError(
            f"the image {wanted} is for {kind}, and the machine type is {architecture}",
            hint="choose an image of the same architecture",
        )
    return {**found, "path": f"{wanted.partition('/')[0]}/global/images/{found['name']}"}


def _newest(api: GceApi, architecture: str) -> Answer:
    for project in (UBUNTU, DEBIAN):
        offered = {str(one["name"]): one for one in catalogue(api, project)}
        chosen = newest_image((_entry(project, one) for one in offered.values()), architecture)
        if chosen is not None:
            path = f"{project}/global/images/{chosen.identifier}"
            return {**offered[chosen.identifier], "path": path}
    raise PreCreateError(
        f"Google offers no Ubuntu LTS and no Debian for {architecture}",
        hint="name one: --google-machine-image",
    )


def catalogue(api: GceApi, project: str) -> Iterator[Answer]:
    """Yield the current images of the long-term versions of one system."""
    try:
        for image in api.items(f"projects/{project}/global/images", filter=_FILTERS[project], fields=_FIELDS):
            if _FAMILIES[project].fullmatch(str(image.get("family"))) and not image.get("deprecated"):
                yield image
    except GceError as error:
        if error.status not in (403, 404):
            raise


def _entry(project: str, image: Answer) -> CatalogImage:
    match = _FAMILIES[project].fullmatch(str(image["family"]))
    system = "ubuntu" if project == UBUNTU else "debian"
    architecture = _ARCHITECTURES.get(str(image.get("architecture")), X86)
    version = ".".join(match.groups()) if match else ""
    return CatalogImage(
        str(image["name"]), system, version, architecture, str(image.get("creationTimestamp"))
    )


def has_cloud_init(path: str) -> bool:
    """Whether an image is known to carry out user data: Ubuntu's do, and Google's Debian does not."""
    return path.startswith(f"{UBUNTU}/")
