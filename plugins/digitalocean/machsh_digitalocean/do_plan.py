"""What is looked up before anything is made, and what would be made."""

from __future__ import annotations

from typing import Any

from machsh.api import (
    ENGINE_PORT,
    PlannedResource,
    PreCreateError,
    Progress,
    UserKey,
    key_fingerprint,
    networks,
)
from machsh_digitalocean import do_catalogue
from machsh_digitalocean.do_api import DigitalOceanApi, found_or_none
from machsh_digitalocean.do_options import KEY_PATH, OPEN_TO
from machsh_digitalocean.do_record import DigitalOceanRecord
from machsh_digitalocean.do_resources import DROPLET, FIREWALL, KEY, TAG


def check(record: DigitalOceanRecord, api: DigitalOceanApi, progress: Progress) -> None:
    """Check slugs and names, and put size, image, VPC and volumes into the record. Raises PreCreateError."""
    do_catalogue.check_region(api, record.region)
    size = do_catalogue.size(api, record.size, record.region)
    image = do_catalogue.image(api, record.image, record.region)
    _say_choices(record, size, image, progress)
    least, disk = do_catalogue.number(image, "min_disk_size"), do_catalogue.number(size, "disk")
    if least > disk:
        raise PreCreateError(
            f"the image needs a disk of {least} GB, and {size.get('slug')} has {disk} GB",
            hint="choose a larger --digitalocean-size",
        )
    record.size = str(size.get("slug"))
    record.image = str(image.get("slug") or image.get("id"))
    record.volumes = do_catalogue.volume_ids(api, record.volumes or [], record.region)
    if record.vpc or record.use_private_address:
        _check_network(record, api)


def _say_choices(
    record: DigitalOceanRecord, size: dict[str, Any], image: dict[str, Any], progress: Progress
) -> None:
    if size.get("slug") != record.size:
        retired = f"{record.size} is no longer sold: " if record.size else ""
        memory = do_catalogue.number(size, "memory") / 1024
        progress.info(f"{retired}the size is {size.get('slug')} ({size.get('vcpus')} CPUs, {memory:g} GB)")
    if record.image not in (str(image.get("slug")), str(image.get("id"))):
        retired = f"{record.image} is no longer kept up: " if record.image else ""
        progress.info(f"{retired}the image is {image.get('slug')}")


def _check_network(record: DigitalOceanRecord, api: DigitalOceanApi) -> None:
    """Find the VPC; a machine that is reached in it is open to it, unless the user says otherwise."""
    network = do_catalogue.vpc(api, record.vpc, record.region)
    record.vpc = str(network.get("id"))
    if record.use_private_address and not record.open_to:
        record.open_to = networks([str(network.get("ip_range"))], OPEN_TO)


def check_key(record: DigitalOceanRecord, api: DigitalOceanApi, key: UserKey) -> None:
    """Look whether the account has the user's key, which then stays. Raises PreCreateError."""
    mark, given = key_fingerprint(key.public), record.ssh_key_fingerprint
    if given and given != mark:
        raise PreCreateError(
            f"--{KEY_PATH} {record.ssh_key} is another key: its fingerprint is {mark}",
            hint="give the private half of the key in the account",
        )
    found = found_or_none(lambda: api.get("looking for the ssh key", f"/account/keys/{mark}"))
    if found is None and given:
        raise PreCreateError(
            f"Digital Ocean SSH key with fingerprint {given} doesn't exist",
            hint="leave --digitalocean-ssh-key-fingerprint out, and the key is added for this machine",
        )
    record.ssh_key_fingerprint = mark if found is not None else ""


def plan(
    record: DigitalOceanRecord, api: DigitalOceanApi, *, opens_engine_port: bool
) -> list[PlannedResource]:
    """Return what `create` would make, as the record says after `check`."""
    name = record.machine_name
    found = [PlannedResource(TAG, f"machsh:{name}:...", "by it the machine's things are found")]
    if not record.ssh_key_fingerprint:
        found.append(PlannedResource(KEY, f"machsh:{name}:...", record.ssh_key or "ed25519"))
    who = ", ".join(record.open_to or [])
    more = "".join(f", {one} from everywhere" for one in record.open_ports or [])
    ports = f"{record.ssh_port}" + (f" and {ENGINE_PORT}" if opens_engine_port else "")
    found.append(PlannedResource(FIREWALL, f"machsh-{name}-...", f"{ports} from {who}{more}"))
    cost = do_catalogue.price(do_catalogue.size(api, record.size, record.region))
    extra = ", and the price of backups" if record.backups else ""
    details = f"{record.size}, {record.image}, {record.region}"
    return [*found, PlannedResource(DROPLET, name, details, f"{cost:.5f} USD an hour{extra}")]
