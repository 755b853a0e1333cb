"""What can be known before a VM is made: whether VirtualBox, this computer and the image are there."""

from __future__ import annotations

import contextlib
from pathlib import Path

from machsh.drivers.driver import DriverContext
from machsh.drivers.guest.image_cache import ImageCache
from machsh.drivers.virtualbox import host_computer, iso_machine, vm_log
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VmNotFoundError
from machsh.drivers.virtualbox.hypervisors.vbox_version import check_version
from machsh.drivers.virtualbox.networks.host_only import list_adapters
from machsh.drivers.virtualbox.record import AUTO, HOST_ONLY, VirtualBoxRecord
from machsh.drivers.virtualbox.shared_folder import share_of
from machsh.drivers.virtualbox.vbox_creation import image_of
from machsh.environment import Environment
from machsh.errors import MachshError


def check(box: Hypervisor, record: VirtualBoxRecord, context: DriverContext, store: Path) -> None:
    """Check version, virtualisation, shared folder, name and network; fetch the image into the store's cache.

    A failed download must leave no half machine. Raises MachshError.
    """
    environment = context.environment
    check_version(box.version(), context.progress)
    if not record.no_vtx_check:
        _check_virtualization(environment)
    share_of(record, environment.platform)
    _check_name(box, record.machine_name)
    if record.boots_iso:
        iso_machine.iso_cache(store, context).update(record.boot2docker_url)
    else:
        ImageCache(store, environment.variables, context.progress).fetch(image_of(record))
    if record.network == HOST_ONLY or (
        record.network == AUTO and host_computer.can_make_adapters(environment)
    ):
        list_adapters(box)


def _check_virtualization(environment: Environment) -> None:
    if host_computer.runs_hyper_v(environment):
        raise MachshError(
            "This computer is running Hyper-V. VirtualBox won't boot a 64bits VM when Hyper-V is activated. "
            "Either use Hyper-V as a driver, or disable the Hyper-V hypervisor. "
            "(To skip this check, use --virtualbox-no-vtx-check)",
        )
    if not host_computer.has_virtualization(environment):
        raise vm_log.no_virtualization()


def _check_name(box: Hypervisor, name: str) -> None:
    """Refuse a name that another VM has: `rm` must never meet a VM that is not the machine's."""
    with contextlib.suppress(VmNotFoundError):
        box.info(name)
        raise MachshError(
            f'VirtualBox already has a VM named "{name}"',
            hint=f"choose another name, or remove that VM: VBoxManage unregistervm --delete {name}",
        )
