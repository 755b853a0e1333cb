from ipaddress import IPv4Interface

import pytest

from machsh.drivers.virtualbox import host_computer
from machsh.drivers.virtualbox.hypervisors.vbox_version import VBoxVersion
from machsh.drivers.virtualbox.networks import dhcp, host_only_ranges
from machsh.drivers.virtualbox.networks.host_only import HostOnlyAdapter, check_collision, list_adapters
from machsh.drivers.virtualbox.networks.host_only_ranges import allowed_cidr, parse_cidr
from machsh.errors import MachshError, RefusedError
from machsh.testing.fakes import RecordingProgress

NEW, OLD = VBoxVersion(7, 2), VBoxVersion(6, 1, 26)


@pytest.fixture
def networks_conf(tmp_path, monkeypatch):
    path = tmp_path / "networks.conf"
    monkeypatch.setattr(host_only_ranges, "CONFIGURATION", path)
    return path


def allowed(cidr, version=NEW, platform="linux"):
    return allowed_cidr(cidr, version, platform, RecordingProgress())


def test_docker_machines_default_is_replaced_where_virtualbox_refuses_it(networks_conf):
    assert allowed("192.168.99.1/24") == "192.168.59.1/24"
    assert allowed("192.168.99.1/24", OLD) == "192.168.99.1/24"
    assert allowed("192.168.99.1/24", NEW, "win32") == "192.168.99.1/24"


def test_an_address_of_ones_own_outside_the_ranges_is_refused_with_the_way_out(networks_conf):
    with pytest.raises(
        RefusedError, match=r"does not allow .* 10\.9\.9\.1/24: allowed are 192\.168\.56\.0/21"
    ) as caught:
        allowed("10.9.9.1/24")
    assert "'* 10.9.9.0/24'" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "cidr", "is_allowed"),
    [
        ("* 10.0.0.0/8 192.168.0.0/16\n* 2001::/64\n", "10.9.9.1/24", True),
        ("# * 10.0.0.0/8\n* 192.168.0.0/16\n", "10.9.9.1/24", False),
        ("* 0.0.0.0/0 ::/0\n", "10.9.9.1/24", True),
        ("*10.0.0.0/8\n", "10.9.9.1/24", True),
        ("# nothing is allowed\n", "192.168.56.1/24", False),
        ("* nonsense 10.0.0.0/8", "10.9.9.1/24", True),
    ],
)
def test_the_users_ranges_replace_the_built_in_one(networks_conf, text, cidr, is_allowed):
    networks_conf.write_text(text)
    if is_allowed:
        assert allowed(cidr) == cidr
    else:
        with pytest.raises(RefusedError):
            allowed(cidr)


def test_a_cidr_is_checked_with_docker_machines_texts():
    for text in ("nonsense", "192.168.99.1", "192.168.99.1/33", "fe80::1/64"):
        with pytest.raises(MachshError, match=f"invalid CIDR address: {text}"):
            parse_cidr(text)
    with pytest.raises(MachshError, match="must be specified with a host address, not a network address"):
        parse_cidr("192.168.99.0/24")
    assert str(parse_cidr("")) == "192.168.99.1/24"


@pytest.mark.parametrize(
    "cidr",
    [
        "192.168.59.1/24",
        "192.168.59.120/24",
        "192.168.59.254/24",
        "10.9.9.1/28",
        "10.9.9.5/29",
        "172.16.3.9/16",
        "10.9.9.200/25",
    ],
)
def test_no_address_of_a_dhcp_server_clashes(cidr):
    wanted = IPv4Interface(cidr)
    for _ in range(50):
        assert dhcp.new_server(wanted).fits(wanted, is_enabled=True)


def test_docker_machines_ranges_are_kept_where_nothing_clashes():
    server = dhcp.new_server(IPv4Interface("192.168.99.1/24"))
    assert (str(server.lower), str(server.upper)) == ("192.168.99.100", "192.168.99.254")
    assert str(server.address).startswith("192.168.99.")


def test_a_network_without_room_for_guests_is_refused():
    with pytest.raises(MachshError, match="too small"):
        dhcp.new_server(IPv4Interface("10.9.9.1/31"))


def test_another_network_of_this_computer_with_the_address_is_a_collision(monkeypatch):
    monkeypatch.setattr(host_computer, "networks", lambda: [IPv4Interface("192.168.59.7/24")])
    with pytest.raises(
        MachshError, match="host-only cidr conflicts with the network address of a host interface"
    ):
        check_collision(IPv4Interface("192.168.59.1/24"), [])
    own = HostOnlyAdapter("vboxnet0", "HostInterfaceNetworking-vboxnet0", "192.168.59.7", "255.255.255.0")
    check_collision(IPv4Interface("192.168.59.1/24"), [own])


@pytest.mark.parametrize(
    ("second", "text"),
    [
        ("vboxnet0", 'with the same name "HostInterfaceNetworking-vboxnet0"'),
        ("vboxnet1", 'with the same IP "192.168.99.1"'),
    ],
)
def test_two_adapters_that_are_the_same_are_reported_with_docker_machines_texts(second, text):
    entry = "Name: {0}\nIPAddress: 192.168.99.1\nNetworkMask: 255.255.255.0\nVBoxNetworkName: HostInterfaceNetworking-{0}\n\n"

    class Box:
        def run(self, *words):
            return entry.format("vboxnet0") + entry.format(second)

    with pytest.raises(MachshError, match=text):
        list_adapters(Box())


def test_the_mask_that_windows_misreports_counts():
    assert HostOnlyAdapter("a", "b", "192.168.99.1", "15.0.0.0").serves(IPv4Interface("192.168.99.1/24"))
