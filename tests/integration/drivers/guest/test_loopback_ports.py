"""Free ports of the loopback address."""

import socket
from contextlib import closing

import pytest

from machsh.drivers.guest import loopback_ports
from machsh.errors import MachshError


def test_a_port_that_is_taken_is_not_chosen_again():
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert not loopback_ports.is_free(taken)
        assert loopback_ports.choose(taken) not in (0, taken)
    assert loopback_ports.choose(taken) == taken
    assert loopback_ports.choose(taken, [taken]) not in (0, taken)


def test_udp_and_tcp_ports_are_apart():
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not loopback_ports.is_free(port, "udp")


def test_where_no_port_is_free_that_is_an_error(monkeypatch):
    monkeypatch.setattr(loopback_ports, "LOOPBACK", "192.0.2.1")  # an address that no computer has
    with pytest.raises(MachshError, match="unable to allocate tcp port"):
        loopback_ports.choose(0)
