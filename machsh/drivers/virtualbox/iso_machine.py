"""Machines that boot a boot2docker ISO: the ISO, the disk that it formats, and the import of an old VM."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from machsh.drivers.driver import DriverContext
from machsh.drivers.guest.boot2docker_iso import IsoCache, format_me
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VirtualBoxError
from machsh.drivers.virtualbox.record import VirtualBoxRecord
from machsh.errors import MachshError
from machsh.files import explain, make_private_folder
from machsh.regular_file import check_regular

DISK, KEY = "disk.vmdk", "id_rsa"
"""docker-machine's names in the machine's folder."""
_OLD_KEY = Path(".ssh") / "id_boot2docker"
_BLOCK = 1 << 20
DISK_SECONDS = 1800.0
"""Least time for making the disk: VBoxManage reads every byte of it."""


def iso_cache(store: Path, context: DriverContext) -> IsoCache:
    """Return the store's cache of the ISO."""
    variables = context.environment.variables
    token = variables.get("MACHINE_GITHUB_API_TOKEN", "")
    return IsoCache(store, variables, context.progress, token=token)


def raw_disk(public_key: str, size_mb: int) -> Iterator[bytes]:
    """Yield the bytes of a new disk: the tar that makes boot2docker format it, then zeros up to its size."""
    head = format_me(public_key)
    yield head
    left, zeros = (size_mb << 20) - len(head), bytes(_BLOCK)
    while left > 0:
        yield zeros if left >= _BLOCK else zeros[:left]
        left -= _BLOCK


def make_disk(box: Hypervisor, path: Path, public_key: str, size_mb: int, seconds: float) -> None:
    """Make the disk from what boot2docker formats. Raises MachshError."""
    box.run(
        *("convertfromraw", "stdin", str(path), str(size_mb << 20), "--format", "VMDK"),
        stdin=raw_disk(public_key, size_mb),
        seconds=max(DISK_SECONDS, seconds),
    )


def new_key(folder: Path, comment: str) -> str:
    """Return the public key; its pair is an RSA one: boot2docker's old sshd may know no other."""
    from machsh.ssh.keys import RSA, make_key_pair

    make_private_folder(folder)
    return make_key_pair(folder / KEY, kind=RSA, comment=comment)


def import_vm(box: Hypervisor, record: VirtualBoxRecord, context: DriverContext, folder: Path) -> None:
    """Take over disk, size and key of a VM that the old program boot2docker made. Raises MachshError."""
    old = record.boot2docker_import_vm
    with contextlib.suppress(VirtualBoxError):  # it may not run
        box.run("controlvm", old, "poweroff")
    disk = box.info(old).values.get("SATA-1-0", "")
    if not Path(disk).is_file():
        raise MachshError(
            f'The VM "{old}" has no disk that can be imported: {disk or "none at SATA port 1"}',
            hint="only VMs that the program boot2docker made can be imported",
        )
    box.run("clonehd", disk, str(folder / DISK), seconds=max(DISK_SECONDS, context.seconds))
    values = box.info(old).values
    record.cpu = _number(values, "cpus", record.cpu)
    record.memory = _number(values, "memory", record.memory)
    _copy_key(context.environment.home / _OLD_KEY, folder / KEY)


def _number(values: Mapping[str, str], key: str, default: int) -> int:
    text = values.get(key, "")
    return int(text) if text.isascii() and text.isdigit() else default


def _copy_key(source: Path, target: Path) -> None:
    try:
        check_regular(source)
        shutil.copyfile(source, target)
        target.chmod(0o600)
    except OSError as error:
        raise explain(error, source) from error
