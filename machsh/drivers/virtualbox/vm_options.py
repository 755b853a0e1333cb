"""Copies the options of `create` into the record, and refuses values that no VM can have."""

from __future__ import annotations

from machsh.drivers.guest.image_catalog import absolute_image
from machsh.drivers.host_size import HostSize, megabytes, whole_cpus
from machsh.drivers.virtualbox.networks.host_only_ranges import parse_cidr
from machsh.drivers.virtualbox.record import (
    AUTO,
    GUEST_USER,
    HOST_ONLY,
    NAT,
    PYVBOX,
    VirtualBoxRecord,
)
from machsh.drivers.virtualbox.shared_folder import absolute_share
from machsh.drivers.virtualbox.vbox_creation import image_of
from machsh.environment import Environment
from machsh.errors import MachshError, UsageError
from machsh.options import Values

LEAST_MEMORY, LEAST_DISK = 128, 100
"""In MB."""
MOST_CPUS = 64
UI_TYPES = ("gui", "sdl", "headless", "separate")


def copy(values: Values, record: VirtualBoxRecord, environment: Environment) -> None:
    """Copy the options into the record. Raises UsageError."""
    record.ssh_user = GUEST_USER
    record.cpu = values.number("virtualbox-cpu-count")
    record.memory = values.number("virtualbox-memory")
    record.disk_size = values.number("virtualbox-disk-size")
    record.boot2docker_url = values.text("virtualbox-boot2docker-url")
    record.boot2docker_import_vm = values.text("virtualbox-import-boot2docker-vm")
    record.host_dns_resolver = values.flag("virtualbox-host-dns-resolver")
    record.nat_nic_type = values.text("virtualbox-nat-nictype")
    record.host_only_cidr = values.text("virtualbox-hostonly-cidr")
    record.host_only_nic_type = values.text("virtualbox-hostonly-nictype")
    record.host_only_promisc_mode = values.text("virtualbox-hostonly-nicpromisc")
    record.ui_type = values.text("virtualbox-ui-type")
    record.host_only_no_dhcp = values.flag("virtualbox-hostonly-no-dhcp")
    record.no_share = values.flag("virtualbox-no-share")
    record.dns_proxy = not values.flag("virtualbox-no-dns-proxy")
    record.no_vtx_check = values.flag("virtualbox-no-vtx-check")
    record.share_folder = absolute_share(values.text("virtualbox-share-folder"), environment)
    record.network = values.text("virtualbox-network") or AUTO
    # Only what differs from docker-machine's way is stored.
    record.interface = PYVBOX if values.text("virtualbox-interface") == PYVBOX else ""
    _copy_image(values, record, environment)
    _check(record)


def _copy_image(values: Values, record: VirtualBoxRecord, environment: Environment) -> None:
    image = absolute_image(values.text("virtualbox-image"), environment)
    is_iso = bool(record.boot2docker_url or record.boot2docker_import_vm)
    if is_iso and image:
        raise UsageError(
            "--virtualbox-image and a boot2docker image exclude each other",
            hint="leave one of them out",
        )
    record.image_sha256 = values.text("virtualbox-image-sha256")
    if not is_iso:
        record.image = image
        record.image = image_of(record).name


def check_size(size: HostSize) -> None:
    """Raise UsageError for a size that no VM can have."""
    cpus, memory = whole_cpus(size), megabytes(size)
    if cpus > MOST_CPUS:
        raise UsageError(f"cpus={size.cpus} is too much", hint=f"a VM has at most {MOST_CPUS}")
    if memory < LEAST_MEMORY:
        raise UsageError(f"memory={size.memory} is too little", hint="a guest needs 512 MB or more")


def _check(record: VirtualBoxRecord) -> None:
    if record.network not in (AUTO, HOST_ONLY, NAT):
        raise UsageError(
            f"--virtualbox-network {record.network} is not known", hint="write auto, hostonly or nat"
        )
    if record.ui_type not in UI_TYPES:
        raise UsageError(
            f"--virtualbox-ui-type {record.ui_type} is not known", hint=f"write {', '.join(UI_TYPES)}"
        )
    if record.memory < LEAST_MEMORY:
        raise UsageError(
            f"--virtualbox-memory {record.memory} is too little", hint="a guest needs 512 MB or more"
        )
    if record.disk_size < LEAST_DISK:
        raise UsageError(
            f"--virtualbox-disk-size {record.disk_size} is too little", hint="it is a number of MB"
        )
    if record.network != NAT:
        try:
            parse_cidr(record.host_only_cidr)
        except MachshError as error:
            raise UsageError(str(error), hint=error.hint) from error
