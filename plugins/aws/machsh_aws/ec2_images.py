"""Finds machine images: the newest of a system by Amazon's own catalogue, for the type's processor."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from machsh.api import MachshError, UsageError
from machsh_aws.ec2_api import Ec2Api

UBUNTU, DEBIAN = "ubuntu", "debian"
ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
"""Amazon's name of a processor -> the distributions'."""
OWNERS = {
    UBUNTU: {"aws": "099720109477", "aws-cn": "837727238323", "aws-us-gov": "513442679011"},
    DEBIAN: {"aws": "136693071363", "aws-us-gov": "136693071363"},
}
"""System -> partition -> the account that publishes its images."""
_USERS = {
    "ubuntu": "ubuntu",
    "debian": "admin",
    "al20": "ec2-user",
    "amzn": "ec2-user",
    "rhel": "ec2-user",
    "suse": "ec2-user",
    "fedora": "fedora",
    "rocky": "rocky",
}
"""How an image's name begins, after its folders -> the user that it lets in."""


@dataclass(frozen=True, slots=True)
class MachineImage:
    """An image as EC2 describes it."""

    identifier: str
    name: str
    architecture: str
    """`x86_64` or `arm64`."""
    root_device: str
    gigabytes: int
    """The least size of the root disk."""

    @property
    def user(self) -> str:
        """The user that the image lets in over ssh; empty if its name does not tell."""
        base = self.name.rpartition("/")[2].lower()
        return next((user for begin, user in _USERS.items() if base.startswith(begin)), "")


def find(api: Ec2Api, wanted: str, architecture: str, partition: str) -> MachineImage:
    """Return the image `ami-...`, or the newest of `ubuntu` or `debian`. Raises UsageError, MachshError."""
    if wanted.startswith("ami-"):
        return _described(api, wanted)
    system = wanted or UBUNTU
    if system not in OWNERS:
        raise UsageError(
            f"--amazonec2-ami {wanted} is no image", hint="give ami-..., or ubuntu or debian for the newest"
        )
    if architecture not in ARCHITECTURES:
        raise UsageError(f"there is no {system} for {architecture}", hint="give --amazonec2-ami ami-...")
    found = _by_parameters(api, system, ARCHITECTURES[architecture])
    return _described(api, found) if found else _newest(api, system, architecture, partition)


def parameters(system: str, processor: str, year: int) -> list[str]:
    """Return the names of the public parameters that may hold the newest image, the newest first."""
    if system == DEBIAN:  # a release each second summer; 12 came in 2023
        newest = 12 + (year - 2023) // 2
        return [f"/aws/service/debian/release/{one}/latest/{processor}" for one in range(newest, 11, -1)][:5]
    server = "/aws/service/canonical/ubuntu/server"
    return [
        f"{server}/{one % 100}.04/stable/current/{processor}/hvm/ebs-{disk}/ami-id"
        for one in range(year - year % 2, 2021, -2)
        for disk in ("gp3", "gp2")
    ][:10]


def _by_parameters(api: Ec2Api, system: str, processor: str) -> str:
    """Return the image of the newest release that has a parameter; "" where none can be read."""
    names = parameters(system, processor, time.gmtime().tm_year)
    try:
        answer = api.ssm("get_parameters", Names=names)
    except MachshError:  # some partitions, endpoints and policies have none: the images themselves are asked
        return ""
    values = {str(one["Name"]): str(one["Value"]) for one in answer.get("Parameters") or []}
    return next((values[name] for name in names if values.get(name, "").startswith("ami-")), "")


def _newest(api: Ec2Api, system: str, architecture: str, partition: str) -> MachineImage:
    names = {UBUNTU: "ubuntu/images/hvm-ssd*/ubuntu-*-??.04-*-server-*", DEBIAN: "debian-??-*"}
    filters = {"architecture": architecture, "state": "available", "name": names[system]}
    owner = OWNERS[system].get(partition)
    found = (
        api.ec2("describe_images", Owners=[owner], Filters=filtered(filters)).get("Images") if owner else None
    )
    usable = [one for one in found or [] if _release(one)]
    if not usable:
        raise MachshError(
            f"no image of {system} for {architecture} is offered here", hint="give --amazonec2-ami ami-..."
        )
    return _image(max(usable, key=lambda one: (_release(one), str(one.get("CreationDate")))))


def _release(image: dict[str, Any]) -> int:
    """Return the release as a number; 0 if it is not a stable release (Ubuntu's LTS come in even years)."""
    for part in str(image.get("Name")).rpartition("/")[2].split("-"):
        digits = part.removesuffix(".04")
        if digits.isdigit() and len(digits) == 2:
            is_lts = not part.endswith(".04") or int(digits) % 2 == 0
            return int(digits) if is_lts else 0
    return 0


def _described(api: Ec2Api, identifier: str) -> MachineImage:
    found = api.ec2("describe_images", ImageIds=[identifier]).get("Images")
    if not found:
        raise MachshError(f"there is no image {identifier} here", hint="images differ from region to region")
    return _image(found[0])


def _image(found: dict[str, Any]) -> MachineImage:
    root = str(found.get("RootDeviceName") or "")
    sizes = [
        int(one["Ebs"].get("VolumeSize") or 0)
        for one in found.get("BlockDeviceMappings") or []
        if one.get("DeviceName") == root and one.get("Ebs")
    ]
    return MachineImage(
        str(found["ImageId"]),
        str(found.get("Name") or ""),
        str(found.get("Architecture") or ""),
        root,
        max(sizes, default=0),
    )


def filtered(filters: Mapping[str, str | list[str]]) -> list[dict[str, Any]]:
    """Return filters in EC2's form."""
    return [
        {"Name": name, "Values": value if isinstance(value, list) else [value]}
        for name, value in filters.items()
    ]
