"""One whole life of a small guest on the real VirtualBox. It boots once, slowly: VirtualBox has no kernel module here."""

import os
import subprocess
import sys

import pytest

from machsh.drivers.driver import State
from machsh.machine.record import MachineRecord
from machsh.machine.store import Store
from tests.live.virtualbox.conftest import LAB, PATH, Lab
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live

BOOT_SECONDS = 900.0
"""It took about three minutes on one idle processor."""


class Program:
    """machsh on the lab's store, with the container's VBoxManage on its PATH."""

    def __init__(self, lab: Lab) -> None:
        self.variables = {
            **os.environ,
            "HOME": str(lab.folder),
            "PATH": PATH,
            "MACHINE_STORAGE_PATH": str(lab.folder / "store"),
        }

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "machsh", "--timeout", "300", *words],
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


def created(lab: Lab):
    """A driver whose guest answers. Its record is in the store, as `create` leaves it before the provisioning."""
    driver = lab.driver(
        seconds=BOOT_SECONDS,
        boot2docker_url=f"file://{LAB / 'guest.iso'}",
        memory=384,
        no_share=True,
    )
    driver.pre_create_check()
    driver.create()
    driver.context.seconds = 60.0
    record = MachineRecord(
        name=driver.record.machine_name, driver_name="virtualbox", driver=driver.record.to_json()
    )
    Store(lab.folder / "store").save(record)
    return driver


def test_a_guest_is_created_reached_saved_started_stopped_killed_and_removed(lab):
    driver = created(lab)
    name, machsh = driver.record.machine_name, Program(lab)
    assert machsh("status", name) == State.RUNNING.value
    assert machsh("ip", name) == "127.0.0.1"
    assert "ID=boot2docker" in machsh("ssh", name, "cat /etc/os-release")
    assert machsh("ssh", name, "sudo id -u") == "0"
    assert "is up after" in machsh("console", name)
    booted = machsh("ssh", name, "cat /proc/sys/kernel/random/boot_id")

    driver.box.run("controlvm", name, "savestate")
    assert machsh("status", name) == State.SAVED.value
    machsh("start", name)
    assert machsh("ssh", name, "cat /proc/sys/kernel/random/boot_id") == booted

    machsh("stop", name)
    assert machsh("status", name) == State.STOPPED.value
    # Started by VirtualBox itself: `start` would wait for a second slow boot.
    driver.box.start(name, "headless")
    assert machsh("status", name) == State.RUNNING.value
    machsh("kill", name)
    wait_until(lambda: machsh("status", name) == State.STOPPED.value, "the end of the VM")
    machsh("rm", "-y", name)
    assert name not in lab.box.all()
    assert not driver.machine_folder.exists()
