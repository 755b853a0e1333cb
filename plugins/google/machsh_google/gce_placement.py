"""Chooses and checks what an instance is made of, before anything is made."""

from __future__ import annotations

from machsh.api import ARM, X86, PreCreateError, Progress, reading_answer
from machsh_google import gce_images
from machsh_google.gce_api import WHO, Answer, GceApi, doing, last_part
from machsh_google.gce_options import RETIRED_IMAGE, RETIRED_TYPE
from machsh_google.gce_record import GoogleRecord

USUAL_TYPE = "e2-medium"
_LEAST_MB = 4096
_PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]


class GcePlacement:
    """Completes a record by what project and zone have. Changes nothing at Google."""

    def __init__(self, record: GoogleRecord, api: GceApi, progress: Progress) -> None:
        self._record = record
        self._api = api
        self._progress = progress

    @reading_answer("asking Google", WHO)
    def complete(self) -> None:
        """Check project, zone, network and names; choose machine type and image. Raises MachshError."""
        self._check_project()
        self._check_zone()
        self._check_names()
        if not self._record.use_existing:
            self._check_network()
            self._choose()

    def _check_project(self) -> None:
        project = self._record.project
        self._progress.info("Check that the project exists")
        if self._api.found_or_none(self._api.path()) is None:
            raise PreCreateError(
                f'Project with ID "{project}" not found.',
                hint="gcloud projects list shows yours; --google-project names one",
            )

    def _check_zone(self) -> None:
        zone = self._record.zone
        found = self._api.found_or_none(self._api.path("zones", zone))
        if found is None:
            names = ", ".join(
                sorted(str(one["name"]) for one in self._api.items(self._api.path("zones")))[:12]
            )
            raise PreCreateError(f"there is no zone {zone}", hint=f"--google-zone: {names}, ...")
        if found.get("status") != "UP":
            raise PreCreateError(
                f"the zone {zone} is {found.get('status')}", hint="try another --google-zone"
            )

    def _check_names(self) -> None:
        name, zone = self._record.machine_name, self._record.zone
        self._progress.info("Check if the instance already exists")
        found = self._in_zone("instances", name)
        if self._record.use_existing:
            if found is None:
                raise PreCreateError(
                    f'unable to find instance "{name}" in zone "{zone}"', hint="--google-zone"
                )
            return
        if found is not None:
            raise PreCreateError(
                f'instance "{name}" already exists in zone "{zone}"',
                hint="take another name; `machsh orphans -d google` says whether it was left over",
            )
        for disk in self._record.disks:
            if self._in_zone("disks", disk.name) is not None:
                raise PreCreateError(
                    f'disk "{disk.name}" already exists in zone "{zone}"',
                    hint="take another name, or remove the disk: it would be the machine's",
                )

    def _in_zone(self, kind: str, name: str) -> Answer | None:
        return self._api.found_or_none(self._api.path("zones", self._record.zone, kind, name))

    def _needed(self, found: Answer | None, what: str, hint: str) -> Answer:
        if found is None:
            raise PreCreateError(f"there is no {what}", hint=hint)
        return found

    def _check_network(self) -> None:
        """Find the network; one of a subnetwork of another project is not looked at."""
        record, api = self._record, self._api
        if record.subnetwork and "/" not in record.subnetwork:
            path = api.path("regions", record.region, "subnetworks", record.subnetwork)
            what = f"subnetwork {record.subnetwork} in {record.region}"
            found = self._needed(api.found_or_none(path), what, "gcloud compute networks subnets list")
            record.network = last_part(str(found.get("network"))) or record.network
        elif not is_shared(record):
            path = api.path("global", "networks", last_part(record.network))
            what = f"network {record.network}"
            self._needed(api.found_or_none(path), what, "gcloud compute networks list; --google-network")
        static_address(record, api)
        if not record.open_to and record.use_internal_ip:
            record.open_to = list(_PRIVATE)
            self._progress.info("The machine is reached by its internal address, from private networks only")

    def _choose(self) -> None:
        record = self._record
        kind = self._machine_type()
        architecture = architecture_of(kind)
        if str(kind["name"]) != record.machine_type:
            retired = f"{record.machine_type} is retired: " if record.machine_type else ""
            self._progress.info(f"{retired}the machine type is {kind['name']} ({size_of(kind)})")
        record.machine_type = str(kind["name"])
        is_retired = record.machine_image == RETIRED_IMAGE
        image = gce_images.image(self._api, "" if is_retired else record.machine_image, architecture)
        if image["path"] != record.machine_image:
            retired = "docker-machine's image is no longer kept up: " if is_retired else ""
            self._progress.info(f"{retired}the image is {image['name']}")
        record.machine_image = image["path"]
        self._check_disk(int(image.get("diskSizeGb") or 0))

    def _check_disk(self, least: int) -> None:
        record = self._record
        if record.disk_size and record.disk_size < least:
            raise PreCreateError(
                f"a disk of {record.disk_size} GB is too small for the image, which has {least} GB",
                hint=f"--google-disk-size {least}",
            )
        for kind in sorted({one.kind for one in record.disks}):
            self._check_disk_type(kind)

    def _check_disk_type(self, kind: str) -> None:
        record = self._record
        if self._in_zone("diskTypes", kind) is None:
            offered = self._api.items(self._api.path("zones", record.zone, "diskTypes"))
            names = ", ".join(sorted(str(one["name"]) for one in offered)[:12])
            raise PreCreateError(
                f"there is no disk type {kind} in {record.zone}",
                hint=f"--google-disk-type: {names}",
            )

    def _machine_type(self) -> Answer:
        wanted = self._record.machine_type
        found = self._in_zone("machineTypes", wanted or USUAL_TYPE)
        state = (found or {}).get("deprecated", {}).get("state", "")
        if found is not None and state not in ("OBSOLETE", "DELETED"):
            return found
        if wanted not in ("", RETIRED_TYPE):
            raise PreCreateError(
                f"there is no machine type {wanted} in {self._record.zone}",
                hint="gcloud compute machine-types list; Tab completes --google-machine-type",
            )
        offered = [one for one in machine_types(self._api, self._record.zone) if architecture_of(one) == X86]
        fitting = [one for one in offered if int(one.get("memoryMb", 0)) >= _LEAST_MB]
        if not fitting:
            raise PreCreateError(
                f"{self._record.zone} offers no usual machine type", hint="--google-machine-type"
            )
        return min(fitting, key=lambda one: (one["memoryMb"], one.get("guestCpus", 0), one["name"]))


def machine_types(api: GceApi, zone: str) -> list[Answer]:
    """Return the machine types of a zone that are not retired."""
    return [one for one in api.items(api.path("zones", zone, "machineTypes")) if not one.get("deprecated")]


def architecture_of(kind: Answer) -> str:
    """Return a machine type's architecture; those without one are x86."""
    return ARM if kind.get("architecture") == "ARM64" else X86


def size_of(kind: Answer) -> str:
    """Return `2 CPUs, 4 GB` of a machine type."""
    return f"{kind.get('guestCpus')} CPUs, {int(kind.get('memoryMb') or 0) / 1024:g} GB"


def is_shared(record: GoogleRecord) -> bool:
    """Whether the network belongs to another project, where machsh makes no firewall rules."""
    given = record.subnetwork if "/" in record.subnetwork else record.network
    return "/" in given and f"projects/{record.project}/" not in given


def static_address(record: GoogleRecord, api: GceApi) -> str:
    """Return the reserved address that the record names, "" for none. Raises PreCreateError."""
    if not record.address or "." in record.address:
        return record.address
    path = api.path("regions", record.region, "addresses", record.address)
    with doing("looking for the address"):
        found = api.found_or_none(path)
    if found is None:
        raise PreCreateError(
            f"there is no address {record.address} in {record.region}", hint="gcloud compute addresses list"
        )
    return str(found.get("address"))
