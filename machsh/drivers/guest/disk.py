"""Disks of guests: what format a file has, copy-on-write disks, and conversions by qemu-img.

A file's format is read from its header and then named in every call: a program that guesses formats can be
led by a guest, which writes its disk, to open any file of this computer.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from machsh.deadline import Deadline
from machsh.drivers.guest.image_catalog import OVA, QCOW2, RAW, VMDK
from machsh.errors import DeadlineError, MachshError
from machsh.files import explain, locked
from machsh.humanize import byte_size
from machsh.process.child import start
from machsh.regular_file import open_regular

QEMU_IMG = "qemu-img"
_HEADER_BYTES = 36 << 10
_MB = 1 << 20
_MOST_DISK_BYTES = 64 << 40
_MOST_OUTPUT = 1 << 20
_LONGEST_NAME = 1023
"""The most bytes that the name of a qcow2 disk's base may have."""
_UNKNOWN_SECTORS = 0xFFFFFFFF
"""The number of sectors of a disk that is too large for the old table."""
_OTHER = (
    (0, b"\x1f\x8b", "compressed with gzip: unpack it first (gunzip)"),
    (0, b"\xfd7zXZ\x00", "compressed with xz: unpack it first (unxz)"),
    (0, b"\x28\xb5\x2f\xfd", "compressed with zstd: unpack it first (unzstd)"),
    (0, b"BZh", "compressed with bzip2: unpack it first (bunzip2)"),
    (0, b"PK\x03\x04", "a zip archive: unpack it first"),
    (0, b"conectix", "a VHD disk: convert it first (qemu-img convert -O qcow2)"),
    (0, b"vhdxfile", "a VHDX disk: convert it first (qemu-img convert -O qcow2)"),
    (0, b"# Disk DescriptorFile", "a VMDK description without its data: take a VMDK of one file"),
    (0x8001, b"CD001", "a CD image: for a boot2docker ISO there is --virtualbox-boot2docker-url"),
)
"""(offset, bytes, what the file is): files that users take for disk images."""


def detect_format(path: Path) -> str:
    """Return `qcow2`, `raw`, `vmdk` or `ova` by the file's header.

    Raises MachshError, saying what the file is instead, if it is none of them, and if a qcow2 disk refers to
    another file, is encrypted, or is marked as damaged.
    """
    head = _head(path)
    if head.startswith(b"QFI\xfb"):
        _check_qcow2(path, head)
        return QCOW2
    if head.startswith(b"KDMV"):
        return VMDK
    if head[257:262] == b"ustar":
        return _archive(path)
    for offset, magic, what in _OTHER:
        if head[offset : offset + len(magic)] == magic:
            raise _not_a_disk(path, what)
    if head.lstrip()[:1] == b"<":
        raise _not_a_disk(path, "a web page: is the URL right, or does a proxy want a login?")
    if head[510:512] == b"\x55\xaa":
        _check_raw(path, head)
        return RAW
    raise _not_a_disk(
        path, "of no format that is known here: qcow2, raw, VMDK and OVA are" if head else "empty"
    )


def _head(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read(_HEADER_BYTES)
    except OSError as error:
        raise explain(error, path) from error


def _not_a_disk(path: Path, what: str) -> MachshError:
    name = path.name.removesuffix(".part")
    return MachshError(f"{name} is not a disk image: it is {what}", hint="name another image")


def _check_qcow2(path: Path, head: bytes) -> None:
    """Check the header: https://www.qemu.org/docs/master/interop/qcow2.html."""
    version = int.from_bytes(head[4:8], "big")
    features = int.from_bytes(head[72:80], "big") if version >= 3 else 0
    if int.from_bytes(head[8:16], "big"):
        raise _not_a_disk(
            path, "a qcow2 disk that refers to another file, and such a reference is not followed"
        )
    if features & 0b100:
        raise _not_a_disk(path, "a qcow2 disk whose data is in another file, which is not followed")
    if features & 0b10:
        raise _not_a_disk(path, "a qcow2 disk that is marked as damaged")
    if int.from_bytes(head[32:36], "big"):
        raise _not_a_disk(path, "an encrypted qcow2 disk")
    if version not in (2, 3) or not 0 < int.from_bytes(head[24:32], "big") <= _MOST_DISK_BYTES:
        raise _not_a_disk(path, "a qcow2 disk of an unknown version or an impossible size")


def _check_raw(path: Path, head: bytes) -> None:
    """Check that the partitions end within the file; the table of a GPT disk has one entry for all of it."""
    table = [head[start : start + 16] for start in range(446, 510, 16)]
    if any(one[0] not in (0, 0x80) for one in table):
        return  # a boot record without a table of partitions
    used = [one for one in table if one[4]]
    ends = [int.from_bytes(one[8:12], "little") + int.from_bytes(one[12:16], "little") for one in used]
    end = max((one for one in ends if one < _UNKNOWN_SECTORS), default=0) * 512
    size = path.stat().st_size
    if end > size:
        raise _not_a_disk(
            path, f"cut: its partitions end at {byte_size(end)}, and the file at {byte_size(size)}"
        )


def _archive(path: Path) -> str:
    try:
        with tarfile.open(path, "r:") as archive:
            first = archive.next()
    except (tarfile.TarError, OSError) as error:
        raise _not_a_disk(path, "a damaged archive") from error
    if first is None or not first.name.lower().endswith(".ovf"):
        raise _not_a_disk(path, "a tar archive, and no OVA: unpack it first")
    return OVA


def program(variables: Mapping[str, str]) -> str:
    """Return the path of qemu-img. Raises MachshError with the way to get it."""
    found = shutil.which(QEMU_IMG, path=variables.get("PATH"))
    if found is None:
        raise MachshError(
            f"{QEMU_IMG} is missing, which makes the machines' disks",
            hint="install qemu-utils (Debian, Ubuntu), qemu-img (Fedora) or qemu (macOS, brew)",
        )
    return found


def overlay(
    base: Path, disk: Path, size_mb: int, variables: Mapping[str, str], seconds: float = 60.0
) -> None:
    """Make a copy-on-write qcow2 disk of `size_mb` MiB over a base image, which must never change afterwards.

    If both lie in one store, the disk names its base by a relative path, so that the store can be moved.
    Raises MachshError if the base is larger, or damaged, or qemu-img fails; nothing is left then.
    """
    form = detect_format(base)
    if form not in (QCOW2, RAW):
        raise MachshError(f"{base.name} is a {form} disk, and a machine's disk needs a base in qcow2 or raw")
    least = virtual_size(base, variables, seconds)
    if size_mb * _MB < least:
        raise MachshError(
            f"a disk of {size_mb} MB is too small for {base.name}, which has {-(-least // _MB)} MB",
            hint="ask for a larger disk",
        )
    words = ["create", "-q", "-f", QCOW2, "-F", form, "-b", _reference(base, disk), str(disk), f"{size_mb}M"]
    try:
        run(words, variables, seconds)
    except BaseException:
        disk.unlink(missing_ok=True)
        raise


def _reference(base: Path, disk: Path) -> str:
    """The base as the disk names it: relative if it is below the folder three levels up, the store."""
    store = disk.absolute().parents[2] if len(disk.absolute().parents) > 2 else None
    if store is not None and base.absolute().is_relative_to(store):
        # With a dot before it, no name is taken for a protocol (`nbd:...`).
        return os.path.join(os.curdir, os.path.relpath(base.absolute(), disk.absolute().parent))
    return str(base.absolute())


def base_of(disk: Path) -> Path | None:
    """Return the file on which a qcow2 disk is based, as the disk names it; None if there is none.

    A relative name counts from the disk's folder. Raises MachshError if the disk's data is in another file.
    """
    head = _head(disk)
    if not head.startswith(b"QFI\xfb"):
        return None
    if int.from_bytes(head[4:8], "big") >= 3 and int.from_bytes(head[72:80], "big") & 0b100:
        raise _not_a_disk(disk, "a qcow2 disk whose data is in another file, which is not followed")
    offset, length = int.from_bytes(head[8:16], "big"), int.from_bytes(head[16:20], "big")
    if not offset:
        return None
    try:
        with open_regular(disk) as file:
            file.seek(offset)
            name = file.read(min(length, _LONGEST_NAME))
    except OSError as error:
        raise explain(error, disk) from error
    return disk.parent / os.fsdecode(name)


def virtual_size(path: Path, variables: Mapping[str, str], seconds: float = 60.0) -> int:
    """Return the size in bytes that a guest sees. Raises MachshError."""
    size = information(path, variables, seconds).get("virtual-size")
    if not isinstance(size, int) or not 0 < size <= _MOST_DISK_BYTES:
        raise _not_a_disk(path, "a disk of an impossible size")
    return size


def information(path: Path, variables: Mapping[str, str], seconds: float = 60.0) -> dict[str, Any]:
    """Return what `qemu-img info` says of one file; it does not look at the base of the disk."""
    words = ["info", "-U", "--output", "json", "-f", detect_format_of_disk(path), str(path)]
    try:
        found = json.loads(run(words, variables, seconds))
    except ValueError as error:
        raise MachshError(f"{QEMU_IMG} info {path.name}: its answer is no JSON") from error
    return found if isinstance(found, dict) else {}


def detect_format_of_disk(path: Path) -> str:
    """Return the format of a disk that machsh made: a qcow2 disk may have a base."""
    return QCOW2 if _head(path).startswith(b"QFI\xfb") else detect_format(path)


def check_if_possible(path: Path, variables: Mapping[str, str]) -> None:
    """Do as `check` does, where qemu-img is installed."""
    if shutil.which(QEMU_IMG, path=variables.get("PATH")):
        check(path, variables)


def check(path: Path, variables: Mapping[str, str], seconds: float = 300.0) -> None:
    """Raise MachshError if an image is cut or damaged, as far as its format lets qemu-img see that."""
    form = detect_format(path)
    if form == QCOW2:
        try:
            run(["check", "-q", "-U", "-f", form, str(path)], variables, seconds, good=(0, 3))
        except DeadlineError:
            raise
        except MachshError as error:
            raise MachshError(
                f"{path.name.removesuffix('.part')} is damaged or cut: {error}",
                hint="compare its checksum with the publisher's, or fetch it again",
            ) from error


def prepare(
    path: Path, formats: Sequence[str], variables: Mapping[str, str], seconds: float = 1800.0
) -> Path:
    """Return the cached image `path` in one of these formats, converted into the first if it has none.

    The result lies beside the image, is made once, and never changes. Raises MachshError.
    """
    form = detect_format(path)
    if form in formats:
        return path
    target = path.with_name(f"{path.name}.{formats[0]}")
    with locked(path.with_name(f"{path.name}.lock"), seconds):
        if not target.is_file():
            convert(path, target, formats[0], variables, seconds)
    return target


def convert(source: Path, target: Path, form: str, variables: Mapping[str, str], seconds: float) -> None:
    """Convert an image into another format; `target` appears complete or not at all. Raises MachshError."""
    part = target.with_name(f"{target.name}.part")
    extracted = source.with_name(f"{source.name}.disk.part") if detect_format(source) == OVA else None
    try:
        if extracted is not None:
            extract_disk(source, extracted)
        disk = extracted or source
        options = ["-o", "subformat=monolithicSparse"] if form == VMDK else []
        words = ["convert", "-q", "-f", detect_format(disk), "-O", form, *options, str(disk), str(part)]
        run(words, variables, seconds)
        os.chmod(part, 0o444)
        os.replace(part, target)
    except OSError as error:
        raise explain(error, target) from error
    finally:
        for left in (part, extracted):
            if left is not None:
                left.unlink(missing_ok=True)


def extract_disk(ova: Path, target: Path) -> None:
    """Write the first VMDK disk of an OVA to `target`. Raises MachshError."""
    try:
        with tarfile.open(ova, "r:") as archive:
            disks = (one for one in archive if one.isreg() and one.name.lower().endswith(".vmdk"))
            if (entry := next(disks, None)) and (content := archive.extractfile(entry)):
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file, _MB)
                return
    except (tarfile.TarError, EOFError) as error:
        raise _not_a_disk(ova, "a damaged or cut archive") from error
    except OSError as error:
        raise explain(error, target, "write") from error
    raise _not_a_disk(ova, "an OVA without a VMDK disk in it")


def run(
    words: Sequence[str], variables: Mapping[str, str], seconds: float, good: Sequence[int] = (0,)
) -> bytes:
    """Run qemu-img and return its output. Raises DeadlineError, or MachshError with its last line."""
    deadline = Deadline.after(seconds)
    argv = [program(variables), *words]
    child = start(
        argv,
        env={**variables, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        output, errors = child.communicate(timeout=deadline.remaining)
    except subprocess.TimeoutExpired as error:
        raise DeadlineError(f"{QEMU_IMG} {words[0]} did not end within {deadline.limit}") from error
    finally:
        with contextlib.suppress(OSError):
            if child.poll() is None:
                child.kill()
                child.wait()
    if child.returncode not in good:
        lines = errors.decode("utf-8", "replace").strip().splitlines() or [f"exit status {child.returncode}"]
        text = lines[-1].removeprefix(f"{QEMU_IMG}: ")
        hint = "free some space, then run the command again" if "No space left" in text else ""
        raise MachshError(f"{QEMU_IMG} {words[0]} failed: {text}", hint=hint)
    return output[:_MOST_OUTPUT]
