"""Guests that never boot, and what is left of machines whose creation or process was ended from outside."""

import json
import os
import signal
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.dead_guest import TEXT as DEAD_TEXT
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live

SMALL = ("--qemu-memory", "256", "--qemu-cpu-count", "1", "--qemu-accelerator", "tcg")


def words_of(image, name, *more, seconds=5):
    return (
        "create",
        "-d",
        "qemu",
        "--qemu-image",
        str(image),
        "--qemu-boot-timeout",
        str(seconds),
        *SMALL,
        *more,
        name,
    )


def booting(home, image, name):
    """A `create` that waits for a boot that never ends."""
    process = home.start(*words_of(image, name, seconds=600))
    wait_until(lambda: home.pid(name) and DEAD_TEXT in console(home, name), "the boot", 120)
    return process


def status(home, name):
    """The state, without the note that the creation is not finished."""
    return home.machsh("status", name).splitlines()[-1]


def console(home, name):
    path = home.folder(name) / "console.log"
    return path.read_text() if path.exists() else ""


def test_a_guest_that_does_not_boot_shows_the_end_of_its_console(dead_home, dead_image):
    said = dead_home.machsh(*words_of(dead_image, "dead"), code=1)
    assert "no sshd answers 5 s after the machine was switched on" in said
    assert f"    {DEAD_TEXT}\n    red\n" in said
    assert "machsh console dead" in said
    assert "`machsh rm dead` removes it" in said
    assert status(dead_home, "dead") == "Running"
    dead_home.machsh("rm", "-y", "dead")  # of a machine that runs
    assert not dead_home.pid("dead")
    assert not dead_home.folder("dead").exists()


def test_ctrl_c_while_booting_leaves_a_machine_that_rm_removes(dead_home, dead_image):
    process = booting(dead_home, dead_image, "dead")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[0]
    assert process.returncode == 130, said
    assert 'Stopped while creating "dead"' in said
    pid = dead_home.pid("dead")
    assert pid  # Ctrl-C is not the machine's
    dead_home.machsh("rm", "-y", "dead")
    assert not dead_home.folder("dead").exists()
    wait_until(lambda: not runs(pid), "the end of QEMU")


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_creation_is_gone_on_with_and_the_guest_that_boots_is_kept(dead_home, dead_image):
    process = booting(dead_home, dead_image, "dead")
    process.kill()
    process.communicate(timeout=30)
    pid = dead_home.pid("dead")
    assert pid  # the machine survives its program
    with dead_home.start("create", "--resume", "dead") as again:
        assert any("The machine is switched on already" in line for line in again.stdout)
        again.send_signal(signal.SIGINT)
        again.communicate(timeout=30)
    assert dead_home.pid("dead") == pid


def test_a_killed_creation_whose_guest_is_gone_is_gone_on_with_in_its_place(dead_home, dead_image):
    process = booting(dead_home, dead_image, "dead")
    process.kill()
    process.communicate(timeout=30)
    pid = dead_home.pid("dead")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not dead_home.pid("dead"), "the end of QEMU")
    again = dead_home.start("create", "--resume", "dead")
    wait_until(lambda: dead_home.pid("dead") not in (0, pid), "another machine", 120)
    wait_until(lambda: DEAD_TEXT in console(dead_home, "dead"), "the boot", 120)
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=30)


@pytest.mark.parametrize(
    "step",
    [
        "Running pre-create checks",
        "Creating machine",
        "into the cache",
        "Creating a disk",
        "Creating SSH key",
        "Waiting for the guest to boot",
    ],
)
def test_a_creation_killed_at_any_step_leaves_nothing_that_rm_does_not_remove(dead_home, dead_image, step):
    with dead_home.start(*words_of(dead_image, "dead", seconds=600)) as process:
        assert any(step in line for line in process.stdout), f"never said: {step}"
        process.kill()
    if "dead" in dead_home.machsh("ls", "-q").splitlines():
        dead_home.machsh("rm", "-y", "dead")
    assert "dead" not in dead_home.machsh("ls", "-q", "-t", "5").splitlines()
    assert not dead_home.folder("dead").exists()
    assert not list(dead_home.folder("dead").parent.glob("*"))
    wait_until(lambda: not qemus_of(dead_home), "the end of QEMU")


def qemus_of(home):
    """The command lines of the processes of QEMU that work in this home."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    return [line for line in lines if b"qemu-system" in line and str(home.home).encode() in line]


def test_a_process_that_was_killed_is_a_stopped_machine(dead_home, dead_image):
    dead_home.machsh(*words_of(dead_image, "dead"), code=1)
    os.kill(dead_home.pid("dead"), signal.SIGKILL)
    wait_until(lambda: not dead_home.pid("dead"), "the end of QEMU")
    assert status(dead_home, "dead") == "Stopped"


def test_another_programs_pid_in_the_file_is_left_alone(dead_home, dead_image):
    dead_home.machsh(*words_of(dead_image, "dead"), code=1)
    dead_home.machsh("kill", "dead")
    (dead_home.folder("dead") / "qemu.pid").write_text(f"{os.getpid()}\n")
    assert status(dead_home, "dead") == "Stopped"
    dead_home.machsh("rm", "-y", "dead")  # and this process lives on


def test_two_machines_share_one_image_and_cost_little(dead_home, dead_image):
    both = [dead_home.start(*words_of(dead_image, name)) for name in ("one", "two")]
    for process in both:
        said = process.communicate(timeout=120)[0]
        assert process.returncode == 1
        assert DEAD_TEXT in said, said
    assert len(list((dead_home.home / ".docker/machine/cache/images").glob("*/*.raw"))) == 1
    disk = dead_home.folder("two") / "disk.qcow2"
    assert disk.stat().st_blocks * 512 < 50_000_000
    ports = [
        json.loads((dead_home.folder(name) / "config.json").read_text())["Driver"][key]
        for name in ("one", "two")
        for key in ("SSHPort", "EnginePort")
    ]
    assert len(set(ports)) == 4


def test_a_port_that_is_taken_is_told_before_anything_is_made(dead_home, dead_image):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        said = dead_home.machsh(*words_of(dead_image, "dead", "--qemu-open-port", f"{port}:80"), code=3)
    assert f"port {port} (tcp) of this computer cannot be forwarded: it is taken" in said
    assert not dead_home.folder("dead").exists()


def test_a_disk_that_is_gone_is_told_and_the_machine_can_be_removed(dead_home, dead_image):
    dead_home.machsh(*words_of(dead_image, "dead"), code=1)
    dead_home.machsh("kill", "dead")
    (dead_home.folder("dead") / "disk.qcow2").unlink()
    assert "machine does not exist: its disk disk.qcow2 is gone" in dead_home.machsh("start", "dead", code=1)
    dead_home.machsh("rm", "-y", "dead")


def test_snapshots_of_running_and_stopped_machines(dead_home, dead_image):
    dead_home.machsh(*words_of(dead_image, "dead"), code=1)
    dead_home.machsh("snapshot", "dead", "running")
    dead_home.machsh("kill", "dead")
    dead_home.machsh("snapshot", "dead", "stopped")
    found = json.loads(dead_home.machsh("snapshot", "dead", "--list", "--json"))
    assert [(one["name"], one["memory"]) for one in found] == [("running", True), ("stopped", False)]
    said = dead_home.machsh("snapshot", "dead", "-y", "--restore", "missing", code=1)
    assert "running" in said
    for name in ("running", "stopped"):
        dead_home.machsh("snapshot", "dead", "-y", "--delete", name)
    assert dead_home.machsh("snapshot", "dead", "--list", "--json") == "[]"


def test_a_guest_of_another_processor_has_uefi_firmware_and_snapshots_hold_its_variables(
    dead_home, dead_image
):
    said = dead_home.machsh(*words_of(dead_image, "arm", "--qemu-arch", "aarch64", seconds=60), code=1)
    assert "UEFI" in said
    dead_home.machsh("snapshot", "arm", "running")
    dead_home.machsh("kill", "arm")
    dead_home.machsh("snapshot", "arm", "stopped")
    found = json.loads(dead_home.machsh("snapshot", "arm", "--list", "--json"))
    assert [(one["name"], one["memory"]) for one in found] == [("running", True), ("stopped", False)]
    dead_home.machsh("snapshot", "arm", "-y", "--restore", "stopped")
