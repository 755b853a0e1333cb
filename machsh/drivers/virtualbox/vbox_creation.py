"""Makes a VM, in one of two ways: from a guest image, or from a boot2docker ISO as docker-machine did."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from machsh.drivers.driver import DriverContext
from machsh.drivers.guest import guest_keys, loopback_ports, web_proxies
from machsh.drivers.guest.boot2docker_iso import ISO
from machsh.drivers.guest.image_catalog import AMD64, GuestImage, find_image
from machsh.drivers.guest.loopback_ports import LOOPBACK
from machsh.drivers.guest.machine_seed import machine_seed
from machsh.drivers.guest.seed import GuestNetwork, SharedFolder, write_seed
from machsh.drivers.guest.serial_log import CONSOLE
from machsh.drivers.virtualbox import base_disk, host_computer, iso_machine, modify_words
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor
from machsh.drivers.virtualbox.hypervisors.vbox_version import VBoxVersion
from machsh.drivers.virtualbox.networks.forwards import rules
from machsh.drivers.virtualbox.record import VirtualBoxRecord
from machsh.drivers.virtualbox.shared_folder import SYMLINKS, VmShare, share_of
from machsh.ssh.target import Target

DISK, SEED = "disk.vdi", "seed.iso"
"""Files in the machine's folder."""
_UUID = re.compile(r"^UUID: +([0-9a-f-]{36})$", re.MULTILINE)
_VENDOR = "080027"
"""The beginning of VirtualBox's hardware addresses."""


def image_of(record: VirtualBoxRecord) -> GuestImage:
    """Return the image that the user named. Raises UsageError."""
    return find_image(record.image, host_computer.processor(), record.image_sha256, base_disk.FORMATS)


def new_mac() -> str:
    """Return a hardware address as VBoxManage takes it: `080027AABBCC`."""
    return _VENDOR + secrets.token_hex(3).upper()


def with_colons(mac: str) -> str:
    """Return a hardware address as Linux writes it: `08:00:27:aa:bb:cc`."""
    return ":".join(re.findall("..", mac)).lower()


@dataclass(slots=True)
class VBoxCreation:
    """The creation of one VM in the machine's folder. What a former attempt left was removed before."""

    box: Hypervisor
    record: VirtualBoxRecord
    context: DriverContext
    folder: Path
    version: VBoxVersion

    def from_image(self, target: Target, second_adapter: list[str]) -> None:
        """Make a VM whose disk is a clone of a guest image; `second_adapter` is for `modifyvm`.

        Raises MachshError.
        """
        record, box, say = self.record, self.box, self.context.progress
        arch = host_computer.processor()
        share = share_of(record, self.context.environment.platform)
        macs = [new_mac(), new_mac()] if second_adapter else []
        base_disk.linked_clone(image_of(record), self.folder / DISK, record.disk_size, box, self.context)
        record.ssh_key_path = str(self.folder / guest_keys.LOGIN_KEY)
        self._write_seed(target, macs, share)
        say.info("Creating VirtualBox VM...")
        self._register(arch)
        addresses = [word for n, mac in enumerate(macs, 1) for word in (f"--macaddress{n}", mac)]
        box.run(
            *("modifyvm", record.machine_name),
            *modify_words.hardware_words(record, arch, "disk"),
            *modify_words.nat_words(record, arch),
            *self._local_proxy_words(),
            *second_adapter,
            *addresses,
            *(
                word
                for rule in rules(record, with_engine=self.context.opens_engine_port)
                for word in rule.words
            ),
            *modify_words.console_words(self.folder / CONSOLE),
        )
        self._attach(self.folder / SEED, self.folder / DISK)
        self._share(share)

    def from_iso(self) -> None:
        """Make a VM that boots a boot2docker ISO, by docker-machine's calls in its order. Raises MachshError.

        The forwards and the second adapter come with the start.
        """
        record, box, say = self.record, self.box, self.context.progress
        name, disk = record.machine_name, self.folder / iso_machine.DISK
        iso_machine.iso_cache(self.folder.parents[1], self.context).copy_to(
            self.folder, record.boot2docker_url
        )
        say.info("Creating VirtualBox VM...")
        record.ssh_key_path = str(self.folder / iso_machine.KEY)
        if record.boot2docker_import_vm:
            iso_machine.import_vm(box, record, self.context, self.folder)
        else:
            say.info("Creating SSH key...")
            key = iso_machine.new_key(self.folder, name)
            iso_machine.make_disk(box, disk, key, record.disk_size, self.context.seconds)
        self._register(AMD64)
        box.run("modifyvm", name, *modify_words.hardware_words(record, AMD64, "dvd"))
        box.run("modifyvm", name, *modify_words.nat_words(record, AMD64))
        self._attach(self.folder / ISO, disk)
        for name_of_property in modify_words.MOUNT_PROPERTIES:
            box.set_guest_property(name, name_of_property, "/")
        self._share(share_of(record, self.context.environment.platform))
        box.run("modifyvm", name, *modify_words.console_words(self.folder / CONSOLE))

    def _local_proxy_words(self) -> list[str]:
        has_proxy = web_proxies.has_local_proxy(self.context.environment.variables)
        return modify_words.loopback_words() if has_proxy and self.version.hides_loopback else []

    def choose_ports(self) -> None:
        """Choose the ports of this computer that are forwarded to the guest. Raises MachshError."""
        record = self.record
        record.ssh_port = loopback_ports.choose(record.ssh_port)
        if record.is_nat_only and self.context.opens_engine_port:
            record.engine_port = loopback_ports.choose(record.engine_port, [record.ssh_port])

    def _write_seed(self, target: Target, macs: list[str], share: VmShare | None) -> None:
        # The address on a host-only network, which a certificate needs, is known only after the boot.
        is_known = self.record.is_nat_only or not self.context.opens_engine_port
        address = LOOPBACK if is_known else ""
        cards = (GuestNetwork(with_colons(mac), is_default=number == 0) for number, mac in enumerate(macs))
        seed = replace(
            machine_seed(self.folder, target, self.context, engine_address=address),
            shared=(SharedFolder(share.name, f"/{share.name}", "vboxsf"),) if share else (),
            networks=tuple(cards),
            instance=f"{target.machine}-{secrets.token_hex(4)}",
        )
        write_seed(seed, self.folder / SEED)

    def _register(self, arch: str) -> None:
        words = modify_words.create_words(self.record, self.folder, arch, self.version)
        found = _UUID.search(self.box.run(*words))
        self.record.vm_id = found[1] if found else ""
        self.context.keep()

    def _attach(self, dvd: Path, disk: Path) -> None:
        name = self.record.machine_name
        self.box.run(*modify_words.controller_words(name))
        self.box.run(*modify_words.attach_words(name, 0, "dvddrive", dvd))
        self.box.run(*modify_words.attach_words(name, 1, "hdd", disk))

    def _share(self, share: VmShare | None) -> None:
        if share is None:
            return
        name = self.record.machine_name
        words = ("--name", share.name, "--hostpath", share.folder, "--automount")
        self.box.run("sharedfolder", "add", name, *words)
        self.box.run("setextradata", name, f"{SYMLINKS}/{share.name}", "1")
