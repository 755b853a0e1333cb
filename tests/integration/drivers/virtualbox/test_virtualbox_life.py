import base64
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from machsh.drivers.driver import State
from machsh.drivers.guest import serial_log
from machsh.drivers.host_size import HostSize
from machsh.drivers.virtualbox import host_computer
from machsh.drivers.virtualbox.driver import VirtualBoxDriver
from machsh.drivers.virtualbox.hypervisors.hypervisor import VirtualBoxError, VmNotFoundError
from machsh.drivers.virtualbox.networks import guest_address, host_only
from machsh.errors import DeadlineError, MachineNotRunningError, MachshError, UsageError
from tests.support.places import TOP
from tests.support.virtualbox import boot2docker_iso, raw_image

DOCKER_MACHINES_CREATE = [
    "--version", "list hostonlyifs", "convertfromraw", "createvm", "modifyvm --firmware", "modifyvm --nic1", "storagectl",
    "storageattach", "storageattach", "guestproperty set", "guestproperty set", "sharedfolder add", "setextradata",
    "showvminfo", "list hostonlyifs", "hostonlyif create", "list hostonlyifs", "hostonlyif ipconfig", "list dhcpservers",
    "list dhcpservers", "dhcpserver add", "modifyvm --nic2", "modifyvm --natpf1", "modifyvm --natpf1", "startvm",
    "showvminfo", "showvminfo", "showvminfo", "showvminfo", "list hostonlyifs",
]  # fmt: skip
"""The recorded calls of docker-machine 0.16 for one creation, where the adapter has to be made."""


@pytest.fixture
def host_only_works(monkeypatch):
    """A computer where VirtualBox can make adapters, and a guest that tells its address."""
    monkeypatch.setattr(host_computer, "can_make_adapters", lambda environment: True)
    monkeypatch.setattr(host_computer, "networks", list)
    monkeypatch.setattr(host_only, "VISIBLE_PAUSE", 0.05)
    asked = []
    monkeypatch.setattr(guest_address, "ask_guest", lambda *rest: asked.append(rest) or "192.168.59.101")
    return asked


def test_a_nat_machine_has_its_ports_on_loopback(bench):
    driver = bench.created(bench.box())
    record = driver.record
    assert driver.url() == driver.known_url() == f"tcp://127.0.0.1:{record.engine_port}"
    assert (driver.ssh_target().host, driver.ssh_target().port) == ("127.0.0.1", record.ssh_port)
    assert driver.listening_port() == 2376
    rules = bench.boxes[0].vm("m1")["forwards"]
    assert rules == [
        f"ssh,tcp,127.0.0.1,{record.ssh_port},,22",
        f"docker,tcp,127.0.0.1,{record.engine_port},,2376",
    ]


def test_a_nat_machine_over_ssh_forwards_no_port_to_its_engine_until_it_is_asked_for(bench):
    driver = bench.driver(bench.box())
    driver.context.opens_engine_port = False
    driver.machine_folder.mkdir(parents=True)
    driver.create()
    record, box = driver.record, bench.boxes[0]
    ssh = f"ssh,tcp,127.0.0.1,{record.ssh_port},,22"
    assert box.vm("m1")["forwards"] == [ssh]
    assert (record.engine_port, driver.known_url()) == (0, "")
    assert driver.known_ssh_target() == driver.ssh_target()
    driver.context.opens_engine_port = True
    driver.open_engine_port()
    assert box.vm("m1")["forwards"] == [ssh, f"docker,tcp,127.0.0.1,{record.engine_port},,2376"]
    driver.open_engine_port()
    assert driver.state() is State.RUNNING


def test_the_hosts_key_is_pinned_before_the_first_contact(bench):
    driver = bench.created(bench.box())
    pinned = (driver.machine_folder / "known_hosts").read_text()
    public = (driver.machine_folder / "ssh_host_ed25519_key.pub").read_text().split()[1]
    assert public in pinned
    assert f"[127.0.0.1]:{driver.record.ssh_port}" in pinned
    assert (driver.machine_folder / "seed.iso").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("version", "hides"), [("7.2", True), ("6.1", False)])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:3128", "http://proxy.example:3128"])
def test_the_guest_gets_the_users_proxies_and_reaches_a_local_one(bench, version, hides, proxy):
    box = bench.box(version)
    driver = bench.driver(box)
    driver.context.environment.variables["HTTPS_PROXY"] = proxy
    driver.machine_folder.mkdir(parents=True)
    driver.create()
    seed = (driver.machine_folder / "seed.iso").read_bytes()
    lines = f'https_proxy="{proxy}"\nHTTPS_PROXY="{proxy}"\n'.replace("127.0.0.1", "10.0.2.2")
    assert base64.b64encode(lines.encode()) in seed
    is_local = "127.0.0.1" in proxy
    assert ("nat-localhostreachable1" in box.vm("m1")["values"]) is (is_local and hides)


def test_a_second_machine_shares_the_base_disk(bench):
    box = bench.box()
    bench.created(box)
    box.forget_calls()
    bench.created(box, "m2")
    assert not [
        line for line in box.lines() if line.startswith(("convertfromraw", "clonemedium", "modifymedium"))
    ]
    bases = {parent for parent in box.state["media"].values() if parent}
    assert len(bases) == 1


def test_two_creations_at_once_make_the_base_disk_once(bench):
    box = bench.box()
    drivers = [bench.driver(box, name) for name in ("m1", "m2")]
    for driver in drivers:
        driver.machine_folder.mkdir(parents=True)
    with ThreadPoolExecutor() as threads:
        for made in [threads.submit(driver.create) for driver in drivers]:
            made.result()
    assert len([line for line in box.lines() if line.startswith("convertfromraw")]) == 1
    assert [driver.state() for driver in drivers] == [State.RUNNING, State.RUNNING]
    ports = [port for one in drivers for port in (one.record.ssh_port, one.record.engine_port)]
    assert len(set(ports)) == 4


@pytest.mark.parametrize("way", ["image", "iso"])
def test_a_creation_needs_no_more_calls_than_docker_machines(bench, host_only_works, way):
    box = bench.box()
    given = {"network": "hostonly", "no_share": False}
    if way == "iso":
        given |= {"boot2docker_url": boot2docker_iso(bench.folder).as_uri(), "disk_size": 100}
    driver = bench.driver(box, **given)
    driver.pre_create_check()
    driver.machine_folder.mkdir(parents=True)
    driver.create()
    assert len(box.calls) <= len(DOCKER_MACHINES_CREATE), box.lines()


def test_an_iso_machine_is_made_by_docker_machines_calls_in_its_order(bench, host_only_works):
    box = bench.box("5.2")
    url = boot2docker_iso(bench.folder).as_uri()
    driver = bench.driver(box, network="hostonly", no_share=False, boot2docker_url=url, disk_size=100)
    driver.pre_create_check()
    driver.machine_folder.mkdir(parents=True)
    driver.create()
    folder = driver.machine_folder
    made = [
        line
        for line in box.lines()
        if not line.startswith(("list", "showvminfo", "dhcpserver", "hostonlyif", "--version"))
    ]
    hardware = (
        "--firmware bios --bioslogofadein off --bioslogofadeout off --bioslogodisplaytime 0 --biosbootmenu disabled "
        "--ostype Linux26_64 --cpus 1 --memory 1024 --acpi on --ioapic on --rtcuseutc on --natdnshostresolver1 off "
        "--natdnsproxy1 on --cpuhotplug off --pae on --hpet on --hwvirtex on --nestedpaging on --largepages on --vtxvpid on "
        "--accelerate3d off --boot1 dvd"
    )
    assert made == [
        f"convertfromraw stdin {folder}/disk.vmdk {100 << 20} --format VMDK",
        f"createvm --basefolder {folder} --name m1 --register",
        f"modifyvm m1 {hardware}",
        "modifyvm m1 --nic1 nat --nictype1 82540EM --cableconnected1 on",
        "storagectl m1 --name SATA --add sata --hostiocache on",
        f"storageattach m1 --storagectl SATA --port 0 --device 0 --type dvddrive --medium {folder}/boot2docker.iso",
        f"storageattach m1 --storagectl SATA --port 1 --device 0 --type hdd --medium {folder}/disk.vmdk",
        "guestproperty set m1 /VirtualBox/GuestAdd/SharedFolders/MountPrefix /",
        "guestproperty set m1 /VirtualBox/GuestAdd/SharedFolders/MountDir /",
        "sharedfolder add m1 --name hosthome --hostpath /home --automount",
        "setextradata m1 VBoxInternal2/SharedFoldersEnableSymlinksCreate/hosthome 1",
        f"modifyvm m1 --uart1 0x3F8 4 --uartmode1 file {folder}/console.log",
        "modifyvm m1 --nic2 hostonly --nictype2 82540EM --nicpromisc2 deny --hostonlyadapter2 vboxnet0 --cableconnected2 on",
        f"modifyvm m1 --natpf1 ssh,tcp,127.0.0.1,{driver.record.ssh_port},,22",
        "startvm m1 --type headless",
    ]
    assert (folder / "disk.vmdk").read_bytes().endswith(b"boot2docker, please format-me".ljust(64, b"\0"))
    assert (folder / "id_rsa").exists()
    assert driver.url() == "tcp://192.168.59.101:2376"


def test_a_vm_gets_another_size_while_it_is_switched_off(bench):
    box = bench.box()
    driver = bench.created(box)
    size = HostSize("3", "3g")
    with pytest.raises(MachshError, match="while the VM is switched off") as caught:
        driver.check_size(size)
    assert caught.value.hint == "stop it first: machsh stop m1"
    driver.kill()
    driver.check_size(size)
    driver.resize(size)
    values = box.vm("m1")["values"]
    assert (values["cpus"], values["memory"]) == ("3", "3072")
    assert bench.again(driver).size() == HostSize("3", "3072")
    for wrong in (HostSize("0.5", "1g"), HostSize("65", "1g"), HostSize("2", "64"), HostSize("2", "")):
        with pytest.raises(UsageError):
            driver.check_size(wrong)


def test_the_state_is_one_call(bench):
    box = bench.box()
    driver = bench.again(bench.created(box))
    box.forget_calls()
    assert driver.state() is State.RUNNING
    assert len(box.calls) == 1


def test_the_states_of_many_machines_are_one_call(bench):
    box = bench.box()
    drivers = [bench.created(box, f"m{number}") for number in range(3)]
    drivers[1].kill()
    box.forget_calls()
    assert VirtualBoxDriver.states(drivers) == {"m0": State.RUNNING, "m1": State.STOPPED, "m2": State.RUNNING}
    assert box.lines() == ["list vms --long"]


def test_each_look_at_the_state_bounds_the_console(bench, monkeypatch):
    driver = bench.created(bench.box())
    monkeypatch.setattr(serial_log, "MOST_BYTES", 100_000)
    monkeypatch.setattr(serial_log, "_KEPT_BYTES", 1000)
    console = driver.console_log()
    for look in (driver.state, lambda: VirtualBoxDriver.states([driver])):
        console.write_bytes(b"flood\n" * 100_000)
        look()
        assert console.stat().st_size == 0
        assert console.with_name("console.log.old").read_bytes().endswith(b"flood\n")


def test_a_running_host_only_machine_is_left_to_its_own_question_when_it_was_restarted(
    bench, host_only_works
):
    box = bench.box()
    driver = bench.created(box, network="hostonly")
    assert VirtualBoxDriver.states([driver]) == {"m1": State.RUNNING}
    box.change_vm("m1", since="2027-01-01T00:00:00.000000000")
    assert VirtualBoxDriver.states([driver]) == {}
    assert len(host_only_works) == 1
    driver.ip()
    assert len(host_only_works) == 2
    assert VirtualBoxDriver.states([driver]) == {"m1": State.RUNNING}


def test_a_host_only_machine_gets_an_adapter_and_a_dhcp_server(bench, host_only_works):
    box = bench.box()
    driver = bench.created(box, network="hostonly")
    assert box.state["adapters"] == [{"name": "vboxnet0", "ip": "192.168.59.1", "mask": "255.255.255.0"}]
    server = box.state["servers"]["HostInterfaceNetworking-vboxnet0"]
    assert (server["lowerip"], server["enabled"]) == ("192.168.59.100", True)
    assert driver.record.host_only_cidr == "192.168.59.1/24"
    assert driver.url() == "tcp://192.168.59.101:2376"
    driver.stop()
    box.forget_calls()
    driver.start()
    assert not [line for line in box.lines() if line.startswith(("modifyvm", "dhcpserver", "hostonlyif"))]


def test_the_dhcp_server_of_an_adapter_that_is_gone_is_removed(bench, host_only_works):
    box = bench.box()
    orphan = {
        "ip": "192.168.99.6",
        "netmask": "255.255.255.0",
        "lowerip": "192.168.99.100",
        "upperip": "192.168.99.254",
    }
    box.set(servers={"HostInterfaceNetworking-vboxnet7": {**orphan, "enabled": True}})
    bench.created(box, network="hostonly")
    assert list(box.state["servers"]) == ["HostInterfaceNetworking-vboxnet0"]


def test_an_adapter_that_virtualbox_made_though_it_said_no_is_found(bench, host_only_works):
    box = bench.box("6.1")
    box.set(adapters=[])
    driver = bench.driver(box, network="hostonly")
    driver.machine_folder.mkdir(parents=True)
    wrong = "VBoxManage: error: Failed to create the host-only adapter"
    box.set(faults=[{"match": "hostonlyif create", "stderr": wrong}])
    real = host_only.list_adapters

    def appears(vbox):
        if "hostonlyif create" in box.lines() and not box.state["adapters"]:
            box.set(adapters=[{"name": "vboxnet0", "ip": "0.0.0.0", "mask": "0.0.0.0"}])
        return real(vbox)

    host_only.list_adapters, before = appears, real
    try:
        driver.create()
    finally:
        host_only.list_adapters = before
    said = driver.context.progress.texts("warning")
    assert "This is a known VirtualBox bug. Let's try to recover anyway..." in said
    assert 'Found a new host-only adapter: "vboxnet0"' in said


def test_an_adapter_that_never_appears_is_docker_machines_error(bench, host_only_works, monkeypatch):
    monkeypatch.setattr(host_only, "VISIBLE_SECONDS", 0.2)
    box = bench.box()
    box.set(invisible=True)
    with pytest.raises(MachshError, match="The host-only adapter we just created is not visible") as caught:
        bench.created(box, network="hostonly")
    assert "--virtualbox-network nat" in caught.value.hint


def test_without_host_only_networks_auto_takes_nat_and_says_so(bench):
    box = bench.box(has_module=False)
    driver = bench.created(box, network="auto")
    assert driver.record.network == "nat"
    assert driver.known_url().startswith("tcp://127.0.0.1:")
    assert any(
        "There can be no host-only network here" in text for text in driver.context.progress.texts("warning")
    )


def test_where_the_module_fails_only_at_the_try_auto_takes_nat_too(bench, monkeypatch):
    monkeypatch.setattr(host_computer, "can_make_adapters", lambda environment: True)
    monkeypatch.setattr(host_computer, "networks", list)
    driver = bench.created(bench.box(has_module=False), network="auto")
    assert driver.record.network == "nat"


def test_host_only_where_there_is_none_is_an_error_with_the_way_out(bench, monkeypatch):
    monkeypatch.setattr(host_computer, "networks", list)
    with pytest.raises(MachshError, match="Error setting up host only network on machine start") as caught:
        bench.created(bench.box(has_module=False), network="hostonly")
    assert "--virtualbox-network nat" in caught.value.hint


def test_on_macos_a_host_only_network_takes_the_adapters_place(bench, host_only_works):
    box = bench.box("7.0")
    box.set(is_mac=True)
    driver = bench.driver(box, network="hostonly")
    driver.context.environment.platform = "darwin"
    driver.machine_folder.mkdir(parents=True)
    driver.create()
    assert box.state["networks"][0]["--lower-ip"] == "192.168.59.1"
    assert box.vm("m1")["values"]["nic2"] == "hostonlynet"
    assert box.vm("m1")["values"]["host-only-net2"] == "machsh-192.168.59.0"
    assert driver.url() == "tcp://192.168.59.101:2376"


def test_a_stored_machine_of_docker_machine_opens_and_starts(bench, host_only_works):
    stored = json.loads((TOP / "tests" / "cases" / "machines" / "virtualbox.json").read_text())["Driver"]
    record = VirtualBoxDriver.record_type.from_json(stored)
    record.check("Driver")
    assert record.to_json() == stored
    box = bench.box("6.1")
    folder = bench.folder / "store" / "machines" / "web"
    stored |= {
        "HostOnlyCIDR": "192.168.59.1/24",
        "NatNicType": "82540EM",
        "HostOnlyNicType": "82540EM",
        "UIType": "headless",
    }
    stored |= {
        "HostOnlyPromiscMode": "deny",
        "StorePath": str(bench.folder / "store"),
        "HostOnlyNoDHCP": False,
        "NoVTXCheck": True,
    }
    driver = VirtualBoxDriver(VirtualBoxDriver.record_type.from_json(stored), box.context(bench.folder))
    folder.mkdir(parents=True)
    driver.box.run("createvm", "--basefolder", str(folder), "--name", "web", "--register")
    assert driver.state() is State.STOPPED
    driver.start()
    assert driver.url() == "tcp://192.168.59.101:2376"
    assert driver.record.network == ""


def test_a_paused_and_a_saved_vm_are_started_again(bench):
    box = bench.box()
    driver = bench.created(box)
    for change, state in (("pause", State.PAUSED), ("savestate", State.SAVED)):
        driver.box.run("controlvm", "m1", change)
        assert driver.state() is state
        driver.start()
        assert driver.state() is State.RUNNING


def test_a_port_that_another_program_took_gets_a_new_one_and_the_key_stays_pinned(bench):
    import socket

    box = bench.box()
    driver = bench.created(box)
    old = driver.record.ssh_port
    driver.kill()
    with socket.create_server(("127.0.0.1", old)):
        driver.start()
    assert driver.record.ssh_port != old
    assert f"[127.0.0.1]:{driver.record.ssh_port}" in (driver.machine_folder / "known_hosts").read_text()
    assert [rule for rule in box.vm("m1")["forwards"] if rule.startswith("ssh,")] == [
        f"ssh,tcp,127.0.0.1,{driver.record.ssh_port},,22"
    ]


# Bad input


def test_a_vm_that_was_deleted_in_virtualboxs_window_is_said_to_be_gone_and_can_be_removed(bench):
    box = bench.box()
    driver = bench.created(box)
    driver.kill()
    box.set(vms=[], media={})
    with pytest.raises(VmNotFoundError, match="machine does not exist") as caught:
        driver.state()
    assert "machsh rm m1" in caught.value.hint
    driver.remove()
    assert not (driver.machine_folder / "disk.vdi").exists()


def test_a_vm_that_was_renamed_is_still_the_machines(bench):
    box = bench.box()
    driver = bench.created(box)
    driver.kill()
    driver.box.run("modifyvm", "m1", "--name", "other")
    again = bench.again(driver)
    assert again.state() is State.STOPPED
    again.start()
    assert again.state() is State.RUNNING
    again.remove()
    assert box.state["vms"] == []


def test_another_vm_that_took_the_name_is_never_touched(bench):
    box = bench.box()
    driver = bench.created(box)
    driver.kill()
    box.change_vm("m1", uuid="11111111-1111-1111-1111-111111111111")
    assert VirtualBoxDriver.states([driver]) == {}
    with pytest.raises(VmNotFoundError):
        driver.start()
    driver.remove()
    assert [vm["uuid"] for vm in box.state["vms"]] == ["11111111-1111-1111-1111-111111111111"]


def test_a_name_that_another_vm_has_is_refused_before_anything_is_made(bench):
    box = bench.box()
    box.context(bench.folder)
    driver = bench.driver(box)
    driver.box.run("createvm", "--basefolder", str(bench.folder / "elsewhere"), "--name", "m1", "--register")
    with pytest.raises(MachshError, match='VirtualBox already has a VM named "m1"'):
        driver.pre_create_check()


def test_a_vm_that_the_window_holds_locked_for_a_moment_is_waited_for(bench):
    box = bench.box()
    driver = bench.created(box)
    driver.kill()
    locked = (
        "VBoxManage: error: The machine 'm1' is already locked by a session (or being locked or unlocked)\n"
        "VBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap"
    )
    box.set(faults=[{"match": "startvm", "times": 3, "stderr": locked}])
    driver.start()
    assert driver.state() is State.RUNNING


def test_a_vm_that_stays_locked_is_one_message_with_the_remedy(bench, monkeypatch):
    monkeypatch.setattr("machsh.drivers.virtualbox.hypervisors.vboxmanage.LOCKED_SECONDS", 0.3)
    box = bench.box()
    driver = bench.created(box)
    driver.kill()
    box.change_vm("m1", locked=True)
    with pytest.raises(MachshError, match="is already locked for a session") as caught:
        driver.start()
    assert "another program holds the VM" in caught.value.hint


def test_the_same_in_another_language_is_known_by_its_codes(bench, monkeypatch):
    box = bench.box()
    driver = bench.created(box)
    driver.kill()
    german = (
        "VBoxManage: error: Die Maschine 'm1' ist schon durch eine Sitzung gesperrt\n"
        "VBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap\n"
        'VBoxManage: error: Context: "LaunchVMProcess(a->session)" at line 920 of file VBoxManageMisc.cpp'
    )
    gone = (
        "VBoxManage: error: Es gibt keine Maschine 'm1'\n"
        "VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component VirtualBoxWrap\n"
        'VBoxManage: error: Context: "FindMachine(Bstr(VMNameOrUuid).raw())" at line 1 of file VBoxManageInfo.cpp'
    )
    box.set(faults=[{"match": "startvm", "times": 2, "stderr": german}])
    driver.start()
    box.set(faults=[{"match": "showvminfo", "times": 2, "stderr": gone}])
    with pytest.raises(VmNotFoundError):
        driver.state()


def test_an_object_that_is_not_ready_is_asked_for_again(bench):
    box = bench.box()
    driver = bench.created(box)
    box.set(
        faults=[{"match": "showvminfo", "times": 2, "stderr": "VBoxManage: error: The object is not ready"}]
    )
    assert driver.state() is State.RUNNING


def test_a_vboxmanage_that_hangs_is_ended(bench):
    box = bench.box()
    driver = bench.created(box)
    driver.context.seconds = 0.5
    box.set(faults=[{"match": "showvminfo", "hang": 30}])
    with pytest.raises(DeadlineError, match=r"VBoxManage showvminfo: no answer within 0\.5 s") as caught:
        driver.state()
    assert "VBoxSVC" in caught.value.hint


@pytest.mark.parametrize(("version", "text"), [("4.2.1r1", "4.2.1r1"), ("nonsense", "nonsense"), ("", "")])
def test_an_old_or_unknown_version_is_refused_with_docker_machines_text(bench, version, text):
    box = bench.box()
    box.set(version=version)
    with pytest.raises(
        MachshError, match=r"We support Virtualbox starting with version 5. Your VirtualBox install is"
    ) as caught:
        bench.driver(box).pre_create_check()
    assert f'"{text}"' in str(caught.value)


def test_version_4_3_is_taken_with_docker_machines_warning(bench):
    box = bench.box("5.2")
    box.set(version="4.3.40r110317")
    driver = bench.driver(box)
    driver.pre_create_check()
    assert any(
        "You are using version 4.3.40r110317 of VirtualBox." in text
        for text in driver.context.progress.texts()
    )


def test_a_version_of_the_future_is_taken(bench):
    box = bench.box()
    box.set(version="9.0.0r1")
    bench.driver(box).pre_create_check()


def test_a_missing_virtualbox_is_docker_machines_text(bench):
    driver = bench.driver(bench.box())
    driver.context.environment.variables["PATH"] = "/nonexistent"
    with pytest.raises(
        MachshError,
        match=r"VBoxManage not found. Make sure VirtualBox is installed and VBoxManage is in the path",
    ):
        driver.pre_create_check()
    assert VirtualBoxDriver.lacks(driver.context.environment)[0].remedy


def test_a_guest_that_never_boots_is_shown_with_its_consoles_last_lines(bench):
    box = bench.box()
    box.set(
        never_boots=True, console="[    1.0] Loading\n[    2.0] Kernel panic - \x1b[31mnot syncing\x1b[0m\n"
    )
    with pytest.raises(
        DeadlineError, match=r"no sshd answers 1 s after the machine was switched on; its console ends with:"
    ) as caught:
        bench.created(box, seconds=1.0)
    assert "Kernel panic - not syncing" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_vm_that_ends_while_it_boots_is_said_at_once(bench, monkeypatch):
    monkeypatch.setattr("machsh.drivers.virtualbox.vm_power.LOOK_PAUSE", 0.2)
    box = bench.box()
    box.set(never_boots=True)
    driver = bench.driver(box)
    driver.machine_folder.mkdir(parents=True)
    real = driver.box.start
    driver.box.start = lambda vm, ui: (real(vm, ui), driver.box.run("controlvm", vm, "poweroff"))
    with pytest.raises(MachshError, match="the VM is Stopped before its guest has booted"):
        driver.create()


def test_a_guest_that_ignores_the_button_is_switched_off_in_the_end(bench):
    box = bench.box()
    box.set(ignores_button=True)
    driver = bench.created(box, seconds=2.0)
    driver.stop()
    assert driver.state() is State.STOPPED
    assert "switching it off" in driver.context.progress.texts("warning")[-1]


def test_a_failed_start_shows_the_end_of_the_vms_log(bench):
    box = bench.box()
    box.set(log="00:00:01.000000 first\n00:00:02.000000 the last line\n")
    driver = bench.created(box)
    driver.kill()
    box.set(
        faults=[{"match": "startvm", "stderr": "VBoxManage: error: VT-x is not available (VERR_VMX_NO_VMX)"}]
    )
    with pytest.raises(MachshError, match="Unable to start the VM: ") as caught:
        driver.start()
    assert "Details: 00:00:02.000000 the last line" in str(caught.value)
    assert "enable VT-x" in caught.value.hint


@pytest.mark.parametrize(
    "line", ["HM: VT-x is disabled", "Power up failed (vrc=VERR_VMX_NO_VMX)", "VERR_VMX_UNABLE_TO_START_VM"]
)
def test_a_vm_without_hardware_virtualisation_is_docker_machines_error(bench, line):
    box = bench.box()
    box.set(log=f"00:00:01.000000 {line}\n")
    with pytest.raises(
        MachshError,
        match=r"This computer doesn't have VT-X/AMD-v enabled. Enabling it in the BIOS is mandatory",
    ):
        bench.created(box, no_vtx_check=False)


def test_a_disk_that_is_too_small_for_the_image_is_one_message(bench):
    box = bench.box()
    box.set(image_mb=5000)
    with pytest.raises(MachshError, match="a disk of 2000 MB is too small for the guest's image"):
        bench.created(box, disk_size=2000)
    assert not list((bench.folder / "store" / "cache").rglob("*.vdi"))


@pytest.mark.parametrize(
    "call",
    [
        "convertfromraw",
        "modifymedium",
        "createmedium",
        "createvm",
        "modifyvm",
        "storagectl",
        "storageattach",
        "startvm",
    ],
)
def test_what_a_failed_step_leaves_is_removed_and_made_anew(bench, call):
    box = bench.box()
    driver = bench.driver(box)
    driver.machine_folder.mkdir(parents=True)
    full = "VBoxManage: error: No space left (VERR_DISK_FULL)"
    box.set(faults=[{"match": f"^{call} ", "stderr": full}])
    with pytest.raises(MachshError, match="VERR_DISK_FULL") as caught:
        driver.create()
    assert "the disk is full" in caught.value.hint
    driver.remove()
    assert box.state["vms"] == []
    assert not [path for path in box.state["media"] if "machines" in path]
    driver.create()
    driver.remove()
    assert box.state["vms"] == []


def test_vboxmanage_that_ends_after_its_work_but_with_an_error_on_standard_error_has_failed(bench):
    box = bench.box()
    driver = bench.created(box)
    box.set(faults=[{"match": "controlvm", "code": 0, "stderr": "VBoxManage: error: it did not work"}])
    with pytest.raises(VirtualBoxError, match="controlvm m1 poweroff failed:"):
        driver.kill()


def test_a_stopped_machine_has_no_address(bench):
    driver = bench.created(bench.box())
    driver.kill()
    with pytest.raises(MachineNotRunningError, match="Host is not running"):
        driver.ip()


def test_removing_a_running_machine_leaves_nothing(bench):
    box = bench.box()
    driver = bench.created(box)
    driver.remove()
    assert box.state["vms"] == []
    assert not (driver.machine_folder / "disk.vdi").exists()
    assert len(box.state["media"]) == 1  # the base, for the next machine


def test_snapshots_of_a_running_machine_hold_its_memory(bench):
    driver = bench.created(bench.box())
    assert driver.snapshots() == []
    driver.save_snapshot("one")
    driver.save_snapshot("two")
    one, two = driver.snapshots()
    assert (one.name, one.has_memory, one.is_current, two.is_current) == ("one", True, False, True)
    assert one.created is not None
    driver.restore_snapshot("one")
    assert driver.state() is State.RUNNING
    with pytest.raises(MachshError, match='There is no snapshot "three"'):
        driver.restore_snapshot("three")


def test_an_iso_machines_image_is_replaced_and_no_other_ones(bench):
    box = bench.box()
    new = boot2docker_iso(bench.folder, "v20.10.0")
    driver = bench.created(box, boot2docker_url=boot2docker_iso(bench.folder).as_uri(), disk_size=100)
    driver.stop()
    driver.record.boot2docker_url = new.as_uri()
    driver.replace_image("boot2docker")
    assert (driver.machine_folder / "boot2docker.iso").read_bytes() == new.read_bytes()
    with pytest.raises(MachshError, match="there is no boot image to replace"):
        bench.created(box, "m2").replace_image("boot2docker")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"memory": 1}, "--virtualbox-memory 1 is too little"),
        ({"disk_size": 1}, "--virtualbox-disk-size 1 is too little"),
        ({"ui_type": "tv"}, "--virtualbox-ui-type tv is not known"),
        ({"network": "hostonly", "hostonly_cidr": "x"}, "invalid CIDR address: x"),
        ({"image": "nosuch"}, "there is no guest image 'nosuch'"),
        ({"image": "debian-12", "boot2docker_url": "http://x/y.iso"}, "exclude each other"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(bench, given, text):
    with pytest.raises(UsageError, match=text):
        bench.driver(bench.box(), **given)


def test_an_image_may_be_a_file_of_the_present_folder(bench, monkeypatch):
    monkeypatch.chdir(bench.folder)
    path = raw_image(bench.folder)
    assert bench.driver(bench.box(), image=f"./{path.name}").record.image == str(path)
    assert bench.driver(bench.box(), image=path.name).record.image == str(path)


def test_a_folder_to_share_may_be_one_of_the_present_folder_and_must_be_there(bench, monkeypatch):
    monkeypatch.chdir(bench.folder)
    box = bench.box()
    given = {"no_share": False, "share_folder": "./work:data"}
    with pytest.raises(MachshError, match=f"there is no folder {bench.folder}/work"):
        bench.driver(box, **given).pre_create_check()
    (bench.folder / "work").mkdir()
    driver = bench.created(box, **given)
    assert driver.record.share_folder == f"{bench.folder}/work:data"
    assert f"sharedfolder add m1 --name data --hostpath {bench.folder}/work --automount" in box.lines()
    with pytest.raises(MachshError, match="the share's name is missing"):
        bench.driver(box, no_share=False, share_folder="/tmp").pre_create_check()


def test_an_old_boot2docker_vm_is_imported(bench):
    box = bench.box("5.2")
    home = bench.folder / ".ssh"
    home.mkdir()
    (home / "id_boot2docker").write_text("a key\n")
    disk = bench.folder / "old.vmdk"
    disk.write_text("a disk")
    driver = bench.driver(
        box, import_boot2docker_vm="boot2docker-vm", boot2docker_url=boot2docker_iso(bench.folder).as_uri()
    )
    run = driver.box.run
    run("createvm", "--basefolder", str(bench.folder / "old"), "--name", "boot2docker-vm", "--register")
    run("modifyvm", "boot2docker-vm", "--cpus", "3", "--memory", "2048")
    run("storagectl", "boot2docker-vm", "--name", "SATA", "--add", "sata", "--hostiocache", "on")
    place = ("--storagectl", "SATA", "--port", "1", "--device", "0", "--type", "hdd")
    run("storageattach", "boot2docker-vm", *place, "--medium", str(disk))
    driver.machine_folder.mkdir(parents=True)
    driver.create()
    assert (driver.record.cpu, driver.record.memory) == (3, 2048)
    assert (driver.machine_folder / "id_rsa").read_text() == "a key\n"
    assert (driver.machine_folder / "id_rsa").stat().st_mode & 0o777 == 0o600
