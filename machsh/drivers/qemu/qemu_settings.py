"""From the options of `create` to the record, and the checks before anything is made."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from machsh.drivers.guest.image_catalog import absolute_image
from machsh.drivers.host_size import HostSize, megabytes, whole_cpus
from machsh.drivers.qemu import forwarding
from machsh.drivers.qemu.forwarding import Forward
from machsh.drivers.qemu.launch_line import Share
from machsh.drivers.qemu.record import BRIDGE, SSH_USER, QemuRecord
from machsh.engine.address import ENGINE_PORT
from machsh.environment import Environment
from machsh.errors import MachshError, PreCreateError, UsageError
from machsh.options import Values
from machsh.ssh.host_keys import SSH_PORT
from machsh.validators import SECONDS

LONGEST_NAME = 63
"""Maximum length of a label in DNS, and so of a host name."""
_LEAST_MEMORY_MB = 256
_LEAST_DISK_MB = 1024
_MOST = 1 << 30
_MOST_CPUS = 255
_HELPERS = ("/usr/lib/qemu/qemu-bridge-helper", "/usr/libexec/qemu-bridge-helper")
_SPACES = re.compile(r"\s")


def fill(record: QemuRecord, values: Values, environment: Environment) -> None:
    """Copy the options into the record. Raises UsageError."""
    record.cpu = _cpus(values)
    record.memory = _number(values, "qemu-memory", _LEAST_MEMORY_MB, "MB")
    record.disk_size = _number(values, "qemu-disk-size", _LEAST_DISK_MB, "MB")
    record.program = _program(values.text("qemu-program"), environment)
    record.accelerator = values.text("qemu-accelerator")
    record.image = absolute_image(values.text("qemu-image"), environment)
    record.image_sha256 = values.text("qemu-image-sha256")
    record.network = values.text("qemu-network")
    record.bridge = values.text("qemu-bridge") if record.network == BRIDGE else ""
    record.open_ports = [str(forwarding.parse(text)) for text in values.texts("qemu-open-port")]
    record.shares = [_share(text, environment) for text in values.texts("qemu-share")]
    record.ssh_user = values.text("qemu-ssh-user") or SSH_USER
    record.boot_seconds = values.number("qemu-boot-timeout")
    if not SECONDS.accepts(record.boot_seconds):
        raise UsageError(f"--qemu-boot-timeout {record.boot_seconds} is not {SECONDS.words}")
    # Locally administered, by QEMU's own prefix.
    record.mac_address = record.mac_address or "52:54:00:" + ":".join(f"{one:02x}" for one in os.urandom(3))
    forwarding.check_distinct(open_ports(record))


def _cpus(values: Values) -> int:
    if values.number("qemu-cpu-count") == -1:
        return os.cpu_count() or 1
    return _number(values, "qemu-cpu-count", 1, "or -1 for all CPUs", most=_MOST_CPUS)


def _number(values: Values, option: str, least: int, unit: str, most: int = _MOST) -> int:
    number = values.number(option)
    if not least <= number <= most:
        bound = f"at least {least}" if number < least else f"at most {most}"
        raise UsageError(f"--{option} {number} is not possible", hint=f"give {bound} {unit}")
    return number


def _program(text: str, environment: Environment) -> str:
    return environment.absolute(text) if os.sep in text else text


def _share(text: str, environment: Environment) -> str:
    folder, colon, guest = text.rpartition(":")
    if not colon or not guest.startswith("/"):
        folder, guest = text, ""
    folder = environment.absolute(folder)
    guest = guest or folder
    if not guest.startswith("/") or guest == "/" or _SPACES.search(guest):
        raise UsageError(
            f"--qemu-share {text}: the guest cannot mount it at '{guest}'",
            hint="write FOLDER:GUESTFOLDER, as in ~/work:/mnt/work; the guest's folder has no spaces",
        )
    return f"{folder}:{guest}"


def open_ports(record: QemuRecord) -> list[Forward]:
    """Return the ports that the user wants forwarded."""
    return [forwarding.parse(text) for text in record.open_ports or []]


def forwards(record: QemuRecord) -> tuple[Forward, ...]:
    """Return all forwarded ports: ssh's first, then the engine's, unless it is reached over ssh."""
    own = [Forward(record.ssh_port, SSH_PORT)]
    if record.engine_port:
        own.append(Forward(record.engine_port, ENGINE_PORT))
    return (*own, *open_ports(record))


def shares(record: QemuRecord) -> tuple[Share, ...]:
    """Return the shared folders, each with the tag that the guest mounts it by."""
    found = []
    for number, text in enumerate(record.shares or []):
        folder, _, guest = text.rpartition(":")
        found.append(Share(folder, guest, f"share{number}"))
    return tuple(found)


def check(record: QemuRecord, environment: Environment) -> None:
    """Check what needs no QEMU. Raises PreCreateError."""
    if environment.platform == "win32":
        raise PreCreateError("the driver qemu does not run on Windows", hint="use it inside WSL 2")
    check_name(record.machine_name)
    check_shares(shares(record))
    forwarding.check_free(open_ports(record))
    if record.bridge and not any(os.path.exists(one) for one in _HELPERS):
        raise PreCreateError(
            "qemu-bridge-helper is missing, which joins a bridge",
            hint="install qemu-system-common, and leave --qemu-network out where there is none",
        )


def check_name(name: str) -> None:
    """Raise PreCreateError for a name that is too long for a host."""
    if len(name) > LONGEST_NAME:
        raise PreCreateError(
            f"a host's name has at most {LONGEST_NAME} characters, this one has {len(name)}",
            hint="choose a shorter name",
        )


def check_size(size: HostSize) -> None:
    """Raise UsageError for a size that no machine can have."""
    cpus, memory = whole_cpus(size), megabytes(size)
    if cpus > _MOST_CPUS:
        raise UsageError(f"cpus={size.cpus} is not possible", hint=f"give at most {_MOST_CPUS}")
    if not _LEAST_MEMORY_MB <= memory <= _MOST:
        raise UsageError(f"memory={size.memory} is not possible", hint=f"give at least {_LEAST_MEMORY_MB} MB")


def check_shares(found: Iterable[Share]) -> None:
    """Raise MachshError for a shared folder that is not there."""
    for share in found:
        if not Path(share.folder).is_dir():
            raise MachshError(
                f"--qemu-share: {share.folder} is not a folder", hint="make it, or name another"
            )
