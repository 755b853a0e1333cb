from machsh.drivers.driver import State
from machsh.drivers.virtualbox.hypervisors.vbox_output import (
    colon_lines,
    long_list,
    machine_values,
    vm_info,
    without_warnings,
)
from machsh.drivers.virtualbox.networks.dhcp import list_servers
from machsh.drivers.virtualbox.networks.host_only import list_adapters
from tests.support.virtualbox import CASES, recorded


class Box:
    def __init__(self, text):
        self.text = text

    def run(self, *words, **options):
        return without_warnings(self.text)


def older(name):
    return (CASES / "older" / f"{name}.txt").read_text().partition("\n")[2]


def test_the_warning_before_an_answer_is_taken_away():
    assert without_warnings(recorded("version")) == "7.2.22_Debianr175245\n"
    assert without_warnings(recorded("list-hostonlyifs")) == ""
    assert without_warnings("7.2.22r1\n") == "7.2.22r1\n"


def test_a_line_of_the_answer_is_kept_after_two_warnings():
    text = "WARNING: one\n\t more\nWARNING: two\n\n\t more\nUUID: 1\n"
    assert without_warnings(text) == "UUID: 1\n"


def test_the_recorded_vm_is_read():
    info = vm_info(recorded("showvminfo-running"), "recvm")
    assert (info.name, info.state, info.uuid) == (
        "recvm",
        State.RUNNING,
        "9a3e41c4-1c94-414f-a4ca-7525936c8324",
    )
    assert info.changed == "2026-11-26T13:16:29.234000000"
    assert info.values["Forwarding(0)"] == "ssh,tcp,127.0.0.1,2299,,22"
    assert info.values["SATA-1-0"] == "/store/disk.vmdk"
    assert info.values["memory"] == "256"
    assert vm_info(recorded("showvminfo-poweroff"), "").state is State.STOPPED
    assert vm_info(recorded("showvminfo-saved"), "").state is State.SAVED


def test_a_value_with_quotes_stays_whole():
    assert machine_values('name="a"b"\n"SATA-0-0"="none"\nnothing\n') == {"name": 'a"b', "SATA-0-0": "none"}


def test_a_guest_that_writes_lines_into_a_value_cannot_hide_the_first_one():
    assert machine_values('VMState="running"\nVMState="poweroff"\n') == {"VMState": "running"}


def test_an_unknown_state_is_none():
    assert vm_info('VMState="dreaming"\n', "x").state is State.NONE
    assert vm_info("nothing at all", "x").state is State.NONE


def test_the_long_list_gives_every_vm_its_state():
    text = (
        "Name:                        a\nUUID:                        9a3e41c4-1c94-414f-a4ca-7525936c8324\n"
        "State:                       powered off (since 2026-11-26T13:16:23.644000000)\n"
        "Name: 'hosthome', Host path: '/home' (machine mapping), writable\n\n"
        "Name:            b\nState:           running (since 2026)\n"
        "Name:            c\nState:           aborted-saved (since 2026)\n"
    )
    found = long_list(text)
    assert {name: one.state for name, one in found.items()} == {
        "a": State.STOPPED,
        "b": State.RUNNING,
        "c": State.SAVED,
    }
    assert (found["a"].uuid, found["a"].changed) == (
        "9a3e41c4-1c94-414f-a4ca-7525936c8324",
        "2026-11-26T13:16:23.644000000",
    )


def test_adapters_of_old_and_newer_versions_are_read():
    five = list_adapters(Box(older("hostonlyifs-5")))
    assert [(one.name, one.address, one.mask) for one in five] == [
        ("vboxnet0", "192.168.99.1", "255.255.255.0"),
        ("vboxnet1", "169.254.37.187", "255.255.255.0"),
    ]
    assert not five[0].has_dhcp
    assert list_adapters(Box(older("hostonlyifs-6.1")))[0].network_name == "HostInterfaceNetworking-vboxnet10"


def test_dhcp_servers_of_old_and_newer_versions_are_read():
    five = list_servers(Box(older("dhcpservers-5")))
    assert str(five["HostInterfaceNetworking-vboxnet0"].lower) == "192.168.99.100"
    assert not five["HostInterfaceNetworking-vboxnet1"].is_enabled
    seven = list_servers(Box(recorded("list-dhcpservers-one")))["HostInterfaceNetworking-vboxnet0"]
    assert (str(seven.address), str(seven.upper), seven.is_enabled) == (
        "192.168.56.100",
        "192.168.56.254",
        True,
    )


def test_indented_lines_are_no_keys():
    assert dict(colon_lines("Global Configuration:\n    minLeaseTime:     default\n")) == {
        "Global Configuration": ""
    }
