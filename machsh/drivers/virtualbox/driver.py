"""The driver `virtualbox`: hosts that are VirtualBox VMs."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

from machsh.drivers.capabilities import BUILT_IN
from machsh.drivers.capability_calls import HostSnapshot
from machsh.drivers.driver import Driver, DriverContext, Lack, Orphan, State
from machsh.drivers.guest import guest_keys, serial_log
from machsh.drivers.guest.loopback_ports import LOOPBACK
from machsh.drivers.host_size import HostSize, megabytes, whole_cpus
from machsh.drivers.virtualbox import base_disk, host_computer, iso_machine, vm_options, vm_precheck
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VmInfo, VmNotFoundError
from machsh.drivers.virtualbox.hypervisors.locate import VBoxManageNotFoundError, find_program
from machsh.drivers.virtualbox.hypervisors.vbox_version import VBoxVersion, parse_version
from machsh.drivers.virtualbox.hypervisors.vboxmanage import VBoxManage
from machsh.drivers.virtualbox.networks import guest_address, network_choice
from machsh.drivers.virtualbox.networks.forwards import rules
from machsh.drivers.virtualbox.networks.host_only import HostOnlySetup
from machsh.drivers.virtualbox.record import (
    GUEST_USER,
    OPTIONS,
    PYVBOX,
    VirtualBoxRecord,
)
from machsh.drivers.virtualbox.vbox_creation import DISK, VBoxCreation
from machsh.drivers.virtualbox.vm_power import VmPower
from machsh.drivers.virtualbox.vm_snapshots import VmSnapshots
from machsh.engine.address import ENGINE_PORT, engine_url
from machsh.environment import Environment
from machsh.errors import MachineNotRunningError, MachshError
from machsh.options import Values
from machsh.ssh.host_keys import SSH_PORT
from machsh.ssh.target import Target


class VirtualBoxDriver(Driver):
    """A VirtualBox VM, from a guest image or from a boot2docker ISO."""

    name = "virtualbox"
    summary = "a virtual machine in VirtualBox"
    options = OPTIONS
    record_type = VirtualBoxRecord
    capabilities = BUILT_IN["virtualbox"]
    late_modules = (
        "machsh.ssh.keys",
        "cryptography.hazmat.primitives.asymmetric.ed25519",
        "machsh.ssh.connection",
        "pycdlib",
        "ifaddr",
    )
    loses = "the virtual machine with its disks and snapshots"
    record: VirtualBoxRecord

    @classmethod
    def lacks(cls, environment: Environment) -> list[Lack]:
        """Return what is missing: VirtualBox, its kernel module, virtualisation that no other one uses."""
        try:
            find_program(environment)
        except VBoxManageNotFoundError as error:
            return [Lack("VBoxManage is not there: VirtualBox is not installed", error.hint)]
        lacks = []
        if not host_computer.has_kernel_module(environment):
            lacks.append(Lack("VirtualBox's kernel module is not loaded", "sudo /sbin/vboxconfig"))
        if host_computer.runs_hyper_v(environment):
            lacks.append(Lack("Hyper-V runs, beside which VirtualBox boots no 64-bit guests"))
        elif not host_computer.has_virtualization(environment):
            lacks.append(Lack("the processor offers no VT-x or AMD-V", "enable it in the BIOS"))
        return lacks

    @classmethod
    def states(cls, drivers: Sequence[Self]) -> Mapping[str, State]:
        """Return many machines' states by one question, but for those whose address may have changed."""
        if not drivers:
            return {}
        for driver in drivers:
            serial_log.bound(driver.machine_folder)
        vms = drivers[0].box.all()
        return {
            driver.record.machine_name: found.state
            for driver in drivers
            if (found := vms.get(driver.record.machine_name)) and driver._is_known(found)
        }

    def _is_known(self, info: VmInfo) -> bool:
        """Whether the answer is about this machine's VM, and its address is still the known one."""
        record = self.record
        if record.vm_id and info.uuid != record.vm_id:
            return False
        return info.state is not State.RUNNING or record.is_nat_only or self._knows_address(info)

    def _knows_address(self, info: VmInfo) -> bool:
        record = self.record
        return bool(record.ip_address and info.changed) and record.address_since == info.changed

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return the VMs in the store's folders that none of its machines has."""
        from machsh.drivers.virtualbox import vm_orphans

        return vm_orphans.find(context, store, [one.record for one in known])

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Delete a VM with its disks."""
        from machsh.drivers.virtualbox import vm_orphans

        vm_orphans.remove(orphan, context)

    @cached_property
    def box(self) -> Hypervisor:
        """VirtualBox, by the way that the machine's record names."""
        commands = VBoxManage(self.context)
        if self.record.interface != PYVBOX:
            return commands
        from machsh.drivers.virtualbox.hypervisors.pyvbox_hypervisor import PyVBox

        return PyVBox(self.context, commands)

    def configure(self, values: Values) -> None:
        """Copy the options into the record. Raises UsageError."""
        vm_options.copy(values, self.record, self.context.environment)

    def pre_create_check(self) -> None:
        """Check version, virtualisation and network; fetch the image. Raises MachshError."""
        if self.record.interface == PYVBOX:
            from machsh.drivers.virtualbox.hypervisors import pyvbox_bindings

            pyvbox_bindings.check(self.context.environment)
        vm_precheck.check(self.box, self.record, self.context, self.machine_folder.parents[1])

    @cached_property
    def _version(self) -> VBoxVersion:
        return parse_version(self.box.version()) or VBoxVersion(5, 0)

    def create(self) -> None:
        """Make the VM, start it, and wait until its guest answers. Raises MachshError."""
        creation = VBoxCreation(self.box, self.record, self.context, self.machine_folder, self._version)
        if self.record.boots_iso:
            creation.from_iso()
            network, _ = network_choice.choose(self._network(), self.record, self.context)
        else:
            network, words = network_choice.choose(self._network(), self.record, self.context)
            creation.choose_ports()
            creation.from_image(self.ssh_target(), words)
        self.context.progress.info("Starting the VM...")
        self._start(self._info(), network)

    def resume_create(self) -> None:
        """Keep a VM that runs: it is configured then; else make it anew from the image in the store."""
        info = None
        with contextlib.suppress(VmNotFoundError):
            info = self._info()
        is_lost = serial_log.has_panicked(self.machine_folder / serial_log.CONSOLE)
        if info is None or info.state is not State.RUNNING or not self.record.ssh_port or is_lost:
            self.remove()
            self.create()
            return
        self.context.progress.info("The VM runs already...")
        self._power(info).wait()
        self.ip()

    def _network(self) -> HostOnlySetup:
        return HostOnlySetup(
            self.box, self.record, self._version, self.context.environment, self.context.progress
        )

    def _info(self) -> VmInfo:
        """Return the machine's VM, also after it was renamed. Raises VmNotFoundError.

        A VM that has the machine's name, and is another one, is never touched.
        """
        record = self.record
        info = None
        with contextlib.suppress(VmNotFoundError):
            info = self.box.info(record.machine_name)
        if info and (not record.vm_id or info.uuid in ("", record.vm_id)):
            return info
        if not record.vm_id:
            raise VmNotFoundError(record.machine_name)
        try:
            return self.box.info(record.vm_id)
        except VmNotFoundError as error:
            raise VmNotFoundError(record.machine_name) from error

    def _vm(self, info: VmInfo) -> str:
        """Return the word that names the VM in calls: the machine's name, or the UUID of a renamed one."""
        return info.name if info.name == self.record.machine_name else info.uuid

    def _power(self, info: VmInfo) -> VmPower:
        return VmPower(
            self.box, self.record, self.context, self._vm(info), self.machine_folder / serial_log.CONSOLE
        )

    def _start(self, info: VmInfo, network: HostOnlySetup | None) -> None:
        port = self.record.ssh_port
        self._power(info).start(info, rules(self.record, with_engine=self.context.opens_engine_port), network)
        if self.record.ssh_port != port and not self.record.boots_iso:
            # The guest's key is pinned by host and port.
            guest_keys.pin(
                guest_keys.host_key(self.machine_folder, self.record.machine_name), self.ssh_target()
            )
        self.ip()

    def start(self) -> None:
        """Start, restore or resume the VM; return when its guest answers. Raises MachshError."""
        info = self._info()
        needs_network = info.state is State.STOPPED and not self.record.is_nat_only
        self._start(info, self._network() if needs_network else None)

    def stop(self) -> None:
        """Shut the guest down. Raises MachshError."""
        info = self._info()
        self._power(info).stop(info.state)

    def kill(self) -> None:
        """Switch the VM off. Raises MachshError."""
        self._power(self._info()).kill()

    def restart(self) -> None:
        """Shut the guest down and boot it. Raises MachshError, with docker-machine's texts."""
        for doing, call in (("stopping", self.stop), ("starting", self.start)):
            try:
                call()
            except MachshError as error:
                raise MachshError(f"Problem {doing} the VM: {error}", hint=error.hint) from error

    def remove(self) -> None:
        """Delete the VM with its disks, and what an interrupted creation left. Raises MachshError."""
        with contextlib.suppress(VmNotFoundError):
            info = self._info()
            self._power(info).remove(info.state)
        self._remove_leftovers()

    def check_rename(self, name: str) -> None:
        """Check that the VM is switched off and lies in its machine's folder, and that the name is free."""
        from machsh.drivers.virtualbox import vm_rename

        vm_rename.check(self.box, self._info(), name, self.machine_folder)

    def rename_host(self) -> None:
        """Give the VM the machine's name, and show VirtualBox where its files are now. Raises MachshError."""
        from machsh.drivers.virtualbox import vm_rename

        commands = VBoxManage(self.context)
        self.record.vm_id = vm_rename.rename(commands, self.record.machine_name, self.machine_folder)

    def size(self) -> HostSize:
        """Return the size that the VM was given."""
        return HostSize(str(host_computer.cpu_count(self.record.cpu)), str(self.record.memory))

    def check_size(self, size: HostSize) -> None:
        """Check the values, and that the VM is switched off. Raises MachshError."""
        vm_options.check_size(size)
        if self._info().state is not State.STOPPED:
            raise MachshError(
                "CPUs and memory are changed while the VM is switched off",
                hint=f"stop it first: machsh stop {self.record.machine_name}",
            )

    def resize(self, size: HostSize) -> None:
        """Give the VM this size. Raises MachshError with VirtualBox's text."""
        cpus, memory = whole_cpus(size), megabytes(size)
        vm = self._vm(self._info())
        self.box.run("modifyvm", vm, "--cpus", str(cpus), "--memory", str(memory))
        self.record.cpu, self.record.memory = cpus, memory

    def _remove_leftovers(self) -> None:
        """Remove disks that no VM has got yet, and the folder of a VM that was never registered."""
        for name in (DISK, iso_machine.DISK):
            disk = self.machine_folder / name
            if disk.exists():
                base_disk.close(self.box, disk)
                disk.unlink(missing_ok=True)
        shutil.rmtree(self.machine_folder / self.record.machine_name, ignore_errors=True)

    def state(self) -> State:
        """Return the VM's state, by one call. Raises VmNotFoundError."""
        serial_log.bound(self.machine_folder)
        return self._info().state

    def ip(self) -> str:
        """Return the host's address. Raises MachineNotRunningError.

        The guest is asked once after every start of its VM; while the VM runs its address stays.
        """
        info = self._info()
        record = self.record
        if info.state is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {record.machine_name}")
        if record.is_nat_only:
            record.ip_address = LOOPBACK
        elif not self._knows_address(info):
            mac = guest_address.host_only_mac(info.values)
            record.ip_address = guest_address.wait_for(self.ssh_target(), mac, self.context)
            record.address_since = info.changed
        return record.ip_address

    def url(self) -> str:
        """Return the engine's URL. Raises MachineNotRunningError."""
        self.ip()
        return self.known_url()

    def known_url(self) -> str:
        """Return the engine's last known URL; with NAT alone it is a forwarded port on loopback."""
        record = self.record
        if record.is_nat_only:
            return engine_url(LOOPBACK, record.engine_port) if record.engine_port else ""
        return engine_url(record.ip_address) if record.ip_address else ""

    def open_engine_port(self) -> None:
        """Restart a machine that needs a forwarded port and has none: each start makes its rules anew."""
        if self.record.is_nat_only and not self.record.engine_port:
            self.context.progress.info("Restarting the machine to forward a port to its engine...")
            self.restart()

    def listening_port(self) -> int:
        """Return the engine's port inside the guest, which is always the same."""
        return ENGINE_PORT

    def ssh_target(self) -> Target:
        """Return how ssh reaches the guest: by the forwarded port."""
        record = self.record
        return Target(
            host=LOOPBACK,
            machine=record.machine_name,
            user=record.ssh_user or GUEST_USER,
            port=record.ssh_port or SSH_PORT,
            key_path=Path(record.ssh_key_path) if record.ssh_key_path else None,
            known_hosts=self.machine_folder / "known_hosts",
        )

    def known_ssh_target(self) -> Target | None:
        """Return `ssh_target`, which asks nobody; None until the port is forwarded."""
        return self.ssh_target() if self.record.ssh_port else None

    def console_log(self) -> Path:
        """Return the file of the VM's serial port. Raises MachshError if there is none."""
        path = self.machine_folder / serial_log.CONSOLE
        if not path.is_file():
            raise MachshError(
                f'There is no console log of "{self.record.machine_name}"',
                hint="a VM made by docker-machine has none; any other has one from its first start",
            )
        return path

    def _snapshots(self, info: VmInfo) -> VmSnapshots:
        return VmSnapshots(self.box, self._vm(info), self.context.environment.now())

    def snapshots(self) -> list[HostSnapshot]:
        """Return the VM's snapshots. Raises MachshError."""
        return self._snapshots(self._info()).list()

    def save_snapshot(self, name: str) -> None:
        """Save a snapshot; of a running VM with its memory. Raises MachshError."""
        info = self._info()
        self._snapshots(info).save(name, info)

    def restore_snapshot(self, name: str) -> None:
        """Put the VM back to a snapshot; a running one runs afterwards. Raises MachshError."""
        info = self._info()
        snapshots = self._snapshots(info)
        snapshots.check(name)
        was_up = info.state in (State.RUNNING, State.PAUSED)
        if was_up:
            self.kill()
        snapshots.restore(name)
        if was_up:
            self.start()

    def delete_snapshot(self, name: str) -> None:
        """Delete a snapshot. Raises MachshError."""
        snapshots = self._snapshots(self._info())
        snapshots.check(name)
        snapshots.delete(name)

    def replace_image(self, image: str) -> None:
        """Replace the boot2docker ISO by a newer one. Raises MachshError if the machine has none."""
        if not self.record.boots_iso:
            raise MachshError(
                f'"{self.record.machine_name}" was made from the image {self.record.image}: there is no '
                "boot image to replace",
                hint="upgrade its packages instead",
            )
        cache = iso_machine.iso_cache(self.machine_folder.parents[1], self.context)
        cache.copy_to(self.machine_folder, self.record.boot2docker_url)
