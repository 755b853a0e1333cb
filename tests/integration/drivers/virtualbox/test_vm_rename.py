"""A VM whose machine got another name: taken from VirtualBox's list, put right, and registered again."""

import pytest

from machsh.drivers.driver import State
from machsh.errors import MachshError

INACCESSIBLE = (
    "VBoxManage: error: The object functionality is limited\n"
    "VBoxManage: error: Details: code E_ACCESSDENIED (0x80070005), component MachineWrap, interface IMachine, "
    "callee nsISupports\n"
)
"""What VirtualBox 7.2 says of a VM whose settings file is gone, once its server was started again."""


@pytest.fixture
def box(bench):
    return bench.box()


@pytest.fixture
def driver(bench, box):
    made = bench.created(box, "old")
    made.stop()
    return made


def move(driver, name):
    folder = driver.machine_folder
    driver.record.machine_name = name
    folder.rename(driver.machine_folder)


def check_follows(driver, box, name):
    vm, folder = box.vm(name), driver.machine_folder
    assert vm["settings"] == str(folder / name / f"{name}.vbox")
    assert all(path.startswith(f"{folder}/") for path in vm["media"].values())
    (folder / "console.log").unlink()
    driver.start()
    assert driver.state() is State.RUNNING
    assert (folder / "console.log").exists()


def test_a_renamed_vm_starts_with_its_disks_in_the_new_folder(driver, box):
    driver.check_rename("new")
    move(driver, "new")
    driver.rename_host()
    check_follows(driver, box, "new")


def test_a_second_rename_of_the_host_changes_nothing(driver, box):
    move(driver, "new")
    driver.rename_host()
    box.forget_calls()
    driver.rename_host()
    assert [line.split()[0] for line in box.lines()] == ["showvminfo"]


@pytest.mark.parametrize("call", ["unregistervm", "registervm", "modifyvm"])
def test_a_rename_that_ended_at_any_call_goes_on(driver, box, call):
    move(driver, "new")
    box.set(faults=[{"match": f"^{call} ", "stderr": "VBoxManage: error: the power went\n"}])
    with pytest.raises(MachshError, match="the power went"):
        driver.rename_host()
    driver.rename_host()
    check_follows(driver, box, "new")


def test_a_vm_that_virtualbox_calls_inaccessible_is_found_and_registered_again(driver, box):
    move(driver, "new")
    box.set(faults=[{"match": "^showvminfo ", "stderr": INACCESSIBLE}])
    driver.rename_host()
    check_follows(driver, box, "new")


def test_a_machine_of_docker_machine_whose_record_has_no_identity_is_renamed_by_its_settings_file(
    driver, box
):
    driver.record.vm_id = ""
    move(driver, "new")
    driver.rename_host()
    assert driver.record.vm_id == box.vm("new")["uuid"]
    check_follows(driver, box, "new")


def test_a_vm_that_runs_is_not_renamed(driver):
    driver.start()
    with pytest.raises(MachshError, match="while its VM is switched off") as error:
        driver.check_rename("new")
    assert error.value.hint == "stop it first: machsh stop old"


def test_the_name_of_another_vm_is_refused(bench, driver, box):
    bench.created(box, "new")
    with pytest.raises(MachshError, match="VirtualBox has another VM new"):
        driver.check_rename("new")


def test_a_vm_that_was_moved_out_of_its_machines_folder_is_not_renamed(driver, tmp_path):
    (driver.machine_folder / "old").rename(tmp_path / "elsewhere")
    with pytest.raises(MachshError, match="no settings file in its machine's folder"):
        driver.check_rename("new")
