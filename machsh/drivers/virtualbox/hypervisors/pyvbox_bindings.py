"""Loads pyvbox and VirtualBox's own Python bindings, and runs calls of theirs within a limit of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from machsh.deadline import Deadline, within
from machsh.drivers.virtualbox.hypervisors.hypervisor import VirtualBoxError, VmNotFoundError
from machsh.environment import Environment, set_for_libraries
from machsh.errors import DeadlineError, MachshError

T = TypeVar("T")

LOAD_SECONDS = 30.0
"""Limit for loading pyvbox, which is big, and for VirtualBox's server to start."""
_FOLDERS = (
    "/usr/lib/virtualbox",
    "/usr/lib64/virtualbox",
    "/opt/VirtualBox",
    "/Applications/VirtualBox.app/Contents/MacOS",
    r"C:\Program Files\Oracle\VirtualBox",
)
_OTHER_WAY = "or leave it to VBoxManage: --virtualbox-interface vboxmanage"


class BindingsError(MachshError):
    """pyvbox or VirtualBox's bindings cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Bindings:
    """What a call works with. All are untyped: pyvbox has no annotations."""

    library: Any
    """pyvbox's classes."""
    manager: Any
    """VirtualBox's own manager. Its constants are those of the installed version."""
    box: Any
    """pyvbox's IVirtualBox."""

    def words(self, enumeration: str) -> dict[int, str]:
        """Return the words of an enumeration by number.

        pyvbox's own are those of VirtualBox 6.0; later versions number the states of machines differently.
        """
        values: dict[str, int] = self.manager.constants.all_values(enumeration)
        # `FirstOnline` and the like are second names; they come last.
        return {number: word for word, number in reversed(values.items())}


def load(environment: Environment) -> Bindings:
    """Load pyvbox and the bindings for the thread that calls. Raises BindingsError."""
    _say_where(environment)
    try:
        import virtualbox
    except ImportError as error:
        raise BindingsError(
            "pyvbox is not installed", hint=f"pip install 'machsh[virtualbox]', {_OTHER_WAY}"
        ) from error
    try:
        manager = virtualbox.Manager()
        manager.manager.initPerThread()
        return Bindings(virtualbox.library, manager.manager, virtualbox.VirtualBox(manager=manager))
    except Exception as error:  # the bindings raise what their platform has: ImportError, xpcom's, pywin32's
        raise BindingsError(
            f"pyvbox cannot load VirtualBox's Python bindings: {error}",
            hint="VirtualBox must bring them for this version of Python, or pip install vbox-sdk of "
            f"VirtualBox's version; {_OTHER_WAY}",
        ) from error


def check(environment: Environment) -> None:
    """Raise BindingsError if pyvbox or the bindings cannot be loaded."""
    call(environment, LOAD_SECONDS, "version", lambda bindings: bindings.box.version)


def _say_where(environment: Environment) -> None:
    """Tell the bindings where VirtualBox is; they read it from this process's variables when imported."""
    given = environment.variable("VBOX_INSTALL_PATH")
    folder = given or next((one for one in _FOLDERS if Path(one, "sdk").is_dir()), "")
    if folder:
        sdk = str(Path(folder, "sdk"))
        set_for_libraries({"VBOX_INSTALL_PATH": folder, "VBOX_PROGRAM_PATH": folder, "VBOX_SDK_PATH": sdk})


def call(
    environment: Environment, seconds: float, what: str, work: Callable[[Bindings], T], vm: str = ""
) -> T:
    """Return what `work` returns; it runs in a thread, because the bindings know no deadline.

    Raises BindingsError, VmNotFoundError for `vm`, VirtualBoxError, and DeadlineError, which names `what`.
    """

    def attempt() -> T:
        bindings = load(environment)
        try:
            return work(bindings)
        except bindings.library.VBoxErrorObjectNotFound as error:
            raise (VmNotFoundError(vm) if vm else VirtualBoxError(str(error))) from error
        except bindings.library.VBoxError as error:
            raise VirtualBoxError(f"VirtualBox refused {what}: {error.msg}", str(error)) from error

    try:
        return within(Deadline.after(seconds), attempt)
    except TimeoutError as error:
        raise DeadlineError(
            f"VirtualBox, by pyvbox, {what}: no answer within {seconds:g} s",
            hint=f"VirtualBox's server may hang: end the process VBoxSVC, and try again, {_OTHER_WAY}",
        ) from error
