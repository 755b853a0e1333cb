"""Puts the stand-in of VBoxManage on a PATH, and looks into it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from machsh.testing.fakes import fake_context

PROGRAM = Path(__file__).with_name("vboxmanage_standin.py")
CASES = Path(__file__).parents[1] / "cases" / "virtualbox"
CALLS = """
--version
list vms
list hostonlyifs
showvminfo nosuch --machinereadable
createvm --basefolder {folder} --name likeness --register
createvm --basefolder {folder} --name likeness --register
modifyvm likeness --cpus 1 --memory 128 --nic1 nat --nictype1 82540EM --cableconnected1 on
modifyvm likeness --nictype1 bogus
modifyvm likeness --natpf1 ssh,tcp,127.0.0.1,49322,,22
modifyvm likeness --natpf1 ssh,tcp,127.0.0.1,49322,,22
modifyvm likeness --natpf1 delete nosuch
storagectl likeness --name SATA --add sata --hostiocache on
storagectl likeness --name SATA --add sata --hostiocache on
storageattach likeness --storagectl SATA --port 1 --device 0 --type hdd --medium {folder}/none.vmdk
guestproperty set likeness /VirtualBox/GuestAdd/SharedFolders/MountPrefix /
guestproperty get likeness /VirtualBox/GuestAdd/SharedFolders/MountPrefix
guestproperty get likeness /nosuch
sharedfolder add likeness --name shared --hostpath {folder} --automount
sharedfolder add likeness --name shared --hostpath {folder} --automount
setextradata likeness VBoxInternal2/SharedFoldersEnableSymlinksCreate/shared 1
controlvm likeness poweroff
controlvm likeness acpipowerbutton
startvm nosuch --type headless
snapshot likeness list --machinereadable
snapshot likeness take first --description words
snapshot likeness list --machinereadable
snapshot likeness restore nosuch
snapshot likeness delete first
list vms
unregistervm --delete likeness
unregistervm --delete likeness
""".strip().splitlines()
"""Calls that are made to the stand-in and to the real program, whose answers must agree."""


def recorded(name: str, stream: str = "stdout") -> str:
    """A stream of a recorded call of the real VBoxManage, by the name of its file without number."""
    text = next(CASES.glob(f"*-{name}.txt")).read_text()
    head, _, rest = text.partition("--- stdout\n")
    out, _, err = rest.partition("--- stderr\n")
    return {"stdout": out, "stderr": err, "head": head}[stream]


class StandInBox:
    """One VirtualBox of the stand-in, in a folder of its own."""

    def __init__(self, folder: Path, version: str = "7.2", *, has_module: bool = True) -> None:
        self.folder = folder / "virtualbox"
        self.bin = folder / "bin"
        self.folder.mkdir(parents=True)
        self.bin.mkdir()
        program = self.bin / "VBoxManage"
        # Without site packages and the user's variables it starts in half the time.
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {PROGRAM} "$@"\n')
        program.chmod(0o755)
        self.version = version
        self.has_module = has_module

    @property
    def variables(self) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "VBOX_STANDIN": str(self.folder),
            "VBOX_STANDIN_VERSION": self.version,
            "VBOX_STANDIN_MODULE": "yes" if self.has_module else "no",
        }

    def context(self, folder: Path, seconds: float = 20.0):
        context = fake_context(folder, seconds=seconds)
        context.environment.variables.update(self.variables)
        return context

    @property
    def calls(self) -> list[list[str]]:
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def lines(self) -> list[str]:
        return [" ".join(words) for words in self.calls]

    def forget_calls(self) -> None:
        (self.folder / "calls").unlink(missing_ok=True)

    @property
    def state(self) -> dict:
        path = self.folder / "state.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def set(self, **values: object) -> None:
        """Change what it remembers: `faults`, `never_boots`, `console`, `ignores_button`, ..."""
        empty = {"vms": [], "adapters": [], "networks": [], "servers": {}, "media": {}}
        (self.folder / "state.json").write_text(json.dumps({**empty, **self.state, **values}))

    def vm(self, name: str) -> dict:
        return next(one for one in self.state["vms"] if one["name"] == name)

    def change_vm(self, name: str, **values: object) -> None:
        state = self.state
        next(one for one in state["vms"] if one["name"] == name).update(values)
        self.set(**state)

    def end(self) -> None:
        """End the guests that still run."""
        for vm in self.state.get("vms", []):
            if vm.get("pid"):
                os.kill(vm["pid"], 9)


def raw_image(folder: Path) -> Path:
    """A guest image that begins as a disk does; the stand-in never boots it."""
    path = folder / "guest.img"
    if not path.exists():
        path.write_bytes(bytes(510) + b"\x55\xaa" + bytes(2048))
    return path


def boot2docker_iso(folder: Path, version: str = "v19.03.12") -> Path:
    """A file that begins as boot2docker's ISO."""
    path = folder / f"boot2docker-{version}.iso"
    path.write_bytes(
        bytes(0x8001) + b"CD001" + bytes(34) + f"Boot2Docker-{version}".ljust(32).encode() + bytes(4096)
    )
    return path
