"""The driver on the real VirtualBox: what needs no system in the guest."""

import os
import subprocess

import pytest

from machsh.drivers.driver import State
from machsh.drivers.virtualbox.hypervisors.hypervisor import VirtualBoxError, VmNotFoundError
from machsh.drivers.virtualbox.networks.forwards import present_rules, rules
from machsh.errors import DeadlineError, MachshError
from tests.live.virtualbox.conftest import PATH, in_container
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live


def info(driver):
    return driver.box.info(driver.record.machine_name)


def test_the_version_is_read_behind_the_warning_that_the_module_is_missing(lab):
    assert lab.box.version().startswith("7.2.")


def test_a_vm_from_an_iso_is_registered_as_docker_machine_does_it(lab):
    driver = lab.made(cpu_count=2, memory=200)
    name, folder = driver.record.machine_name, driver.machine_folder
    values = info(driver).values
    assert (values["cpus"], values["memory"], values["nic1"]) == ("2", "200", "nat")
    assert values["SATA-0-0"] == str(folder / "boot2docker.iso")
    assert values["SATA-1-0"] == str(folder / "disk.vmdk")
    assert values["SharedFolderNameMachineMapping1"] == "shared"
    assert values["SharedFolderPathMachineMapping1"] == str(lab.folder)
    assert driver.box.guest_property(name, "/VirtualBox/GuestAdd/SharedFolders/MountPrefix") == "/"
    links = f"VBoxInternal2/SharedFoldersEnableSymlinksCreate/{'shared'}"
    assert driver.box.run("getextradata", name, links).strip() == "Value: 1"
    assert driver.state() is State.STOPPED
    assert driver.record.vm_id == info(driver).uuid


def test_states_are_those_of_a_vm_that_runs_pauses_is_saved_and_is_switched_off(lab):
    driver = lab.started()
    name = driver.record.machine_name
    assert driver.state() is State.RUNNING
    driver.box.run("controlvm", name, "pause")
    assert driver.state() is State.PAUSED
    driver.box.run("controlvm", name, "resume")
    driver.box.run("controlvm", name, "savestate")
    assert driver.state() is State.SAVED
    driver.box.start(name, "headless")
    assert driver.state() is State.RUNNING
    driver.kill()
    wait_until(lambda: driver.state() is State.STOPPED, "the end of the VM")


def test_states_of_many_machines_are_one_call(lab):
    first, second = lab.made(), lab.started()
    states = type(first).states([first, second])
    assert states == {
        first.record.machine_name: State.STOPPED,
        second.record.machine_name: State.RUNNING,
    }


def test_a_running_vm_is_removed_with_its_disk(lab):
    driver = lab.started()
    name = driver.record.machine_name
    driver.remove()
    assert name not in lab.box.all()
    assert not (driver.machine_folder / "disk.vmdk").exists()
    assert not (driver.machine_folder / name).exists()
    driver.remove()


def test_a_vm_that_was_unregistered_in_the_window_is_said_to_be_gone(lab):
    driver = lab.made()
    driver.box.run("unregistervm", driver.record.machine_name)
    with pytest.raises(VmNotFoundError, match="machine does not exist"):
        driver.state()


def test_a_vm_that_was_renamed_in_the_window_is_still_found(lab):
    driver = lab.made()
    driver.box.run("modifyvm", driver.record.machine_name, "--name", f"{driver.record.machine_name}-renamed")
    assert driver.state() is State.STOPPED
    driver.remove()
    assert not any(name.startswith(driver.record.machine_name) for name in lab.box.all())


def test_a_name_that_another_vm_has_is_refused_before_anything_is_made(lab):
    driver = lab.made()
    with pytest.raises(MachshError, match="already has a VM named"):
        driver.pre_create_check()


def test_a_vm_that_a_session_holds_is_asked_for_again_and_then_refused_in_one_message(lab):
    driver = lab.started()
    with pytest.raises(VirtualBoxError, match="already locked for a session") as refused:
        driver.box.run("modifyvm", driver.record.machine_name, "--memory", "300")
    assert "another program holds the VM" in refused.value.hint


def test_forwards_are_set_on_loopback_and_are_found_again(lab):
    driver = lab.made()
    driver.record.ssh_port, driver.record.engine_port = 49310, 49311
    for rule in rules(driver.record, with_engine=True):
        driver.box.run("modifyvm", driver.record.machine_name, *rule.words)
    present = present_rules(info(driver).values)
    assert sorted((rule.name, rule.host_port) for rule in present) == sorted(
        (rule.name, rule.host_port) for rule in rules(driver.record, with_engine=True)
    )
    assert info(driver).values["Forwarding(0)"].split(",")[2] == "127.0.0.1"


def test_snapshots_are_saved_listed_restored_and_deleted(lab):
    driver = lab.made()
    assert driver.snapshots() == []
    driver.save_snapshot("first")
    driver.save_snapshot("second")
    assert [one.name for one in driver.snapshots()] == ["first", "second"]
    driver.restore_snapshot("first")
    driver.delete_snapshot("second")
    assert [one.name for one in driver.snapshots()] == ["first"]
    with pytest.raises(MachshError):
        driver.restore_snapshot("third")


def test_a_snapshot_of_a_running_vm_has_its_memory(lab):
    driver = lab.started()
    driver.save_snapshot("running")
    driver.kill()
    wait_until(lambda: driver.state() is State.STOPPED, "the end of the VM")
    driver.box.run("snapshot", driver.record.machine_name, "restore", "running")
    assert driver.state() is State.SAVED


def test_the_disk_of_a_second_machine_from_one_image_is_a_small_clone(lab):
    image = lab.folder / "image.vmdk"
    size = 64 << 20
    with open(lab.folder / "zeros", "wb") as file:
        file.truncate(size)
    lab.box.run("convertfromraw", str(lab.folder / "zeros"), str(image), "--format", "VMDK")
    machines = [lab.made(boot2docker_url="", image=str(image), disk_size=128) for _ in range(2)]
    used = [driver.machine_folder.joinpath("disk.vdi").stat().st_size for driver in machines]
    assert all(0 < one < 8 << 20 for one in used), used
    uuids = {info(driver).values["SATA-ImageUUID-1-0"] for driver in machines}
    assert len(uuids) == 2


def test_a_guest_that_never_boots_ends_at_the_deadline_and_can_be_removed(lab):
    driver = lab.driver(seconds=8)
    driver.pre_create_check()
    with pytest.raises(DeadlineError):
        driver.create()
    assert driver.state() is State.RUNNING
    driver.context.seconds = 60.0


def test_host_only_networks_need_the_module_and_nat_is_chosen_without_it(lab):
    driver = lab.driver(network="auto", seconds=8)
    driver.pre_create_check()
    with pytest.raises(DeadlineError):
        driver.create()
    assert driver.record.network == "nat"
    driver.context.seconds = 60.0


def test_a_disk_that_is_there_already_is_not_written_over(lab):
    driver = lab.made()
    disk = driver.machine_folder / "disk.vmdk"
    before = disk.read_bytes()
    with pytest.raises(VirtualBoxError, match="VERR_ALREADY_EXISTS"):
        driver.box.run(
            "convertfromraw", "stdin", str(disk), "1048576", "--format", "VMDK", stdin=[bytes(1 << 20)]
        )
    assert disk.read_bytes() == before


def test_an_unknown_option_is_one_message_without_the_usage(lab):
    driver = lab.made()
    with pytest.raises(VirtualBoxError, match="nosuchoption"):
        driver.box.run("modifyvm", driver.record.machine_name, "--nosuchoption", "on")


def test_both_streams_and_the_exit_code_come_out_of_the_container(lab):
    done = subprocess.run(
        ["VBoxManage", "showvminfo", "nosuch"],
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Could not find a registered machine named 'nosuch'" in done.stderr
    assert "Could not find" not in done.stdout


def moved(driver, name):
    """What `rename` does before it tells the host: the machine's folder has its new name."""
    folder = driver.machine_folder
    driver.record.machine_name = name
    folder.rename(driver.machine_folder)


@pytest.mark.parametrize("server", ["runs", "was started since"])
def test_a_vm_follows_its_machine_to_another_name_with_disks_snapshots_and_serial_port(lab, server):
    driver = lab.made()
    former, folder, uuid = driver.record.machine_name, driver.machine_folder, driver.record.vm_id
    driver.save_snapshot("before")
    driver.check_rename(f"{former}-new")
    moved(driver, f"{former}-new")
    if server == "was started since":
        in_container("pkill", "VBoxSVC")
        wait_until(lambda: in_container("pgrep", "VBoxSVC").returncode, "the end of VirtualBox's server")
        assert "<inaccessible" in lab.box.run("list", "vms")
    driver.rename_host()
    driver.rename_host()
    values = info(driver).values
    own = driver.machine_folder
    assert (values["name"], values["UUID"]) == (own.name, uuid)
    assert values["CfgFile"] == str(own / own.name / f"{own.name}.vbox")
    assert values["SATA-0-0"] == str(own / "boot2docker.iso")
    assert values["SATA-1-0"].startswith(str(own / own.name / "Snapshots"))
    assert values["uartmode1"] == f"file,{own / 'console.log'}"
    assert f"{folder}/" not in lab.box.run("list", "hdds", "--long") + lab.box.run("list", "dvds")
    assert not folder.exists()
    driver.box.start(own.name, "headless")
    assert driver.state() is State.RUNNING
    with pytest.raises(MachshError, match="while its VM is switched off"):
        driver.check_rename(former)
    driver.kill()
    wait_until(lambda: driver.state() is State.STOPPED, "the end of the VM")
    driver.restore_snapshot("before")
    assert info(driver).values["uartmode1"] == f"file,{own / 'console.log'}"
    driver.box.start(own.name, "headless")
    driver.kill()
    wait_until(lambda: driver.state() is State.STOPPED, "the end of the VM")
    with pytest.raises(MachshError, match="VirtualBox has another VM"):
        driver.check_rename(own.name)
