"""Finds the program `VBoxManage`, which not every installer puts on PATH."""

from __future__ import annotations

import ntpath
import shutil
from collections.abc import Iterator

from machsh.environment import Environment
from machsh.errors import MachshError

PROGRAM = "VBoxManage"
_MAC_FOLDERS = ("/usr/local/bin", "/Applications/VirtualBox.app/Contents/MacOS")
_WINDOWS_FOLDER = r"C:\Program Files\Oracle\VirtualBox"
_WINDOWS_KEY = r"SOFTWARE\Oracle\VirtualBox"


class VBoxManageNotFoundError(MachshError):
    """VirtualBox is not installed, or its program is hidden. The message is docker-machine's."""

    def __init__(self) -> None:
        super().__init__(
            "VBoxManage not found. Make sure VirtualBox is installed and VBoxManage is in the path",
            hint="install it from https://www.virtualbox.org, or choose another driver: -d docker",
        )


def find_program(environment: Environment) -> str:
    """Return the path of VBoxManage. Raises VBoxManageNotFoundError."""
    for folder in _folders(environment):
        found = shutil.which(PROGRAM, path=folder)
        if found:
            return found
    raise VBoxManageNotFoundError()


def _folders(environment: Environment) -> Iterator[str]:
    """Yield the folders to search: on Windows docker-machine's, in its order, elsewhere PATH first."""
    path = environment.variable("PATH") or ""
    if environment.platform != "win32":
        yield path
        if environment.platform == "darwin":
            yield from _MAC_FOLDERS
        return
    for name in ("VBOX_INSTALL_PATH", "VBOX_MSI_INSTALL_PATH"):
        folder = environment.variable(name)
        if folder:
            yield folder
    yield _WINDOWS_FOLDER
    yield from _registered_folder()
    yield path


def _registered_folder() -> Iterator[str]:
    """Yield the folder in Windows' registry, if there is one."""
    try:
        import winreg
    except ImportError:  # not on Windows: only its tests come here
        return
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _WINDOWS_KEY) as key:  # type: ignore[attr-defined]
            yield ntpath.normpath(str(winreg.QueryValueEx(key, "InstallDir")[0]))  # type: ignore[attr-defined]
    except OSError:
        return
