"""Virtual machines by QEMU: one that is booted once and shared, and guests that never boot.

Where the processor is emulated a boot takes a minute on an idle computer and several on a busy one.
"""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from machsh.drivers.qemu import vm_process
from tests.support.places import TOP

BOOT_SECONDS = 1200
DEAD_TEXT = "Guest without a system: halted"


@dataclass(frozen=True)
class VmHome:
    """A home folder with a store of its own."""

    home: Path

    @property
    def variables(self):
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(TOP),
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "USER": "tester",
        }

    def start(self, *words):
        """Start the program; its output arrives together."""
        return subprocess.Popen(
            [sys.executable, "-m", "machsh", *words],
            env=self.variables,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words, seconds=BOOT_SECONDS + 300):
        """Run the program to its end; its exit code and its output."""
        with self.start(*words) as process:
            try:
                return process, process.communicate(timeout=seconds)[0]
            finally:
                process.kill()

    def machsh(self, *words, code=0, **more):
        """Run the program and expect an exit code; its output."""
        process, said = self.run(*words, **more)
        assert process.returncode == code, said
        return said.strip()

    def folder(self, name):
        return self.home / ".docker" / "machine" / "machines" / name

    def pid(self, name):
        return vm_process.pid(self.folder(name))

    def docker(self, name, *words, stdin=None):
        """Run docker on the machine's engine, over TLS, as scripts do."""
        flags = shlex.split(self.machsh("config", name))
        done = subprocess.run(
            ["docker", *flags, *words],
            env=self.variables,
            input=stdin,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()


def guest_image():
    """The test guest, made by scripts/lab/guest_image.sh."""
    named = os.environ.get("GUEST_IMAGE")
    found = [Path(named)] if named else sorted((TOP / ".cache").glob("guest-*.qcow2"))
    assert found, "there is no guest image: scripts/test.sh makes one"
    return found[-1]


@pytest.fixture(scope="session")
def vm_home(tmp_path_factory):
    """The home of the machine that all tests share."""
    return VmHome(tmp_path_factory.mktemp("vm"))


@pytest.fixture
def dead_home(tmp_path):
    """A home for guests that never boot, all of which end with the test."""
    home = VmHome(tmp_path)
    yield home
    for folder in (tmp_path / ".docker" / "machine" / "machines").glob("*"):
        home.run("rm", "-f", "-y", folder.name)
        assert not home.pid(folder.name)


@pytest.fixture(scope="session")
def dead_image(tmp_path_factory):
    """A disk whose boot sector prints a line on the serial port, and halts."""
    # xor ax,ax; mov ds,ax; mov si,0x7c40; next: lodsb; test al,al; jz stop; mov dx,0x3f8; out dx,al;
    # jmp next; stop: hlt; jmp stop
    code = bytes.fromhex("31c08ed8be407cac84c07406baf803eeebf5f4ebfd")
    disk = bytearray(1 << 20)
    disk[: len(code)] = code
    text = f"{DEAD_TEXT}\r\n\x1b[31mred\x1b[0m\r\n\0".encode()
    disk[0x40 : 0x40 + len(text)] = text
    disk[510:512] = b"\x55\xaa"
    path = tmp_path_factory.mktemp("dead") / "dead.raw"
    path.write_bytes(disk)
    return path
