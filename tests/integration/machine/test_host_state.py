"""Disks that move with their machine: made by qemu-img, based on an image of the store."""

import subprocess

import pytest

from machsh.drivers.guest import disk
from machsh.errors import MachshError, RefusedError
from machsh.machine.archive.archive_writer import BACKUP, ArchiveWriter
from machsh.machine.archive.backing_up import ArchiveOptions, add_state, plan_backup, write_backup
from machsh.machine.archive.restoring import RestoreRequest, restore
from machsh.machine.context import MachineContext
from machsh.machine.machines import Machines
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk
from tests.support.stores import add_machine

IMAGE = "cache/images/abc/guest.img"


def qemu_img(*words):
    return subprocess.run(["qemu-img", *map(str, words)], check=True, capture_output=True, text=True).stdout


def machines_in(home):
    environment = FakeEnvironment(home)
    return Machines(
        environment, catalog=Catalog(environment), progress=RecordingProgress(), ask=ScriptedAsk()
    )


@pytest.fixture
def vm(tmp_path):
    """The machines of a home with a QEMU machine that is off, whose disk is based on an image."""
    machines = machines_in(tmp_path / "ann")
    store = machines.store
    for name in ("vm", "vm2"):
        add_machine(store, name, driver_name="qemu", StorePath=str(store.folder))
    base = store.folder / IMAGE
    base.parent.mkdir(parents=True)
    qemu_img("create", "-q", "-f", "qcow2", base, "8M")
    subprocess.run(["qemu-io", "-c", "write -P 7 0 5M", base], check=True, capture_output=True)
    for name in ("vm", "vm2"):
        path = store.machine_folder(name) / "disk.qcow2"
        disk.overlay(base, path, 16, machines.environment.variables)
        subprocess.run(["qemu-io", "-c", "write -P 9 0 64k", path], check=True, capture_output=True)
        qemu_img("snapshot", "-c", "before", path)
    return machines


def backed_up(machines, path, *names):
    plan = plan_backup(machines.store, names, with_authority=False)
    assert all(add_state(plan, machines.get(name)) for name in names)
    write_backup(plan, machines.store, path, 1_700_000_000, ArchiveOptions())
    return plan


def restored(path, machines, **more):
    around = MachineContext(
        machines.environment, machines.store, Catalog(None), RecordingProgress(), ScriptedAsk()
    )
    return restore(RestoreRequest(path, **more), around, lambda by_passphrase: [])


def test_a_disk_moves_with_the_image_on_which_it_is_based(vm, tmp_path):
    plan = backed_up(vm, tmp_path / "x.tar", "vm", "vm2")
    assert plan.left == {"vm": [], "vm2": []}
    bob = machines_in(tmp_path / "bob")
    restored(tmp_path / "x.tar", bob, renames={"vm2": "other"})
    assert (bob.store.folder / IMAGE).read_bytes() == (vm.store.folder / IMAGE).read_bytes()
    for old, new in (("vm", "vm"), ("vm2", "other")):
        there, here = (one.store.machine_folder(name) / "disk.qcow2" for one, name in ((vm, old), (bob, new)))
        qemu_img("compare", there, here)
        assert "before" in qemu_img("snapshot", "-l", here)
    assert bob.get("other").driver.host_files()[-1].samefile(bob.store.folder / IMAGE)


def test_a_machine_that_was_started_meanwhile_is_not_copied(vm, tmp_path, monkeypatch):
    plan = plan_backup(vm.store, ["vm"], with_authority=False)
    assert add_state(plan, vm.get("vm"))
    monkeypatch.setattr("machsh.drivers.qemu.driver.qemu_process.pid", lambda folder: 1)
    with pytest.raises(RefusedError, match="its disk changes while it is copied"):
        write_backup(plan, vm.store, tmp_path / "x.tar", 0, ArchiveOptions())
    assert not (tmp_path / "x.tar").exists()


def test_an_image_that_is_there_is_kept_and_another_one_refused(vm, tmp_path):
    backed_up(vm, tmp_path / "x.tar", "vm")
    bob = machines_in(tmp_path / "bob")
    (bob.store.folder / IMAGE).parent.mkdir(parents=True)
    (bob.store.folder / IMAGE).write_bytes(b"another")
    with pytest.raises(MachshError, match="another image than the one in the archive"):
        restored(tmp_path / "x.tar", bob)
    assert bob.names() == []
    (bob.store.folder / IMAGE).write_bytes((vm.store.folder / IMAGE).read_bytes())
    restored(tmp_path / "x.tar", bob)
    assert bob.names() == ["vm"]


def test_an_image_outside_the_store_stays_out(vm, tmp_path):
    base = tmp_path / "mine.img"
    qemu_img("create", "-q", "-f", "qcow2", base, "8M")
    path = vm.store.machine_folder("vm") / "disk.qcow2"
    path.unlink()
    disk.overlay(base, path, 16, vm.environment.variables)
    with pytest.raises(RefusedError, match="outside the store"):
        backed_up(vm, tmp_path / "x.tar", "vm")


@pytest.mark.parametrize(
    "base",
    ["/etc/passwd", "../../../../etc/passwd", "../web/key.pem", "./key.pem", "nbd:x/../../../cache/images/a"],
)
def test_a_disk_cannot_bring_other_files_into_a_guest(tmp_path, base):
    made, path = tmp_path / "disk.qcow2", tmp_path / "x.tar"
    qemu_img("create", "-q", "-f", "qcow2", "-u", "-b", base, "-F", "raw", made, "8M")
    with path.open("wb") as file:
        writer = ArchiveWriter(file, BACKUP, ["vm"], 0)
        record = {"ConfigVersion": 3, "DriverName": "qemu", "Driver": {"MachineName": "vm"}, "Name": "vm"}
        writer.add_machine("vm", record, {"disk.qcow2": made})
        writer.finish()
    bob = machines_in(tmp_path / "bob")
    with pytest.raises(RefusedError, match="leads out of the store's images"):
        restored(path, bob)
    assert bob.names() == []


@pytest.mark.parametrize("name", ["store/certs/ca.pem", "store/cache/x", "store/machines/web/config.json"])
def test_only_images_come_into_the_store_beside_machines(tmp_path, name):
    path = tmp_path / "x.tar"
    with path.open("wb") as file:
        writer = ArchiveWriter(file, BACKUP, ["vm"], 0)
        writer.add_machine("vm", {"ConfigVersion": 3, "DriverName": "none", "Driver": {}, "Name": "vm"}, {})
        writer.add_content(name, b'{"ConfigVersion": 3, "DriverName": "none", "Driver": {}, "Name": "web"}')
        writer.finish()
    bob = machines_in(tmp_path / "bob")
    with pytest.raises(RefusedError, match="no image of the store"):
        restored(path, bob)
    assert not (bob.store.folder / "certs").exists()
    assert bob.names() == []
