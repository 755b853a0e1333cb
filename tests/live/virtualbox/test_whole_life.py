"""One whole life of a small guest on the real VirtualBox. It boots once, slowly: VirtualBox interprets it here."""

import os
import subprocess
import sys

import pytest

from machsh.drivers.driver import State
from tests.live.virtualbox.conftest import LAB, PATH, Lab
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live

BOOT_SECONDS = 600
"""How long the guest may take until its sshd greets."""
RESUME_SECONDS = 45
"""How long each of sshd and the engine may take to answer after a pause."""
CREATE = (
    *("create", "-d", "virtualbox", "--virtualbox-network", "nat", "--virtualbox-no-vtx-check"),
    *("--virtualbox-boot2docker-url", f"file://{LAB / 'guest.iso'}"),
    *("--virtualbox-memory", "128", "--virtualbox-disk-size", "128", "--virtualbox-no-share"),
)
NAME = "life"


class Program:
    """machsh on the lab's store, with the container's VBoxManage on its PATH."""

    def __init__(self, lab: Lab) -> None:
        self.variables = {
            **os.environ,
            "HOME": str(lab.folder),
            "PATH": PATH,
            "MACHINE_STORAGE_PATH": str(lab.folder / "store"),
        }

    def run(self, *words: str, seconds: int = BOOT_SECONDS) -> subprocess.CompletedProcess[str]:
        """Run a command; it has time for the boot."""
        return subprocess.run(
            [sys.executable, "-m", "machsh", "--timeout", str(seconds), *words],
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BOOT_SECONDS + 120,
            check=False,
        )

    def resume(self) -> None:
        """Start the paused or saved machine. The guest runs again, and machsh says that it has no engine."""
        done = self.run("start", NAME, seconds=RESUME_SECONDS)
        assert done.returncode == 1, done.stdout + done.stderr
        assert f'Machine "{NAME}" was started.' in done.stdout
        assert "Unable to verify the Docker daemon is listening" in done.stderr, done.stdout + done.stderr

    def __call__(self, *words: str) -> str:
        """Return what a command prints that succeeds."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


@pytest.fixture
def machsh(lab):
    program = Program(lab)
    yield program
    program.run("rm", "-y", "-f", NAME)


def boot(machsh: Program) -> str:
    """Return what the guest's kernel calls this boot."""
    return machsh("ssh", NAME, "cat /proc/sys/kernel/random/boot_id")


def test_a_guest_is_created_reached_saved_started_stopped_killed_and_removed(lab, machsh):
    # A guest that is small enough has no engine, and none can be installed: the creation ends behind its boot.
    created = machsh.run(*CREATE, NAME)
    assert "Error detecting OS" in created.stderr, created.stdout + created.stderr
    assert machsh("status", NAME) == State.RUNNING.value
    assert machsh("ip", NAME) == "127.0.0.1"
    assert machsh("ssh", NAME, "id -un; hostname") == "docker\ntestguest"
    assert "testguest is up after" in machsh("console", NAME)
    booted = boot(machsh)

    name = str(lab.box.info(NAME).uuid)
    lab.box.run("controlvm", name, "pause")
    assert machsh("status", NAME) == State.PAUSED.value
    machsh.resume()
    assert boot(machsh) == booted
    lab.box.run("controlvm", name, "savestate")
    assert machsh("status", NAME) == State.SAVED.value
    machsh.resume()
    assert boot(machsh) == booted

    machsh("stop", NAME)
    assert machsh("status", NAME) == State.STOPPED.value
    assert "the guest ends" in machsh("console", NAME)
    # Started by VirtualBox itself: `start` would wait for a second slow boot.
    lab.box.start(NAME, "headless")
    assert machsh("status", NAME) == State.RUNNING.value
    machsh("kill", NAME)
    wait_until(lambda: machsh("status", NAME) == State.STOPPED.value, "the end of the VM")
    machsh("rm", "-y", NAME)
    assert NAME not in lab.box.all()
    assert not (lab.folder / "store" / "machines" / NAME).exists()
