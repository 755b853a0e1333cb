"""Starts a VM and shuts it down, with docker-machine's texts."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from machsh.deadline import Deadline
from machsh.drivers.driver import DriverContext, State
from machsh.drivers.guest import loopback_ports, serial_log
from machsh.drivers.guest.boot_watch import BootWatch
from machsh.drivers.virtualbox import vm_log
from machsh.drivers.virtualbox.hypervisors.hypervisor import Hypervisor, VirtualBoxError, VmInfo
from machsh.drivers.virtualbox.networks.forwards import ForwardRule, present_rules
from machsh.drivers.virtualbox.networks.host_only import HostOnlySetup
from machsh.drivers.virtualbox.record import VirtualBoxRecord
from machsh.errors import MachshError

BUTTON_SECONDS = 20.0
"""How long a guest has for its shutdown before the button is pressed again: one that boots overlooks it."""
LOOK_PAUSE = 5.0
"""How often to ask during a boot whether the VM still runs, in seconds: each question is a process."""
STOP_SHARE = 0.8
"""The part of a call's time that a guest has for its shutdown; then it is switched off."""


@dataclass(slots=True)
class VmPower:
    """One VM's power; `vm` is its name or UUID, `console` the file of its serial port."""

    box: Hypervisor
    record: VirtualBoxRecord
    context: DriverContext
    vm: str
    console: Path

    def start(self, info: VmInfo, rules: list[ForwardRule], network: HostOnlySetup | None) -> None:
        """Start or resume the VM, and wait until its guest's sshd greets. Raises MachshError.

        `network` is the host-only network to set up if the VM is stopped, `rules` the forwards that it needs.
        """
        say = self.context.progress
        if info.state is State.STOPPED and network:
            say.info("Check network to re-create if needed...")
            self._connect(info, network)
        if info.state in (State.STOPPED, State.SAVED):
            self._forward(info, rules)
            self.context.keep()
            self._power_on(info)
        elif info.state is State.PAUSED:
            self.resume()
        else:
            say.info("VM not in restartable state")
        self._check_log(info)
        self.wait()
        if info.state is State.STOPPED and network and network.lost_its_address():
            self._repair(info, network)

    def _connect(self, info: VmInfo, network: HostOnlySetup) -> None:
        try:
            words = network.prepare()
        except MachshError as error:
            text = f"Error setting up host only network on machine start: {error}"
            raise MachshError(text, hint=error.hint) from error
        if not _is_connected(info, words):
            self.box.run("modifyvm", self.vm, *words)

    def _forward(self, info: VmInfo, rules: list[ForwardRule]) -> None:
        """Make the rules stand in the VM; one whose port another program took gets another port."""
        present = {rule.name: rule for rule in present_rules(info.values)}
        taken: list[int] = []
        for rule in rules:
            old = present.get(rule.name)
            port = loopback_ports.choose(rule.host_port or (old.host_port if old else 0), taken)
            taken.append(port)
            wanted = ForwardRule(rule.name, port, rule.guest_port)
            if port != rule.host_port and rule.host_port:
                self.context.progress.debug(
                    f"NAT forwarding host port for guest port {rule.guest_port} ({rule.name}) "
                    f"changed from {rule.host_port} to {port}"
                )
            self._remember(wanted)
            if wanted == old:
                continue
            if old:
                self.box.run("modifyvm", self.vm, "--natpf1", "delete", rule.name)
            self.box.run("modifyvm", self.vm, *wanted.words)

    def _remember(self, rule: ForwardRule) -> None:
        if rule.is_ssh:
            self.record.ssh_port = rule.host_port
        else:
            self.record.engine_port = rule.host_port

    def _power_on(self, info: VmInfo) -> None:
        try:
            self.box.start(self.vm, self.record.ui_type)
        except VirtualBoxError as error:
            last = vm_log.last_line(self._log(info))
            details = f"\nDetails: {last}" if last else ""
            raise MachshError(f"Unable to start the VM: {error}{details}", hint=error.hint) from error

    def _log(self, info: VmInfo) -> Path:
        folder = info.values.get("LogFldr")
        return Path(folder) / "VBox.log" if folder else self.console.parent / info.name / "Logs" / "VBox.log"

    def _check_log(self, info: VmInfo) -> None:
        """Raise MachshError if the VM runs without hardware virtualisation, which 64-bit guests need."""
        if self.record.no_vtx_check:
            return
        try:
            lines = vm_log.read_log(self._log(info))
        except MachshError as error:
            raise MachshError(f"Checking if hardware virtualization is enabled failed: {error}") from error
        if vm_log.lacks_virtualization(lines):
            raise vm_log.no_virtualization()

    def resume(self) -> None:
        """Go on with a paused VM."""
        self.box.run("controlvm", self.vm, "resume", "--type", self.record.ui_type)
        self.context.progress.info("Resuming VM ...")

    def wait(self) -> None:
        """Wait until the guest's sshd greets. Raises MachshError."""
        self.context.progress.info("Waiting for an IP...")
        BootWatch(
            self.record.machine_name,
            self.record.ssh_port,
            self.console,
            self._why_ended,
            "a slow one needs more time: --timeout SECONDS; "
            "VirtualBox's window shows its screen: --virtualbox-ui-type gui",
            LOOK_PAUSE,
        ).wait(Deadline.after(self.context.seconds))

    def _why_ended(self) -> str:
        serial_log.bound(self.console.parent)
        state = self.box.info(self.vm).state
        has_ended = state in (State.STOPPED, State.SAVED, State.ERROR)
        return f"the VM is {state.value} before its guest has booted" if has_ended else ""

    def _repair(self, info: VmInfo, network: HostOnlySetup) -> None:
        self.context.progress.warning(
            "The host-only adapter is corrupted. "
            "Let's stop the VM, fix the host-only adapter and restart the VM"
        )
        self.stop(State.RUNNING)
        network.repair()
        self._power_on(info)
        self.wait()

    def stop(self, state: State) -> None:
        """Shut the guest down; switch the VM off if it still runs when most of the time is over."""
        if state is State.PAUSED:
            self.resume()
        deadline = Deadline.after(self.context.seconds * STOP_SHARE)
        state = State.RUNNING
        while state is State.RUNNING and not deadline.has_passed:
            self.box.run("controlvm", self.vm, "acpipowerbutton")
            state = self.box.wait_while(self.vm, State.RUNNING, min(BUTTON_SECONDS, deadline.remaining))
        if state is State.RUNNING:
            self.context.progress.warning(
                f"The guest did not shut down within {deadline.limit}: switching it off"
            )
            self.kill()

    def kill(self) -> None:
        """Switch the VM off."""
        self.box.run("controlvm", self.vm, "poweroff")

    def remove(self, state: State) -> None:
        """Delete the VM with its disks. Raises MachshError."""
        if state not in (State.STOPPED, State.SAVED):
            with contextlib.suppress(VirtualBoxError):  # it may have ended meanwhile; `unregistervm` tells
                self.kill()
        self.box.run("unregistervm", "--delete", self.vm)


def _is_connected(info: VmInfo, words: list[str]) -> bool:
    """Whether the VM's second adapter is already as `modifyvm` would make it."""
    options = dict(zip(words[::2], words[1::2], strict=True))
    values = info.values
    name = options.get("--hostonlyadapter2")
    return (
        (name is not None and values.get("hostonlyadapter2") == name)
        and values.get("nic2") == options["--nic2"]
        and values.get("nictype2") == options["--nictype2"]
        and values.get("nicpromisc2", "deny") == options["--nicpromisc2"]
        and values.get("cableconnected2") == "on"
    )
