"""Disks made from a guest image: one base for all machines, and a clone of it for each."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from machsh.drivers.driver import DriverContext
from machsh.drivers.guest import disk
from machsh.drivers.guest.image_cache import ImageCache
from machsh.drivers.guest.image_catalog import RAW, VMDK, GuestImage
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VirtualBoxError
from machsh.errors import MachshError
from machsh.files import explain, locked

FORMATS = (VMDK, RAW)
"""What VirtualBox can read; other images are converted first."""
VDI = "VDI"
CONVERT_SECONDS = 1800.0
"""Least time for a copy of a whole image, which a slow disk may need."""


def linked_clone(
    image: GuestImage, path: Path, size_mb: int, box: Hypervisor, context: DriverContext
) -> None:
    """Make the machine's disk at `path`, which holds only what differs from the image. Raises MachshError."""
    store = path.parents[2]
    variables = context.environment.variables
    source = ImageCache(store, variables, context.progress).fetch(image)
    source = disk.prepare(source, FORMATS, variables)
    base = _base(source, size_mb, box, context)
    box.run("createmedium", "disk", "--filename", str(path), "--diffparent", str(base), "--format", VDI)


def _base(source: Path, size_mb: int, box: Hypervisor, context: DriverContext) -> Path:
    """Return the base of this size: a clone cannot be larger than its base, so each size has its own."""
    base = source.with_name(f"{source.name}-{size_mb}.vdi")
    seconds = max(CONVERT_SECONDS, context.seconds)
    with locked(base.with_name(f"{base.name}.lock"), seconds):
        if not base.is_file():
            context.progress.info(f"Preparing {source.name} for VirtualBox, once for all machines...")
            _make_base(source, base, size_mb, box, seconds)
    return base


def _make_base(source: Path, base: Path, size_mb: int, box: Hypervisor, seconds: float) -> None:
    """Convert the image; the base appears complete or not at all."""
    part = base.with_name(f"{base.stem}.part.vdi")
    _forget(box, part)
    _forget(box, base)
    try:
        if disk.detect_format(source) == RAW:
            box.run("convertfromraw", str(source), str(part), "--format", VDI, seconds=seconds)
        else:
            box.run("clonemedium", "disk", str(source), str(part), "--format", VDI, seconds=seconds)
        _enlarge(box, part, size_mb)
        # VirtualBox lists disks by their UUID: it would refuse the base as the same disk at another place.
        close(box, part)
        os.replace(part, base)
    except OSError as error:
        raise explain(error, base) from error
    finally:
        part.unlink(missing_ok=True)


def _enlarge(box: Hypervisor, path: Path, size_mb: int) -> None:
    try:
        box.run("modifymedium", "disk", str(path), "--resize", str(size_mb))
    except VirtualBoxError as error:
        if "hrink" not in error.stderr:
            raise
        raise MachshError(
            f"a disk of {size_mb} MB is too small for the guest's image",
            hint="ask for a larger one: --virtualbox-disk-size MB",
        ) from error


def _forget(box: Hypervisor, path: Path) -> None:
    """Take a disk whose file is gone out of VirtualBox's list, where another one of that name would clash."""
    path.unlink(missing_ok=True)
    close(box, path)


def close(box: Hypervisor, path: Path) -> None:
    """Take a disk out of VirtualBox's list; do nothing if it is not listed, or other disks need it."""
    with contextlib.suppress(VirtualBoxError):
        box.run("closemedium", "disk", str(path))
