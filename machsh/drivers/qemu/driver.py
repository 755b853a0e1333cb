"""The driver `qemu`: creates and controls virtual machines of the user, without root."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from machsh.deadline import Deadline
from machsh.drivers.capabilities import BUILT_IN
from machsh.drivers.capability_calls import HostSnapshot
from machsh.drivers.driver import Driver, DriverContext, Lack, Orphan, State
from machsh.drivers.guest import serial_log
from machsh.drivers.host_size import HostSize, megabytes, whole_cpus
from machsh.drivers.qemu import launch_line, qemu_process
from machsh.drivers.qemu.disk_snapshots import DiskSnapshots
from machsh.drivers.qemu.record import AUTO, OPTIONS, QemuRecord
from machsh.engine.address import ENGINE_PORT, engine_url
from machsh.environment import Environment
from machsh.errors import DeadlineError, MachineNotRunningError, MachshError, RefusedError
from machsh.files import explain
from machsh.options import Values

STATES = {
    "running": State.RUNNING,
    "save-vm": State.RUNNING,
    "restore-vm": State.RUNNING,
    "finish-migrate": State.RUNNING,
    "paused": State.PAUSED,
    "debug": State.PAUSED,
    "suspended": State.PAUSED,
    "postmigrate": State.PAUSED,
    "prelaunch": State.STARTING,
    "inmigrate": State.STARTING,
    "shutdown": State.STOPPING,
}
"""QEMU's run state -> ours; any other is an error, as `io-error` when this computer's disk is full."""
QUERY_SECONDS = 5.0
ASK_AGAIN_SECONDS = 5.0
"""After so long a guest is asked once more to shut down: one that is booting does not listen."""
_KILL_SECONDS = 20.0
_FILES = (
    launch_line.DISK,
    launch_line.SEED,
    launch_line.FLASH,
    serial_log.CONSOLE,
    serial_log.OLD_CONSOLE,
    qemu_process.MONITOR,
    qemu_process.QUERIES,
    qemu_process.PID_FILE,
)


class QemuDriver(Driver):
    """A virtual machine of QEMU's, reached at ports of the loopback address."""

    name = "qemu"
    summary = "a virtual machine by QEMU, without root"
    options = OPTIONS
    record_type = QemuRecord
    capabilities = BUILT_IN["qemu"]
    late_modules = (
        "machsh.drivers.qemu.monitor",
        "machsh.drivers.qemu.qemu_creation",
        "cryptography.hazmat.primitives.asymmetric.ed25519",
        "pycdlib",
        "requests",
    )
    loses = "the virtual machine and its disk"
    record: QemuRecord

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return the processes of machines that the store does not have."""
        from machsh.drivers.qemu import qemu_orphans

        return qemu_orphans.find(store, {one.record.machine_name for one in known})

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """End a process."""
        from machsh.drivers.qemu import qemu_orphans

        qemu_orphans.remove(orphan, store, Deadline.after(context.seconds))

    @classmethod
    def lacks(cls, environment: Environment) -> list[Lack]:
        """Return a Lack for each program that is missing, and if the user may not use the accelerator."""
        from machsh.drivers.guest.disk import QEMU_IMG
        from machsh.drivers.qemu import accelerator
        from machsh.drivers.qemu.qemu_programs import host_arch, install_command

        if environment.platform == "win32":
            return [Lack("the driver does not run on Windows", "use it inside WSL 2")]
        arch = host_arch()
        names = (f"qemu-system-{arch}", QEMU_IMG)
        places = [shutil.which(name, path=environment.variables.get("PATH")) for name in names]
        missing = [name for name, place in zip(names, places, strict=True) if place is None]
        found = [Lack(f"{name} is missing", install_command(arch)) for name in missing]
        if places[0] and arch in accelerator.MACHINES:
            choice = accelerator.choose(AUTO, places[0], arch, platform=environment.platform, host_arch=arch)
            if choice.reason:
                text = f"no accelerator works ({choice.reason}): machines are emulated, which is slow"
                found.append(Lack(text, accelerator.remedy(choice.reason), is_optional=True))
        return found

    def configure(self, values: Values) -> None:
        """Copy the options into the record. Raises UsageError."""
        from machsh.drivers.qemu import qemu_settings
        from machsh.drivers.qemu.qemu_creation import image_of
        from machsh.drivers.qemu.qemu_programs import arch_of

        self.record.arch = arch_of(values.text("qemu-arch"))
        qemu_settings.fill(self.record, values, self.context.environment)
        image_of(self.record)

    def pre_create_check(self) -> None:
        """Check programs, accelerator, ports and folders without side effects. Raises MachshError."""
        from machsh.drivers.guest import disk
        from machsh.drivers.qemu import firmware, qemu_settings
        from machsh.drivers.qemu.qemu_boot import choose_accelerator
        from machsh.drivers.qemu.qemu_programs import program_of

        qemu_settings.check(self.record, self.context.environment)
        program = program_of(self.record, self.context)
        disk.program(self.context.environment.variables)
        firmware.find(self.record.arch, Path(program))
        if self.record.accelerator != AUTO:
            choose_accelerator(self.record, self.context, program)

    def create(self) -> None:
        """Make disk and seed, and boot; return when the guest's sshd greets. Raises MachshError."""
        from machsh.drivers.qemu.qemu_boot import QemuBoot
        from machsh.drivers.qemu.qemu_creation import QemuCreation

        self._clear()
        boot = QemuBoot(self.record, self.context, self.machine_folder)
        boot.choose_ports()
        QemuCreation(self.record, self.context, self.machine_folder).make()
        boot.run()

    def resume_create(self) -> None:
        """Keep a guest that boots already; else make its files anew over the cached image: that is quick."""
        from machsh.drivers.qemu.qemu_boot import QemuBoot

        is_lost = serial_log.has_panicked(self.machine_folder / serial_log.CONSOLE)
        if not (self._pid and self.record.ssh_port) or is_lost:
            self.remove()
            self.create()
            return
        self.context.progress.info("The machine is switched on already...")
        QemuBoot(self.record, self.context, self.machine_folder).wait()

    def start(self) -> None:
        """Boot the machine, or let a paused one go on; return when the guest's sshd greets."""
        from machsh.drivers.qemu.qemu_boot import QemuBoot

        self._check_disk()
        if self._pid:
            self._command("cont")
        else:
            QemuBoot(self.record, self.context, self.machine_folder).run()

    def stop(self) -> None:
        """Press the power button; switch the machine off if it still runs near the deadline."""
        # Leave some of the call's time for that.
        deadline = Deadline.after(self.context.seconds * 0.8)
        while self._pid and not deadline.has_passed:
            with suppress(MachshError):  # it may just have ended, and a hung one is switched off below
                if self.state() is State.PAUSED:
                    self._command("cont")
                self._command("system_powerdown")
            wait = Deadline.after(min(ASK_AGAIN_SECONDS, deadline.remaining))
            qemu_process.wait_for_end(self.machine_folder, wait)
        self.kill()

    def kill(self) -> None:
        """Switch the machine off. Its disk is complete, as QEMU itself closes it unless it hangs."""
        if not self._pid:
            return
        with suppress(MachshError):  # what does not answer gets a signal
            self._command("quit")
            qemu_process.wait_for_end(self.machine_folder, Deadline.after(QUERY_SECONDS))
        qemu_process.end(self.machine_folder, Deadline.after(_KILL_SECONDS))

    def restart(self) -> None:
        """Shut the machine down and boot it."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Switch the machine off and delete its files; the cached image stays."""
        self.kill()
        self._clear()

    def check_rename(self, name: str) -> None:
        """Check that the new name fits, and that no QEMU runs, which knows its files by their old place."""
        from machsh.drivers.qemu import qemu_settings

        qemu_settings.check_name(name)
        if self._pid:
            raise _must_be_stopped(f'"{self.record.machine_name}" is renamed', self.record.machine_name)

    def rename_host(self) -> None:
        """Do nothing: the next start tells QEMU the new name."""

    def size(self) -> HostSize:
        """Return the size of the next start."""
        return HostSize(str(self.record.cpu), str(self.record.memory))

    def check_size(self, size: HostSize) -> None:
        """Check the values, and that the machine is stopped. Raises MachshError."""
        from machsh.drivers.qemu import qemu_settings

        qemu_settings.check_size(size)
        if self._pid:
            raise _must_be_stopped("CPUs and memory are changed", self.record.machine_name)

    def resize(self, size: HostSize) -> None:
        """Change the size of the next start."""
        self.record.cpu, self.record.memory = whole_cpus(size), megabytes(size)

    def _clear(self) -> None:
        for name in _FILES:
            path = self.machine_folder / name
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise explain(error, path, "remove") from error

    @property
    def _pid(self) -> int:
        return qemu_process.pid(self.machine_folder)

    def _command(self, name: str, monitor: str = qemu_process.MONITOR) -> dict[str, object]:
        """Execute a quick command of QEMU's monitor."""
        from machsh.drivers.qemu.monitor import Monitor

        deadline = Deadline.after(min(QUERY_SECONDS, self.context.seconds))
        with Monitor(self.machine_folder / monitor, deadline) as connection:
            found = connection.command(name)
        return found if isinstance(found, dict) else {}

    def _check_disk(self) -> None:
        if not (self.machine_folder / launch_line.DISK).exists():
            raise MachshError(
                f"machine does not exist: its disk {launch_line.DISK} is gone",
                hint=f"forget it: machsh rm {self.record.machine_name}",
            )

    def state(self) -> State:
        """Return the machine's state. Raises MachshError if its disk is gone or QEMU does not answer."""
        if not self._pid:
            self._check_disk()
            return State.STOPPED
        serial_log.bound(self.machine_folder)
        try:
            status = str(self._command("query-status", qemu_process.QUERIES).get("status"))
        except DeadlineError:
            raise
        except MachshError:
            # The monitor comes a moment after the process, and goes a moment before it.
            return State.STARTING if self._pid else State.STOPPED
        return STATES.get(status, State.ERROR)

    def ip(self) -> str:
        """Return the address, at which ports are forwarded. Raises MachineNotRunningError."""
        if not self._pid:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.record.machine_name}")
        return super().ip()

    def url(self) -> str:
        """Return the engine's URL. Raises MachineNotRunningError."""
        super().url()
        return self.known_url()

    def known_url(self) -> str:
        """Return the engine's last known URL; empty if it has none yet."""
        record = self.record
        return engine_url(record.ip_address, record.engine_port) if record.engine_port else ""

    def open_engine_port(self) -> None:
        """Restart a machine without a forwarded port: each boot forwards the ports that it needs."""
        if not self.record.engine_port:
            self.context.progress.info("Restarting the machine to forward a port to its engine...")
            self.restart()

    def listening_port(self) -> int:
        """Return the engine's port in the guest, to which another one is forwarded."""
        return ENGINE_PORT

    def host_files(self) -> list[Path]:
        """Return the disks, the seed and the image on which the disk is based."""
        from machsh.drivers.guest import disk

        if self._pid:
            raise RefusedError(
                f'"{self.record.machine_name}" runs, and its disk changes while it is copied',
                hint=f"stop it first: machsh stop {self.record.machine_name}",
            )
        self._check_disk()
        disk_path = self.machine_folder / launch_line.DISK
        names = (launch_line.DISK, launch_line.SEED, launch_line.FLASH)
        found = [path for name in names if (path := self.machine_folder / name).is_file()]
        base = disk.base_of(disk_path)
        return [*found, base] if base else found

    def console_log(self) -> Path:
        """Return the file of the serial console's output. Raises MachshError if there is none yet."""
        path = self.machine_folder / serial_log.CONSOLE
        if not path.is_file():
            raise MachshError("there is no console output yet", hint="it begins with the first boot")
        return path

    @property
    def _snapshots(self) -> DiskSnapshots:
        deadline = Deadline.after(self.context.seconds)
        return DiskSnapshots(self.machine_folder, self.context.environment.variables, deadline)

    def snapshots(self) -> list[HostSnapshot]:
        """Return the snapshots, the oldest first."""
        return self._snapshots.listed()

    def save_snapshot(self, name: str) -> None:
        """Save the disk, and the memory of a running machine, in the machine's disk."""
        self._check_disk()
        self._snapshots.save(name)

    def restore_snapshot(self, name: str) -> None:
        """Put the machine back. A running one without a saved memory is switched off and booted."""
        snapshots = self._snapshots
        boots = not snapshots.find(name).has_memory and bool(self._pid)
        if boots:
            self.kill()
        snapshots.load(name)
        if boots:
            self.start()

    def delete_snapshot(self, name: str) -> None:
        """Delete a snapshot."""
        snapshots = self._snapshots
        snapshots.delete(snapshots.find(name).name)


def _must_be_stopped(what: str, name: str) -> MachshError:
    return MachshError(f"{what} while the machine is stopped", hint=f"stop it first: machsh stop {name}")
