"""The driver `qemu` with a stand-in of QEMU: a process that locks its pid file, and greets as sshd or does not."""

import base64
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from machsh.drivers.driver import State
from machsh.drivers.qemu import qemu_process
from machsh.drivers.qemu.driver import QemuDriver
from machsh.errors import DeadlineError, MachshError
from machsh.options import Values
from machsh.testing.fakes import fake_context
from tests.support.dead_guest import write_disk

PROGRAM = f"""#!{sys.executable} -SE
import fcntl, os, re, signal, socket, sys
line = " ".join(sys.argv)
port = int(re.search(r"hostfwd=tcp:127.0.0.1:(\\d+)-:22", line)[1])
server = socket.create_server(("127.0.0.1", port))
ready, done = os.pipe()
if os.fork():
    os.read(ready, 1)
    os._exit(0)
os.setsid()
signal.alarm(120)
handle = os.open("qemu.pid", os.O_RDWR | os.O_CREAT)
fcntl.lockf(handle, fcntl.LOCK_EX)
null = os.open(os.devnull, os.O_RDWR)
for one in (0, 1, 2):
    os.dup2(null, one)
with open("console.log", "a") as console:
    console.write("Loading...\\n")
kind = os.environ.get("GUEST", "")
os.write(done, b"x")
if kind == "ends":
    sys.exit()
while True:
    link = server.accept()[0]
    link.sendall(b"" if kind == "silent" else b"SSH-2.0-standin\\r\\n")
    link.close()
"""


@pytest.fixture
def driver(tmp_path):
    """A machine of the stand-in."""
    (tmp_path / "bin").mkdir()
    qemu = tmp_path / "bin" / "qemu-system-x86_64"
    qemu.write_text(PROGRAM)
    qemu.chmod(0o755)
    context = fake_context(tmp_path, seconds=20.0)
    context.environment.variables["PATH"] = f"{qemu.parent}{os.pathsep}{os.environ['PATH']}"
    record = QemuDriver.record_type(machine_name="m1", store_path=str(tmp_path / "store"))
    made = QemuDriver(record, context)
    given = {
        "qemu-image": str(write_disk(tmp_path / "dead.raw")),
        "qemu-accelerator": "tcg",
        "qemu-arch": "x86_64",
        "qemu-disk-size": 1024,
    }
    made.configure(Values({**{one.name: one.empty for one in QemuDriver.options}, **given}, set(given)))
    made.machine_folder.mkdir(parents=True)
    yield made
    if pid := qemu_process.pid(made.machine_folder):
        os.kill(pid, signal.SIGKILL)


def forwarded(driver):
    """The guest's ports that the running machine forwards."""
    line = Path(f"/proc/{qemu_process.pid(driver.machine_folder)}/cmdline").read_text()
    return re.findall(r"hostfwd=tcp:127.0.0.1:(\d+)-:(\d+)", line)


def test_a_machine_over_ssh_forwards_no_port_to_its_engine_until_it_is_asked_for(driver):
    driver.context.opens_engine_port = False
    driver.create()
    record = driver.record
    assert forwarded(driver) == [(str(record.ssh_port), "22")]
    assert (record.engine_port, driver.known_url()) == (0, "")
    assert driver.known_ssh_target() == driver.ssh_target()
    driver.context.opens_engine_port, driver.context.seconds = True, 2.0
    driver.open_engine_port()
    ports = [(str(record.ssh_port), "22"), (str(record.engine_port), "2376")]
    assert forwarded(driver) == ports
    driver.open_engine_port()
    assert forwarded(driver) == ports


def test_a_created_machine_has_booted_and_is_reached_on_loopback(driver):
    driver.create()
    record = driver.record
    assert driver.known_url() == f"tcp://127.0.0.1:{record.engine_port}"
    assert driver.ssh_target().port == record.ssh_port != record.engine_port
    assert f"[127.0.0.1]:{record.ssh_port}" in (driver.machine_folder / "known_hosts").read_text()
    assert (driver.machine_folder / "seed.iso").stat().st_mode & 0o077 == 0


def test_the_guest_gets_the_users_proxies(driver):
    driver.context.environment.variables["HTTPS_PROXY"] = "http://localhost:3128"
    driver.create()
    lines = 'https_proxy="http://10.0.2.2:3128"\nHTTPS_PROXY="http://10.0.2.2:3128"\n'
    assert base64.b64encode(lines.encode()) in (driver.machine_folder / "seed.iso").read_bytes()


def test_each_boot_begins_a_new_console_and_keeps_the_one_before(driver):
    driver.create()
    driver.kill()
    assert driver.state() is State.STOPPED
    driver.console_log().write_text("the first boot\n")
    driver.start()
    assert driver.console_log().read_text() == "Loading...\n"
    assert (driver.machine_folder / "console.log.old").read_text() == "the first boot\n"


def test_a_guest_that_never_greets_is_shown_with_its_consoles_end(driver, monkeypatch):
    monkeypatch.setenv("GUEST", "silent")
    driver.record.boot_seconds = 1
    with pytest.raises(
        DeadlineError, match=r"no sshd answers 1 s .*its console ends with:\n    Loading"
    ) as found:
        driver.create()
    assert "machsh console m1" in found.value.hint
    assert "--qemu-boot-timeout" in found.value.hint
    driver.remove()
    assert not qemu_process.pid(driver.machine_folder)
    assert not (driver.machine_folder / "disk.qcow2").exists()


def test_a_machine_that_ends_while_it_boots_is_said_at_once(driver, monkeypatch):
    monkeypatch.setenv("GUEST", "ends")
    with pytest.raises(
        MachshError, match=r"^the machine ended while it booted; its console ends with:\n    Load"
    ):
        driver.create()


def test_a_disk_that_cannot_be_made_is_one_message_and_leaves_nothing(driver, tmp_path):
    (tmp_path / "bin" / "qemu-img").write_text(
        f'#!/bin/sh\n[ "$1" = create ] || exec {shutil.which("qemu-img")} "$@"\n'
        'echo "qemu-img: m1: No space left on device" >&2\nexit 1\n'
    )
    (tmp_path / "bin" / "qemu-img").chmod(0o755)
    with pytest.raises(MachshError, match="qemu-img create failed: m1: No space left on device") as found:
        driver.create()
    assert found.value.hint == "free some space, then run the command again"
    assert not (driver.machine_folder / "disk.qcow2").exists()


def test_a_shared_folder_that_is_gone_at_the_start_is_told(driver, tmp_path):
    (tmp_path / "work").mkdir()
    driver.record.shares = [f"{tmp_path}/work:/mnt/work"]
    driver.create()
    driver.kill()
    (tmp_path / "work").rmdir()
    with pytest.raises(MachshError, match=re.escape(f"{tmp_path}/work is not a folder")):
        driver.start()
