"""The fields of the driver `google` in `config.json`: docker-machine's, then machsh's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from machsh.api import API_URL, COUNT, LINE, NAME, PATH, CloudRecord, Rule, checked

EXTRA_DISK = Rule("GB:TYPE", lambda value: bool(re.fullmatch(r"[1-9][0-9]{0,5}:[a-z][a-z0-9-]{0,62}", value)))


@dataclass(frozen=True, slots=True)
class GoogleDisk:
    """A disk of an instance; docker-machine's has the machine's name and `-disk`."""

    name: str
    size: int
    """GB; 0 for the image's size."""
    kind: str


@dataclass
class GoogleRecord(CloudRecord):
    """An instance of Compute Engine, and the resources made for it."""

    zone: str = checked(NAME)
    machine_type: str = checked(NAME)
    machine_image: str = checked(LINE)
    """`PROJECT/global/images/IMAGE`, as docker-machine wrote it."""
    disk_type: str = checked(NAME)
    address: str = checked(LINE)
    network: str = checked(LINE)
    subnetwork: str = checked(LINE)
    preemptible: bool = False
    use_internal_ip: bool = False
    use_internal_ip_only: bool = False
    service_account: str = checked(LINE)
    scopes: str = checked(LINE)
    disk_size: int = checked(COUNT, 0)
    """GB."""
    project: str = checked(NAME)
    tags: str = checked(LINE)
    use_existing: bool = False
    open_ports: list[str] | None = checked(LINE, None)
    spot: bool = False
    extra_disks: list[str] | None = checked(EXTRA_DISK, None)
    """`GB:TYPE` of each further disk."""
    server_labels: dict[str, Any] | None = None
    open_to: list[str] | None = checked(LINE, None)
    """The networks that may reach ssh and the engine; None for this computer's address."""
    user_data_file: str = checked(PATH)
    credentials_file: str = checked(PATH)
    endpoint: str = checked(API_URL)

    names: ClassVar[dict[str, str]] = {
        **CloudRecord.names,
        "use_internal_ip": "UseInternalIP",
        "use_internal_ip_only": "UseInternalIPOnly",
    }

    @property
    def region(self) -> str:
        """The zone's region: `us-central1` of `us-central1-a`."""
        return self.zone.rpartition("-")[0]

    @property
    def disks(self) -> list[GoogleDisk]:
        """The disks that are made with the instance, the one that it boots from first."""
        name = f"{self.machine_name}-disk"
        found = [GoogleDisk(name, self.disk_size, self.disk_type)]
        for number, text in enumerate(self.extra_disks or [], 1):
            size, _, kind = text.partition(":")
            found.append(GoogleDisk(f"{name}-{number}", int(size), kind))
        return found

    @property
    def network_tag(self) -> str:
        """The instance's tag by which the machine's firewall rules find it."""
        return f"machsh-{self.machine_name}"
