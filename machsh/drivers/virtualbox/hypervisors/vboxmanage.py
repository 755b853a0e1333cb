"""The way to VirtualBox by its program `VBoxManage`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from machsh.deadline import Deadline, poll
from machsh.drivers.driver import DriverContext, State
from machsh.drivers.virtualbox.hypervisors.hypervisor import VirtualBoxError, VmInfo, VmNotFoundError
from machsh.drivers.virtualbox.hypervisors.locate import find_program
from machsh.drivers.virtualbox.hypervisors.vbox_output import (
    colon_lines,
    long_list,
    vm_info,
    without_warnings,
)
from machsh.errors import DeadlineError
from machsh.process.capture import Captured, capture

QUERY_SECONDS = 15.0
"""Limit for a question; the first one starts VirtualBox's server."""
LOCKED_SECONDS = 6.0
"""How long a VM that another program holds is asked for again."""
NOT_READY_SECONDS = 3.0
PAUSE = 0.1
POLL_PAUSE = 0.5
# The server's texts are in the language that it was started in; the names of its codes are not translated.
_NOT_FOUND = re.compile(r"Could not find a registered machine|VBOX_E_OBJECT_NOT_FOUND.*\n?.*FindMachine")
_LOCKED = re.compile(
    r"is already locked (?:for|by) a session"
    r"|VBOX_E_INVALID_OBJECT_STATE[^\n]*\n[^\n]*(?:LockMachine|LaunchVMProcess|Unregister)"
)
_NOT_READY = "error: The object is not ready"


class VBoxManage:
    """Runs VBoxManage, one process for each call. See `Hypervisor`."""

    def __init__(self, context: DriverContext) -> None:
        self._context = context
        self._program = ""
        self._version = ""

    def version(self) -> str:
        """Return the version, asked for once: the last line, for warnings come before it."""
        if not self._version:
            lines = self.run("--version", seconds=self._query_seconds).split()
            self._version = lines[-1] if lines else ""
        return self._version

    def info(self, vm: str) -> VmInfo:
        """Return what `showvminfo` says. Raises VmNotFoundError."""
        try:
            return vm_info(self.run("showvminfo", vm, "--machinereadable", seconds=self._query_seconds), vm)
        except VirtualBoxError as error:
            if _NOT_FOUND.search(error.stderr):
                raise VmNotFoundError(vm) from error
            raise

    def all(self) -> dict[str, VmInfo]:
        """Return all VMs, by one call."""
        return long_list(self.run("list", "vms", "--long", seconds=self._query_seconds))

    @property
    def _query_seconds(self) -> float:
        return min(QUERY_SECONDS, self._context.seconds)

    def start(self, vm: str, ui_type: str) -> None:
        """Start the VM's process. Raises VirtualBoxError."""
        self.run("startvm", vm, "--type", ui_type)

    def guest_property(self, vm: str, name: str) -> str:
        """Return a guest property's value."""
        answer = self.run("guestproperty", "get", vm, name, seconds=self._query_seconds)
        return dict(colon_lines(answer)).get("Value", "")

    def set_guest_property(self, vm: str, name: str, value: str) -> None:
        """Set a guest property."""
        self.run("guestproperty", "set", vm, name, value)

    def wait_while(self, vm: str, state: State, seconds: float) -> State:
        """Ask every half second; docker-machine asks every second."""
        last = state

        def has_changed() -> bool:
            nonlocal last
            last = self.info(vm).state
            return last is not state

        poll(has_changed, Deadline.after(seconds), pause=POLL_PAUSE)
        return last

    def run(self, *words: str, stdin: Iterable[bytes] = (), seconds: float = 0.0) -> str:
        """Run VBoxManage; ask again while VirtualBox is not ready or another program locks the VM.

        What it reads cannot be fed twice: with `stdin` there is one attempt.
        """
        limit = seconds or self._context.seconds
        began = time.monotonic()
        while True:
            done = self._attempt(words, stdin, limit)
            waits = _patience(done) if not stdin else 0.0
            if time.monotonic() - began >= min(waits, limit):
                return self._output(words, done)
            time.sleep(PAUSE)

    def _attempt(self, words: tuple[str, ...], stdin: Iterable[bytes], seconds: float) -> Captured:
        environment = self._context.environment
        self._program = self._program or find_program(environment)
        self._context.progress.debug(f"COMMAND: {self._program} {' '.join(words)}")
        variables = environment.child_variables({"LC_ALL": "C", "LANGUAGE": None})
        try:
            return capture([self._program, *words], variables, seconds, stdin=stdin)
        except DeadlineError as error:
            raise DeadlineError(
                f"{self._program} {words[0]}: no answer within {seconds:g} s",
                hint="VirtualBox's server may hang: close its windows, end VBoxSVC, and try again",
            ) from error

    def _output(self, words: tuple[str, ...], done: Captured) -> str:
        """Return the output. Raises VirtualBoxError by docker-machine's rule, with its text."""
        if done.code and "error:" not in done.stderr and not done.stderr.strip():
            raise VirtualBoxError(f"exit status {done.code}", hint=f"try it: VBoxManage {words[0]}")
        if done.code or "error:" in done.stderr:
            # After an option that it does not know it prints all of its help.
            reported = done.stderr.partition("\nUsage - ")[0]
            text = f"{self._program} {' '.join(words)} failed:\n{reported}"
            raise VirtualBoxError(text, done.stderr, hint=_hint(done.stderr))
        return without_warnings(done.stdout)


def _patience(done: Captured) -> float:
    """Return for how many seconds the call may be repeated; 0 if its answer is final."""
    if _NOT_READY in done.stderr:
        return NOT_READY_SECONDS
    return LOCKED_SECONDS if done.code and _LOCKED.search(done.stderr) else 0.0


_HINTS = {
    "VERR_SUP_DRIVERLESS": "VirtualBox's kernel module is not loaded: see docs/drivers/virtualbox.md",
    "vboxdrv": "VirtualBox's kernel module is not loaded: sudo /sbin/vboxconfig, or install virtualbox-dkms",
    "VERR_VMX_NO_VMX": "the processor offers no virtualisation: enable VT-x or AMD-V in the BIOS",
    "VERR_DISK_FULL": "the disk is full: free some space",
    "VERR_ALREADY_EXISTS": "what an interrupted creation left is in the way: machsh rm removes it",
}


def _hint(stderr: str) -> str:
    """Return a remedy for what VirtualBox says; "" if there is none."""
    if _LOCKED.search(stderr):
        return "another program holds the VM, such as a window of VirtualBox: close it, and try again"
    return next((hint for sign, hint in _HINTS.items() if sign in stderr), "")
