"""Gives a VM its machine's new name, and leads VirtualBox to the machine's folder if that was renamed.

VirtualBox notes full paths: where a VM's settings file is, and in that file its disks, DVDs and the serial
port's file, of each snapshot, too. So a VM whose folder was renamed is taken out of VirtualBox's list, its
settings file is put right while nobody else writes it, and it is registered again. Each step may be repeated.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import escape, unescape

from machsh.drivers.driver import State
from machsh.drivers.virtualbox.hypervisors.hypervisor import (
    Hypervisor,
    VirtualBoxError,
    VmInfo,
    VmNotFoundError,
)
from machsh.errors import MachshError
from machsh.files import explain, write_atomically
from machsh.regular_file import read_text

_QUOTE = {'"': "&quot;"}
_MACHINE = re.compile(r'<Machine uuid="\{([0-9a-f-]{36})\}" name="([^"]*)"')
_MEDIUM = re.compile(r'<(HardDisk|Image) uuid="\{([0-9a-f-]{36})\}" location="([^"]*)"')
_KINDS = {"HardDisk": "disk", "Image": "dvd"}


def settings_file(folder: Path) -> Path:
    """Return the VM's settings file in its machine's folder. Raises MachshError if it is elsewhere."""
    found = [file for file in folder.glob("*/*.vbox") if file.stem == file.parent.name]
    if len(found) != 1:
        raise MachshError(
            f"The VM of {folder.name} has no settings file in its machine's folder, where docker-machine and "
            "machsh put it",
            hint="it was moved in VirtualBox: move it back there first",
        )
    return found[0]


def check(box: Hypervisor, info: VmInfo, name: str, folder: Path) -> None:
    """Check that the VM is switched off and in its machine's folder, and that the name is free.

    Raises MachshError with a hint.
    """
    if info.state is not State.STOPPED:
        raise MachshError(
            f'"{folder.name}" is renamed while its VM is switched off',
            hint=f"stop it first: machsh stop {folder.name}",
        )
    if name in box.all():
        raise MachshError(f"VirtualBox has another VM {name}", hint="choose another name")
    settings_file(folder)


def rename(box: Hypervisor, name: str, folder: Path) -> str:
    """Name the VM in the machine's folder `name`, wherever VirtualBox looks for it; return its UUID.

    `box` runs VBoxManage itself. Raises MachshError.
    """
    file = settings_file(folder)
    text = _read(file)
    uuid, vm_name = _identity(text, file)
    if not _is_registered_as(box, uuid, file):
        _unregister(box, uuid)
        text = _with_paths(text, folder)
        write_atomically(file, text.encode())
        for kind, medium, path in _media(text, file):
            with suppress(VirtualBoxError):  # VirtualBox may have forgotten it with the VM
                box.run("modifymedium", kind, medium, "--setlocation", str(path))
        box.run("registervm", str(file))
    if vm_name != name:
        box.run("modifyvm", uuid, "--name", name)
    return uuid


def _read(file: Path) -> str:
    try:
        return read_text(file)
    except OSError as error:
        raise explain(error, file) from error


def _identity(text: str, file: Path) -> tuple[str, str]:
    found = _MACHINE.search(text)
    if not found:
        raise MachshError(f"{file} is no settings file of a VM", hint="VirtualBox keeps a copy: *.vbox-prev")
    return found[1], unescape(found[2], {"&quot;": '"'})


def _is_registered_as(box: Hypervisor, uuid: str, file: Path) -> bool:
    """Whether VirtualBox knows the VM, by this settings file."""
    try:
        known = box.info(uuid).values.get("CfgFile", "")
    except (VmNotFoundError, VirtualBoxError):
        return False  # not registered, or its settings file is not found any more
    return os.path.realpath(known) == os.path.realpath(file)


def _unregister(box: Hypervisor, uuid: str) -> None:
    try:
        box.run("unregistervm", uuid)
    except VirtualBoxError:
        with suppress(VmNotFoundError):
            box.info(uuid)
            raise


def _with_paths(text: str, folder: Path) -> str:
    """Return the settings with all paths below the store's `machines` leading to this machine's folder.

    A VM has nothing in another machine's folder; the disk that clones begin with is not below `machines`.
    """
    separator = escape(os.sep, _QUOTE)
    for machines in dict.fromkeys([str(folder.parent), os.path.realpath(folder.parent)]):
        begin = f'="{escape(machines, _QUOTE)}{separator}'
        own = f"{begin}{escape(folder.name, _QUOTE)}{separator}"
        parts = text.split(begin)
        text = own.join([parts[0], *(part.partition(separator)[2] for part in parts[1:])])
    return text


def _media(text: str, file: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield kind, UUID and path of the disks and DVDs that the VM has in its machine's folder."""
    for kind, uuid, location in _MEDIUM.findall(text):
        path = file.parent / unescape(location, {"&quot;": '"'})
        if path.is_relative_to(file.parents[1]) and path.exists():
            yield _KINDS[kind], uuid, path
