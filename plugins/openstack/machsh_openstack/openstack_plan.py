"""What is looked up before anything is made, and what would be made."""

from __future__ import annotations

from machsh.api import CloudTags, PlannedResource, PreCreateError, Progress
from machsh_openstack import openstack_catalogue as catalogue
from machsh_openstack.openstack_api import OpenStackCloud, explained, found_or_none
from machsh_openstack.openstack_record import OpenStackRecord
from machsh_openstack.openstack_resources import ADDRESS, COSTS, GROUP, KEY, SERVER, VOLUME, key_name


def check(record: OpenStackRecord, cloud: OpenStackCloud, progress: Progress) -> None:
    """Check names and IDs, and put flavor, image and network into the record. Raises PreCreateError."""
    with explained("asking OpenStack"):
        if record.region:
            catalogue.check_region(cloud, record.region)
        if record.availability_zone:
            catalogue.check_zone(cloud, record.availability_zone)
        if record.security_groups:
            catalogue.check_groups(cloud, record.security_groups)
        if record.existing_key and not found_or_none(
            lambda: cloud.api.compute.get_keypair(record.key_pair_name)
        ):
            raise PreCreateError(
                f"there is no key pair {record.key_pair_name}",
                hint="openstack keypair list shows those of the user",
            )
        network = catalogue.network(cloud, record.network_id, record.network_name)
        record.network_id, record.network_name = str(network.id), str(network.name)
        if record.floating_ip_pool:
            record.floating_ip_pool_id = str(catalogue.pool(cloud, record.floating_ip_pool).id)
        _choose(record, cloud, progress)


def _choose(record: OpenStackRecord, cloud: OpenStackCloud, progress: Progress) -> None:
    is_given = bool(record.flavor_id or record.flavor_name), bool(record.image_id or record.image_name)
    flavor = catalogue.flavor(
        cloud, record.flavor_id, record.flavor_name, has_own_disk=not record.volume_size
    )
    image = catalogue.image(cloud, record.image_id, record.image_name, record.architecture)
    record.flavor_id, record.flavor_name = str(flavor.id), str(flavor.name)
    record.image_id, record.image_name = str(image.id), str(image.name)
    record.architecture = catalogue.architecture_of(image)
    disk, memory = record.volume_size or flavor.disk, image.min_ram or 0
    if disk < (image.min_disk or 0) or flavor.ram < memory:
        raise PreCreateError(
            f"the image {image.name} needs {image.min_disk} GB of disk and {memory} MB of memory",
            hint="choose another --openstack-flavor-name, or --openstack-volume-size",
        )
    if not is_given[0]:
        progress.info(f"the flavor is {flavor.name} ({flavor.vcpus} CPUs, {flavor.ram} MB)")
    if not is_given[1]:
        progress.info(f"the image is {image.name}")
    if not record.ssh_user:
        record.ssh_user = catalogue.login_user(image)


def plan(record: OpenStackRecord, tags: CloudTags, *, opens_engine_port: bool) -> list[PlannedResource]:
    """Return what `create` would make, as the record says after `check`."""
    name, found = record.machine_name, []
    if not record.existing_key:
        # Each creation makes a token of its own.
        key = key_name(tags).removesuffix(f"{tags.owner}-{tags.store}")
        found.append(PlannedResource(KEY, f"{key}...", "ed25519"))
    if not record.security_groups:
        ports = f"{record.ssh_port or 22} and 2376" if opens_engine_port else f"{record.ssh_port or 22}"
        who = ", ".join(record.open_to or [])
        more = "".join(f", {one} from everywhere" for one in record.open_ports or [])
        found.append(PlannedResource(GROUP, f"machsh-{name}", f"{ports} from {who}{more}"))
    if record.volume_size:
        size = f"{record.volume_size} GB {record.volume_type}".rstrip()
        found.append(PlannedResource(VOLUME, name, size, COSTS[VOLUME]))
    place = record.availability_zone or record.region or "any zone"
    details = f"{record.flavor_name}, {record.image_name}, {place}"
    found.append(PlannedResource(SERVER, name, details, COSTS[SERVER]))
    if record.floating_ip_pool:
        found.append(PlannedResource(ADDRESS, name, f"of {record.floating_ip_pool}", COSTS[ADDRESS]))
    return found
