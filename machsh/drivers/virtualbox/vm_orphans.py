"""Finds and deletes VMs that lie in the store, and that none of its machines has.

VirtualBox knows VMs by where their files are: one in a machine's folder was made for that machine, and for
this user's VirtualBox only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from machsh.drivers.driver import DriverContext, Orphan
from machsh.drivers.guest.serial_log import CONSOLE
from machsh.drivers.virtualbox.hypervisors.hypervisor import (
    Hypervisor,
    VirtualBoxError,
    VmInfo,
    VmNotFoundError,
)
from machsh.drivers.virtualbox.hypervisors.locate import VBoxManageNotFoundError, find_program
from machsh.drivers.virtualbox.hypervisors.vboxmanage import VBoxManage
from machsh.drivers.virtualbox.record import VirtualBoxRecord
from machsh.drivers.virtualbox.vm_power import VmPower

VM = "VM"


def find(context: DriverContext, store: Path, known: Sequence[VirtualBoxRecord]) -> list[Orphan]:
    """Return the VMs below the store's `machines` that no known record names; [] without VirtualBox."""
    try:
        find_program(context.environment)
    except VBoxManageNotFoundError:
        return []
    box = VBoxManage(context)
    machines = Path(os.path.realpath(store / "machines"))
    found = []
    for info in box.all().values():
        if not _is_known(info, known) and (machine := _machine_of(box, info, machines)):
            found.append(Orphan(info.name, VM, info.uuid, machine))
    return found


def _is_known(info: VmInfo, known: Sequence[VirtualBoxRecord]) -> bool:
    return any(one.vm_id == info.uuid if one.vm_id else one.machine_name == info.name for one in known)


def _machine_of(box: Hypervisor, info: VmInfo, machines: Path) -> str:
    """Return the name of the machine in whose folder the VM's file is; "" if it is elsewhere."""
    try:
        file = box.info(info.uuid).values.get("CfgFile", "")
    except (VirtualBoxError, VmNotFoundError):
        return ""  # one whose files are gone tells nothing
    path = Path(os.path.realpath(file))
    return path.relative_to(machines).parts[0] if file and path.is_relative_to(machines) else ""


def remove(orphan: Orphan, context: DriverContext) -> None:
    """Switch the VM off, and delete it with its disks. Raises MachshError."""
    box = VBoxManage(context)
    with suppress(VmNotFoundError):
        info = box.info(orphan.identifier)
        VmPower(box, VirtualBoxRecord(), context, orphan.identifier, Path(CONSOLE)).remove(info.state)
