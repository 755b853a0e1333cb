"""Creations of virtual machines that are ended from outside at each step: `rm` removes all that they left."""

import contextlib
import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.dead_guest import write_disk
from tests.support.processes import run, start
from tests.support.virtualbox import StandInBox, raw_image
from tests.support.waiting import wait_until

REAL = shutil.which("qemu-img")
QEMU_IMG = f"""
[ "$1" = create ] || exec {REAL} "$@"
{REAL} "$@"
"""
"""What the stand-in of qemu-img does before it hangs: of a `create`, all of it."""


def end(pids):
    """End programs that a killed machsh left behind."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def stopped(process, number):
    """Send the signal; return the exit code and what was said."""
    process.send_signal(number)
    said = process.communicate(timeout=60)
    return process.returncode, "".join(said)


def machine_folder(home, name="m1"):
    return home / ".docker" / "machine" / "machines" / name


# VirtualBox, by the stand-in


def left_behind(box):
    """The pids of VBoxManage that still runs on this stand-in; guests do not count."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            mine = f"VBOX_STANDIN={box.folder}".encode() in (folder / "environ").read_bytes().split(b"\0")
            if mine and b"vboxmanage_standin" in words and b"--guest" not in words:
                found.append(int(folder.name))
    return found


@pytest.fixture
def box(tmp_path):
    made = StandInBox(tmp_path)
    yield made
    end(left_behind(made))
    made.end()


def creating(home, box):
    options = ("--virtualbox-network", "nat", "--virtualbox-no-vtx-check", "--virtualbox-no-share")
    image = ("--virtualbox-image", str(raw_image(home)))
    return start(home, "create", "-d", "virtualbox", *options, *image, "m1", variables=box.variables)


def check_nothing_stays(home, box):
    code, out, err = run(home, "rm", "-y", "m1", variables=box.variables)
    assert (code, box.state["vms"]) == (0, []), out + err
    assert not machine_folder(home).exists()
    assert [medium for medium in box.state["media"] if "/machines/" in medium] == []


@pytest.mark.parametrize(
    "call",
    [
        *("convertfromraw", "modifymedium", "createmedium", "createvm", "modifyvm"),
        *("storagectl", "storageattach", "startvm"),
    ],
)
def test_what_a_creation_killed_at_a_call_of_vboxmanage_left_is_removed(home, box, call):
    box.set(faults=[{"match": f"^{call} ", "hang_after": 60}])
    process = creating(home, box)
    try:
        wait_until(lambda: not box.state["faults"][0].get("times", 1), f"the call {call}", 30)
        stopped(process, signal.SIGKILL)
    finally:
        process.kill()
        end(left_behind(box))
    check_nothing_stays(home, box)


@pytest.mark.parametrize("call", ["convertfromraw", "modifymedium"])
def test_half_a_base_disk_of_a_killed_creation_is_made_anew_by_the_next(home, box, call):
    for fault in ({"match": f"^{call} ", "hang_after": 60}, {"match": "^startvm ", "hang_after": 60}):
        box.set(faults=[fault])
        process = creating(home, box)
        try:
            wait_until(lambda: not box.state["faults"][0].get("times", 1), fault["match"], 30)
            stopped(process, signal.SIGKILL)
        finally:
            process.kill()
            end(left_behind(box))
        check_nothing_stays(home, box)
    bases = [medium for medium in box.state["media"] if "/cache/" in medium]
    assert len(bases) == 1
    assert ".part" not in bases[0]
    assert Path(bases[0]).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_creation_ended_while_its_guest_boots_leaves_a_machine_that_rm_removes(home, box, number):
    box.set(never_boots=True)
    process = creating(home, box)
    try:
        wait_until(lambda: "startvm m1 --type headless" in box.lines(), "the start", 30)
        wait_until(lambda: not left_behind(box), "the end of the call", 30)
        code, said = stopped(process, number)
    finally:
        process.kill()
    if number == signal.SIGINT:
        assert code == 130
        assert "Traceback" not in said
        assert "rm m1" in said
    assert box.vm("m1")["state"] == "running"
    check_nothing_stays(home, box)


# QEMU, by programs that hang


def hanging(home, name, work):
    """Put a program before the real one, which works and then hangs; return the file with its pid."""
    program, started = home / "bin" / name, home / f"{name}.started"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f"#!/bin/sh\n{work}\necho $$ >{started}.new; mv {started}.new {started}\nexec sleep 60\n"
    )
    program.chmod(0o755)
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(("name", "work"), [("qemu-img", QEMU_IMG), ("qemu-system-x86_64", "")])
def test_what_a_creation_ended_at_a_program_of_qemu_left_is_removed(home, name, work, number):
    started = hanging(home, name, work)
    hanging(home, "qemu-system-x86_64", "") if name != "qemu-system-x86_64" else None
    words = (
        "--qemu-accelerator",
        "tcg",
        "--qemu-arch",
        "x86_64",
        "--qemu-image",
        str(write_disk(home / "dead.raw")),
    )
    process = start(home, "create", "-d", "qemu", *words, "m1")
    try:
        wait_until(started.exists, f"the start of {name}", 30)
        code, said = stopped(process, number)
    finally:
        process.kill()
        end([int(started.read_text())] if started.exists() else [])
    if number == signal.SIGINT:
        assert (code, "Traceback" in said) == (130, False), said
    code, out, err = run(home, "rm", "-y", "m1")
    assert code == 0, out + err
    assert not machine_folder(home).exists()
