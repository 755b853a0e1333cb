"""VMs that no machine has, and VMs whose creation is gone on with, on the stand-in of VBoxManage."""

from machsh.drivers.driver import State
from machsh.drivers.virtualbox.driver import VirtualBoxDriver


def found(bench, driver, *known):
    return VirtualBoxDriver.orphans(driver.context, bench.folder / "store", known)


def test_a_vm_in_the_store_without_a_record_is_left_over_and_is_deleted(bench):
    box = bench.box()
    driver = bench.created(box)
    other = bench.created(box, "m2")
    assert found(bench, driver, driver, other) == []
    (orphan,) = found(bench, driver, other)
    assert (orphan.name, orphan.kind, orphan.machine) == ("m1", "VM", "m1")
    for _ in range(2):
        VirtualBoxDriver.remove_orphan(orphan, driver.context, bench.folder / "store")
    assert [one["name"] for one in box.state["vms"]] == ["m2"]


def test_a_vm_that_lies_elsewhere_is_not_ours(bench):
    box = bench.box()
    driver = bench.created(box)
    box.change_vm("m1", settings="/home/me/VirtualBox VMs/m1/m1.vbox")
    assert found(bench, driver) == []


def test_without_virtualbox_nothing_is_left_over(bench, tmp_path):
    driver = bench.driver(bench.box())
    driver.context.environment.variables["PATH"] = str(tmp_path)
    assert found(bench, driver) == []


def test_a_vm_that_runs_is_kept_when_its_creation_goes_on(bench):
    box = bench.box()
    driver = bench.created(box)
    before = box.vm("m1")["uuid"]
    box.forget_calls()
    again = bench.again(driver)
    again.resume_create()
    assert box.vm("m1")["uuid"] == before
    assert not [line for line in box.lines() if line.startswith(("createvm", "startvm", "unregistervm"))]
    assert again.url() == driver.url()


def test_a_vm_that_does_not_run_is_made_anew(bench):
    box = bench.box()
    driver = bench.created(box)
    driver.kill()
    before = box.vm("m1")["uuid"]
    driver.resume_create()
    assert box.vm("m1")["uuid"] != before
    assert driver.state() is State.RUNNING


def test_the_record_is_kept_as_soon_as_the_vm_has_a_uuid(bench):
    box = bench.box()
    driver, seen = bench.driver(box), []
    driver.context.keep = lambda: seen.append((driver.record.vm_id, driver.record.ssh_port))
    driver.machine_folder.mkdir(parents=True)
    driver.create()
    assert seen[0][0] == box.vm("m1")["uuid"]
    assert seen[-1][1] == driver.record.ssh_port
