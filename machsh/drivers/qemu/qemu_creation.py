"""Makes a virtual machine's files: the disk over a cached image, the seed, and the keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from machsh.drivers.driver import DriverContext
from machsh.drivers.guest import disk, guest_keys
from machsh.drivers.guest.image_cache import ImageCache
from machsh.drivers.guest.image_catalog import QCOW2, RAW, GuestImage, find_image
from machsh.drivers.guest.loopback_ports import LOOPBACK
from machsh.drivers.guest.machine_seed import machine_seed
from machsh.drivers.guest.seed import GuestNetwork, SharedFolder, write_seed
from machsh.drivers.qemu import firmware, qemu_settings
from machsh.drivers.qemu.launch_line import DISK as DISK_FILE
from machsh.drivers.qemu.launch_line import FLASH, SEED, second_mac
from machsh.drivers.qemu.qemu_programs import program_of
from machsh.drivers.qemu.record import QemuRecord
from machsh.ssh.target import Target


def image_of(record: QemuRecord) -> GuestImage:
    """Return the image that the user named. Raises UsageError."""
    return find_image(record.image, record.arch, record.image_sha256, (QCOW2, RAW))


class QemuCreation:
    """The creation of one machine's files in its folder. What a former attempt left is replaced."""

    def __init__(self, record: QemuRecord, context: DriverContext, folder: Path) -> None:
        self.record = record
        self.context = context
        self.folder = folder

    def make(self) -> None:
        """Make disk, keys and seed. The record has the address and ports already. Raises MachshError."""
        self._make_disks()
        self._make_seed()

    def _make_disks(self) -> None:
        variables, say = self.context.environment.variables, self.context.progress
        base = ImageCache(self.folder.parents[1], variables, say).fetch(image_of(self.record))
        base = disk.prepare(base, (QCOW2, RAW), variables)
        say.info(f"Creating a disk of {self.record.disk_size} MB over {base.name}...")
        disk.overlay(base, self.folder / DISK_FILE, self.record.disk_size, variables)
        program = program_of(self.record, self.context)
        if firmware.find(self.record.arch, Path(program)):
            words = ["create", "-q", "-f", QCOW2, str(self.folder / FLASH), f"{firmware.FLASH_MB}M"]
            disk.run(words, variables, self.context.seconds)

    def _make_seed(self) -> None:
        record = self.record
        record.ssh_key_path = str(self.folder / guest_keys.LOGIN_KEY)
        target = Target(
            record.ip_address,
            machine=record.machine_name,
            user=record.ssh_user,
            port=record.ssh_port,
            known_hosts=self.folder / "known_hosts",
        )
        seed = replace(
            machine_seed(self.folder, target, self.context, engine_address=LOOPBACK),
            shared=tuple(SharedFolder(one.tag, one.guest_folder) for one in qemu_settings.shares(record)),
            networks=_networks(record),
            # A disk made anew is another guest.
            instance=f"{record.machine_name}-{record.mac_address}-{(self.folder / DISK_FILE).stat().st_ino}",
        )
        write_seed(seed, self.folder / SEED)


def _networks(record: QemuRecord) -> tuple[GuestNetwork, ...]:
    if not record.bridge:
        return ()
    return (GuestNetwork(record.mac_address), GuestNetwork(second_mac(record.mac_address), is_default=False))
