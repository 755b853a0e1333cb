"""Switches a machine on: ports, accelerator, launch line, and the wait until its sshd greets."""

from __future__ import annotations

from pathlib import Path

from machsh.deadline import Deadline
from machsh.drivers.driver import DriverContext
from machsh.drivers.guest import loopback_ports, serial_log
from machsh.drivers.guest.boot_watch import BootWatch
from machsh.drivers.qemu import accelerator, firmware, forwarding, launch_line, qemu_process, qemu_settings
from machsh.drivers.qemu.accelerator import AcceleratorChoice
from machsh.drivers.qemu.launch_line import Launch
from machsh.drivers.qemu.qemu_process import PortTakenError
from machsh.drivers.qemu.qemu_programs import host_arch, program_of
from machsh.drivers.qemu.record import QemuRecord

START_SECONDS = 60.0
"""Limit for QEMU's own start."""
_EMULATED_BOOT_SECONDS = 600.0
_PORT_TRIES = 5


class QemuBoot:
    """One boot of a machine. Updates the record's address and ports."""

    def __init__(self, record: QemuRecord, context: DriverContext, folder: Path) -> None:
        self.record = record
        self.context = context
        self.folder = folder

    def choose_ports(self) -> None:
        """Keep the record's ports if they are free, because others know them; else choose other ones."""
        record = self.record
        before = (record.ssh_port, record.engine_port)
        taken = [one.host_port for one in qemu_settings.open_ports(record)]
        record.ip_address = loopback_ports.LOOPBACK
        record.ssh_port = loopback_ports.choose(record.ssh_port, taken)
        if self.context.opens_engine_port:
            record.engine_port = loopback_ports.choose(record.engine_port, [*taken, record.ssh_port])
        else:
            record.engine_port = 0
        if before[0] and before[0] != record.ssh_port:
            self._warn("ssh", record.ssh_port)
        if before[1] and before[1] != record.engine_port and record.engine_port:
            self._warn("the engine", record.engine_port)

    def _warn(self, what: str, port: int) -> None:
        self.context.progress.warning(
            f"another program listens on a port of the machine: {what} is at {port} now"
        )

    def run(self) -> None:
        """Start QEMU and wait until the guest has booted. Raises MachshError."""
        qemu_settings.check_shares(qemu_settings.shares(self.record))
        forwarding.check_free(qemu_settings.open_ports(self.record))
        program = program_of(self.record, self.context)
        choice = choose_accelerator(self.record, self.context, program)
        self._report(choice)
        serial_log.begin(self.folder)
        self._spawn(program, choice)
        self.context.progress.info("Waiting for the guest to boot...")
        BootWatch(
            self.record.machine_name,
            self.record.ssh_port,
            self.folder / serial_log.CONSOLE,
            self._why_ended,
            "a slow one needs more time: --qemu-boot-timeout SECONDS",
        ).wait(Deadline.after(self._boot_seconds(choice)))

    def _why_ended(self) -> str:
        serial_log.bound(self.folder)
        return "" if qemu_process.pid(self.folder) else "the machine ended while it booted"

    def _report(self, choice: AcceleratorChoice) -> None:
        if not choice.reason:
            self.context.progress.info(f"Starting QEMU with the accelerator {choice.name}...")
            return
        self.context.progress.warning(
            f"no accelerator works ({choice.reason}): the processor is emulated, which is slow"
        )
        remedy = accelerator.remedy(choice.reason)
        if remedy:
            self.context.progress.info(f"what may help: {remedy}")

    def _spawn(self, program: str, choice: AcceleratorChoice) -> None:
        for tries_left in reversed(range(_PORT_TRIES)):
            self.choose_ports()
            try:
                qemu_process.spawn(
                    launch_line.words(self._launch(program, choice)),
                    self.folder,
                    Deadline.after(START_SECONDS),
                )
                return
            except PortTakenError:
                # Another program took a port after we had looked.
                forwarding.check_free(qemu_settings.open_ports(self.record))
                if not tries_left:
                    raise

    def _launch(self, program: str, choice: AcceleratorChoice) -> Launch:
        record = self.record
        return Launch(
            program=program,
            name=record.machine_name,
            arch=record.arch,
            accelerator=choice.name,
            cpus=record.cpu,
            memory_mb=record.memory,
            mac=record.mac_address,
            forwards=qemu_settings.forwards(record),
            shares=qemu_settings.shares(record),
            bridge=record.bridge,
            firmware=firmware.find(record.arch, Path(program)),
        )

    def _boot_seconds(self, choice: AcceleratorChoice) -> float:
        """The user's limit for a boot, else the one for every wait, else one for this accelerator."""
        seconds = self.context.seconds
        if self.record.boot_seconds:
            return float(self.record.boot_seconds)
        is_default = seconds == self.context.environment.step_seconds
        return max(seconds, _EMULATED_BOOT_SECONDS) if choice.emulates and is_default else seconds


def choose_accelerator(record: QemuRecord, context: DriverContext, program: str) -> AcceleratorChoice:
    """Return the accelerator to use. Raises MachshError if the user's does not work."""
    return accelerator.choose(
        record.accelerator,
        program,
        record.arch,
        platform=context.environment.platform,
        host_arch=host_arch(),
    )
