"""Makes a virtual machine's files: the disk over a cached image, the seed, and the keys."""

from __future__ import annotations

from pathlib import Path

from machsh.drivers.driver import DriverContext
from machsh.drivers.guest import disk, guest_keys
from machsh.drivers.guest.image_cache import ImageCache
from machsh.drivers.guest.image_catalog import QCOW2, RAW, GuestImage, find_image
from machsh.drivers.guest.seed import GuestNetwork, GuestSeed, SharedFolder, write_seed
from machsh.drivers.qemu import firmware, forwarding, vm_settings
from machsh.drivers.qemu.launch_line import DISK as DISK_FILE
from machsh.drivers.qemu.launch_line import FLASH, SEED, second_mac
from machsh.drivers.qemu.record import QemuRecord
from machsh.drivers.qemu.vm_programs import program_of
from machsh.engine.proxies import EXCEPTIONS, PROXIES
from machsh.ssh.target import Target

ROUTER = "10.0.2.2"
"""This computer's loopback address, as guests of a user-mode network reach it."""


def image_of(record: QemuRecord) -> GuestImage:
    """Return the image that the user named. Raises UsageError."""
    return find_image(record.image, record.arch, record.image_sha256, (QCOW2, RAW))


class VmCreation:
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
        record, first_boot = self.record, self.context.first_boot
        self.context.progress.info("Creating SSH key...")
        login_key = guest_keys.login_key(self.folder, record.machine_name)
        host_key = guest_keys.host_key(self.folder, record.machine_name)
        record.ssh_key_path = str(self.folder / guest_keys.LOGIN_KEY)
        target = Target(
            record.ip_address,
            machine=record.machine_name,
            user=record.ssh_user,
            port=record.ssh_port,
            known_hosts=self.folder / "known_hosts",
        )
        guest_keys.pin(host_key, target)
        seed = GuestSeed(
            hostname=record.machine_name,
            user=record.ssh_user,
            authorized_key=login_key,
            host_keys=(host_key,),
            proxies=guest_proxies(self.context.environment.variables),
            shared=tuple(SharedFolder(one.tag, one.guest_folder) for one in vm_settings.shares(record)),
            networks=_networks(record),
            boot_script=first_boot(forwarding.LOOPBACK) if first_boot else "",
            # A disk made anew is another guest.
            instance=f"{record.machine_name}-{record.mac_address}-{(self.folder / DISK_FILE).stat().st_ino}",
        )
        write_seed(seed, self.folder / SEED)


def _networks(record: QemuRecord) -> tuple[GuestNetwork, ...]:
    if not record.bridge:
        return ()
    return (GuestNetwork(record.mac_address), GuestNetwork(second_mac(record.mac_address), is_default=False))


def guest_proxies(variables: dict[str, str]) -> dict[str, str]:
    """Return the user's proxies as a guest reaches them: this computer's loopback is ROUTER there."""
    found = {}
    for name in (*PROXIES, EXCEPTIONS[0]):
        value = variables.get(name) or variables.get(name.upper()) or ""
        if value:
            found[name] = value
    for name in PROXIES:
        for loopback in ("127.0.0.1", "localhost"):
            if name in found:
                found[name] = found[name].replace(f"//{loopback}:", f"//{ROUTER}:")
    return found
