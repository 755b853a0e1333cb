"""What the driver needs of VirtualBox; `VBoxManage` offers all of it, other ways may replace parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from machsh.drivers.driver import State
from machsh.errors import MachshError

STATES = {
    "running": State.RUNNING,
    "livesnapshotting": State.RUNNING,
    "onlinesnapshotting": State.RUNNING,
    "deletingsnapshotlive": State.RUNNING,
    "paused": State.PAUSED,
    "saved": State.SAVED,
    "abortedsaved": State.SAVED,
    "poweroff": State.STOPPED,
    "poweredoff": State.STOPPED,
    "aborted": State.STOPPED,
    "restoringsnapshot": State.STOPPED,
    "deletingsnapshot": State.STOPPED,
    "starting": State.STARTING,
    "restoring": State.STARTING,
    "stopping": State.STOPPING,
    "saving": State.STOPPING,
    "gurumeditation": State.ERROR,
}
"""VirtualBox's word, without blanks and dashes -> state; docker-machine knows only a few of them."""


def state_of(word: str) -> State:
    """Return the state for VirtualBox's word, in its short form or its long one."""
    return STATES.get(word.replace(" ", "").replace("-", ""), State.NONE)


class VmNotFoundError(MachshError):
    """VirtualBox has no VM of that name. The message is docker-machine's."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "machine does not exist",
            hint=f"VirtualBox has no VM {name}; forget it: machsh rm {name}",
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class VmInfo:
    """What VirtualBox says of one VM; `values` are the lines of `showvminfo --machinereadable`."""

    name: str
    uuid: str = ""
    state: State = State.NONE
    changed: str = ""
    """When the state changed last: equal texts mean that the VM was not restarted in between."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


class Hypervisor(Protocol):
    """VirtualBox. `vm` is a VM's name or UUID. Every call ends within its limit or raises DeadlineError."""

    def version(self) -> str:
        """Return the version as VirtualBox writes it: `7.2.22_Debianr175245`."""

    def info(self, vm: str) -> VmInfo:
        """Return what is known of a VM. Raises VmNotFoundError."""

    def all(self) -> dict[str, VmInfo]:
        """Return all VMs by name, without their `values`, in one call."""

    def run(self, *words: str, stdin: Iterable[bytes] = (), seconds: float = 0.0) -> str:
        """Run one command of VBoxManage's language and return what it printed, without warnings.

        `seconds` is the limit, if the driver's own does not fit. Raises VirtualBoxError.
        """

    def start(self, vm: str, ui_type: str) -> None:
        """Power a VM on, or resume a saved one. Returns once it runs. Raises VirtualBoxError."""

    def guest_property(self, vm: str, name: str) -> str:
        """Return a property that the guest or the driver has set; "" if there is none."""

    def set_guest_property(self, vm: str, name: str, value: str) -> None:
        """Set a property that the guest can read."""

    def wait_while(self, vm: str, state: State, seconds: float) -> State:
        """Wait until a VM is no longer in `state`, at most `seconds`; return the state it is in then."""


class VirtualBoxError(MachshError):
    """VirtualBox refused a command. The message has VirtualBox's own text; `stderr` is all of it."""

    def __init__(self, message: str, stderr: str = "", *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.stderr = stderr
