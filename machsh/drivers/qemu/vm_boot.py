"""Switches a machine on: ports, accelerator, launch line, and the wait until its sshd greets."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from machsh.deadline import Deadline
from machsh.drivers.driver import DriverContext
from machsh.drivers.qemu import accelerator, firmware, forwarding, launch_line, vm_process, vm_settings
from machsh.drivers.qemu.accelerator import Choice
from machsh.drivers.qemu.boot_watch import watch
from machsh.drivers.qemu.forwarding import LOOPBACK
from machsh.drivers.qemu.launch_line import CONSOLE, OLD_CONSOLE, Launch
from machsh.drivers.qemu.record import QemuRecord
from machsh.drivers.qemu.vm_process import PortTakenError
from machsh.drivers.qemu.vm_programs import host_arch, program_of

START_SECONDS = 60.0
"""Limit for QEMU's own start."""
_EMULATED_BOOT_SECONDS = 600.0
_PORT_TRIES = 5


class VmBoot:
    """One boot of a machine. Updates the record's address and ports."""

    def __init__(self, record: QemuRecord, context: DriverContext, folder: Path) -> None:
        self.record = record
        self.context = context
        self.folder = folder

    def choose_ports(self) -> None:
        """Keep the record's ports if they are free, because others know them; else choose other ones."""
        record = self.record
        before = (record.ssh_port, record.engine_port)
        taken = [one.host_port for one in vm_settings.open_ports(record)]
        record.ip_address = LOOPBACK
        record.ssh_port = forwarding.choose(record.ssh_port, taken)
        record.engine_port = forwarding.choose(record.engine_port, [*taken, record.ssh_port])
        if all(before) and before != (record.ssh_port, record.engine_port):
            self.context.progress.warning(
                "another program listens on a port of the machine: ssh is at "
                f"{record.ssh_port} now, and the engine at {record.engine_port}"
            )

    def run(self) -> None:
        """Start QEMU and wait until the guest has booted. Raises MachshError."""
        vm_settings.check_shares(vm_settings.shares(self.record))
        forwarding.check_free(vm_settings.open_ports(self.record))
        program = program_of(self.record, self.context)
        choice = choose_accelerator(self.record, self.context, program)
        self._report(choice)
        self._rotate_console()
        self._spawn(program, choice)
        self.context.progress.info("Waiting for the guest to boot...")
        deadline = Deadline.after(self._boot_seconds(choice))
        watch(self.folder, self.record.machine_name, self.record.ssh_port, deadline)

    def _report(self, choice: Choice) -> None:
        if not choice.reason:
            self.context.progress.info(f"Starting QEMU with the accelerator {choice.name}...")
            return
        self.context.progress.warning(
            f"no accelerator works ({choice.reason}): the processor is emulated, which is slow"
        )
        remedy = accelerator.remedy(choice.reason)
        if remedy:
            self.context.progress.info(f"what may help: {remedy}")

    def _rotate_console(self) -> None:
        """Begin a new log; the one of the boot before is kept, and older ones are not."""
        path = self.folder / CONSOLE
        with suppress(FileNotFoundError):
            path.replace(path.with_name(OLD_CONSOLE))

    def _spawn(self, program: str, choice: Choice) -> None:
        for tries_left in reversed(range(_PORT_TRIES)):
            self.choose_ports()
            try:
                vm_process.spawn(
                    launch_line.words(self._launch(program, choice)),
                    self.folder,
                    Deadline.after(START_SECONDS),
                )
                return
            except PortTakenError:
                # Another program took a port after we had looked.
                forwarding.check_free(vm_settings.open_ports(self.record))
                if not tries_left:
                    raise

    def _launch(self, program: str, choice: Choice) -> Launch:
        record = self.record
        return Launch(
            program=program,
            name=record.machine_name,
            arch=record.arch,
            accelerator=choice.name,
            cpus=record.cpu,
            memory_mb=record.memory,
            mac=record.mac_address,
            forwards=vm_settings.forwards(record),
            shares=vm_settings.shares(record),
            bridge=record.bridge,
            firmware=firmware.find(record.arch, Path(program)),
        )

    def _boot_seconds(self, choice: Choice) -> float:
        """The user's limit for a boot, else the one for every wait, else one for this accelerator."""
        seconds = self.context.seconds
        if self.record.boot_seconds:
            return float(self.record.boot_seconds)
        is_default = seconds == self.context.environment.step_seconds
        return max(seconds, _EMULATED_BOOT_SECONDS) if choice.emulates and is_default else seconds


def choose_accelerator(record: QemuRecord, context: DriverContext, program: str) -> Choice:
    """Return the accelerator to use. Raises MachshError if the user's does not work."""
    return accelerator.choose(
        record.accelerator,
        program,
        record.arch,
        platform=context.environment.platform,
        host_arch=host_arch(),
    )
