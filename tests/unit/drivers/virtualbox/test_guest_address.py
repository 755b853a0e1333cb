"""The address of the guest's host-only adapter, in what its `ip addr show` prints."""

import pytest

from machsh.drivers.driver import DriverContext
from machsh.drivers.virtualbox.networks import guest_address
from machsh.drivers.virtualbox.networks.guest_address import address_of, host_only_mac
from machsh.errors import MachshError
from machsh.ssh.target import Target

IPROUTE = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: enp0s3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 08:00:27:11:22:33 brd ff:ff:ff:ff:ff:ff
    inet 10.0.2.15/24 metric 100 brd 10.0.2.255 scope global dynamic enp0s3
       valid_lft 86316sec preferred_lft 86316sec
    inet6 fe80::a00:27ff:fe11:2233/64 scope link
3: enp0s8: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 08:00:27:aa:bb:cc brd ff:ff:ff:ff:ff:ff
    altname enx080027aabbcc
    inet6 fe80::a00:27ff:feaa:bbcc/64 scope link
       valid_lft forever preferred_lft forever
    inet 192.168.59.101/24 brd 192.168.59.255 scope global dynamic enp0s8
    inet 192.168.59.200/24 scope global secondary enp0s8
4: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default
    link/ether 02:42:0a:0b:0c:0d brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
"""
"""iproute2's form; Docker's bridge follows the adapters."""
BUSYBOX = """\
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP qlen 1000
    link/ether 08:00:27:11:22:33 brd ff:ff:ff:ff:ff:ff
    inet 10.0.2.15/24 brd 10.0.2.255 scope global eth0
       valid_lft forever preferred_lft forever
3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP qlen 1000
    link/ether 08:00:27:aa:bb:cc brd ff:ff:ff:ff:ff:ff
    inet 192.168.99.100/24 brd 192.168.99.255 scope global eth1
       valid_lft forever preferred_lft forever
"""
"""boot2docker's."""
MAC = "080027aabbcc"


@pytest.mark.parametrize(("text", "address"), [(IPROUTE, "192.168.59.101"), (BUSYBOX, "192.168.99.100")])
def test_the_first_address_of_the_adapter_is_taken(text, address):
    assert address_of(text, MAC) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\nnonsense\n",
        BUSYBOX.replace("08:00:27:aa:bb:cc", "08:00:27:aa:bb:cd"),
        "\n".join(line for line in IPROUTE.splitlines() if "192.168" not in line),
    ],
    ids=["nothing", "nonsense", "another adapter", "no address yet"],
)
def test_an_adapter_without_an_address_is_docker_machines_error(text):
    with pytest.raises(MachshError, match=f"Could not find matching IP for MAC address {MAC}") as caught:
        address_of(text, MAC)
    assert "DHCP" in caught.value.hint


@pytest.mark.parametrize("text", ["evil;rm", "-oProxyCommand=x", "fe80::1", "1.2.3", "192.168.59.300", ""])
def test_what_is_no_address_is_not_taken_for_one(text):
    with pytest.raises(MachshError, match="Could not find matching IP"):
        address_of(BUSYBOX.replace("192.168.99.100", text), MAC)


@pytest.mark.parametrize("kind", ["hostonlyadapter2", "hostonly-network2"])
def test_the_adapters_hardware_address_is_compared_in_small_letters(kind):
    assert host_only_mac({kind: "vboxnet0", "macaddress1": "X", "macaddress2": "080027AABBCC"}) == MAC


def test_without_a_host_only_adapter_that_is_docker_machines_error():
    with pytest.raises(MachshError, match="Machine does not have a host-only adapter"):
        host_only_mac({"macaddress1": "080027AABBCC"})
    with pytest.raises(MachshError, match="Could not find MAC address for adapter 2"):
        host_only_mac({"hostonlyadapter2": "vboxnet0"})


def test_a_guest_that_never_gets_an_address_is_an_error_with_the_last_reason(monkeypatch):
    monkeypatch.setattr(guest_address, "ADDRESS_SECONDS", 0.05)
    monkeypatch.setattr(guest_address, "ask_guest", lambda *_: address_of("", MAC))
    context = DriverContext(environment=None, progress=None, ask=None)
    with pytest.raises(
        MachshError, match="The address of web could not be found out: Could not find"
    ) as caught:
        guest_address.wait_for(Target("127.0.0.1", machine="web"), MAC, context)
    assert "DHCP" in caught.value.hint
