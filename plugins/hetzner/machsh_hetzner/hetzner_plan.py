"""What is looked up before anything is made, and what would be made."""

from __future__ import annotations

from machsh.api import PlannedResource, PreCreateError, Progress
from machsh_hetzner import hetzner_catalogue as catalogue
from machsh_hetzner.hetzner_api import HetznerCloud, explained
from machsh_hetzner.hetzner_record import HetznerRecord
from machsh_hetzner.hetzner_resources import FIREWALL, KEY, PLACEMENT, SERVER


def check(record: HetznerRecord, cloud: HetznerCloud, progress: Progress) -> None:
    """Check names and numbers, and put server type and image into the record. Raises PreCreateError."""
    with explained("asking Hetzner"):
        if cloud.api.servers.get_by_name(record.machine_name) is not None:
            raise PreCreateError(
                f"the project has a server {record.machine_name} already",
                hint="take another name; `machsh orphans -d hetzner` says whether it was left over",
            )
        if record.location:
            catalogue.one_named("location", cloud.api.locations, record.location)
        catalogue.named("volume", cloud.api.volumes, record.volumes)
        catalogue.named("network", cloud.api.networks, record.networks)
        catalogue.named("firewall", cloud.api.firewalls, record.firewalls)
        for address in filter(None, (record.primary_ipv4, record.primary_ipv6)):
            catalogue.primary_address(cloud, address)
        if record.is_existing_key:
            catalogue.one_named("ssh-key", cloud.api.ssh_keys, str(record.key_id))
        _choose(record, cloud, progress)


def _choose(record: HetznerRecord, cloud: HetznerCloud, progress: Progress) -> None:
    kind = catalogue.server_type(cloud, record.type, record.image_arch, record.location)
    if kind.name != record.type:
        retired = f"{record.type} is no longer sold: " if record.type else ""
        progress.info(f"{retired}the server type is {kind.name} ({kind.cores} CPUs, {kind.memory:g} GB)")
    architecture = kind.architecture or "x86"
    image = catalogue.image(cloud, record.image, record.image_id, architecture)
    if image.architecture and image.architecture != architecture:
        raise PreCreateError(
            f"the image is for {image.architecture}, and the server type {kind.name} is {architecture}",
            hint="choose an image of the same architecture",
        )
    if image.name != record.image and not record.image_id:
        retired = f"{record.image} is no longer kept up: " if record.image else ""
        progress.info(f"{retired}the image is {image.name or image.description}")
    record.type, record.image, record.image_arch = kind.name or "", image.name or "", architecture
    record.image_id = int(image.id or 0)


def plan(record: HetznerRecord, cloud: HetznerCloud) -> list[PlannedResource]:
    """Return what `create` would make, as the record says after `check`."""
    found = []
    if not (record.is_existing_key or record.existing_key_path):
        found.append(PlannedResource(KEY, record.machine_name, "ed25519"))
    if record.placement_group:
        found.append(PlannedResource(PLACEMENT, record.placement_group, "unless it is there"))
    is_public = not (record.disable_public4 and record.disable_public6)
    if is_public:
        who = ", ".join(record.open_to or [])
        more = "".join(f", {one} from everywhere" for one in record.open_ports or [])
        found.append(
            PlannedResource(FIREWALL, f"machsh-{record.machine_name}", f"22 and 2376 from {who}{more}")
        )
    with explained("asking Hetzner"):
        kind = catalogue.server_type(cloud, record.type, record.image_arch, record.location)
    price = catalogue.price(kind, record.location)
    details = f"{record.type}, {record.image or record.image_id}, {record.location or 'any location'}"
    cost = f"{price:.4f} EUR an hour" if price is not None else "per hour"
    found.append(PlannedResource(SERVER, record.machine_name, details, cost))
    if not record.disable_public4 and not record.primary_ipv4:
        found.append(PlannedResource("IPv4 address", record.machine_name, "goes with the server", "per hour"))
    return found
