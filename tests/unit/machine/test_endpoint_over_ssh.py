"""A machine whose engine is reached over ssh."""

import pytest

from machsh.drivers.driver import State
from machsh.engine.endpoint import Endpoint
from machsh.errors import MachineNotRunningError, MachshError
from machsh.machine.machine import Machine
from machsh.machine.records.record import SSH_ENDPOINT, MachineRecord


@pytest.fixture
def over_ssh(machines, fresh_driver):
    """A running machine; its driver forwards a port to the engine, which is of no use here."""
    record = MachineRecord(driver_name="virtual", name="web")
    record.machsh.endpoint = SSH_ENDPOINT
    record.driver = {"IPAddress": "127.0.0.1", "MachineName": "web", "SSHUser": "admin", "SSHPort": 2222}
    fresh_driver.hosts["web"] = State.RUNNING
    return Machine(record, machines._context)


def test_its_endpoint_is_the_ssh_address_and_asks_nobody(over_ssh, fresh_driver):
    assert over_ssh.endpoint() == Endpoint("ssh://admin@127.0.0.1:2222")
    assert over_ssh.endpoint().scheme == "ssh"
    assert fresh_driver.calls == []


def test_an_address_of_ipv6_is_in_brackets(over_ssh):
    over_ssh.driver.record.ip_address = "2001:db8::7"
    assert over_ssh.known_url() == "ssh://admin@[2001:db8::7]:2222"


def test_its_url_needs_a_running_machine(over_ssh, fresh_driver):
    assert over_ssh.url() == "ssh://admin@127.0.0.1:2222"
    fresh_driver.hosts["web"] = State.STOPPED
    with pytest.raises(MachineNotRunningError):
        over_ssh.url()


def test_an_address_that_is_not_known_is_told_with_its_remedy(over_ssh):
    over_ssh.driver.record.ip_address = ""
    with pytest.raises(MachshError) as caught:
        over_ssh.endpoint()
    assert caught.value.hint == "start it: machsh start web"


def test_a_record_keeps_it_and_one_without_it_has_no_new_key():
    record = MachineRecord(name="web")
    assert "Machsh" not in record.to_json()
    record.machsh.endpoint = SSH_ENDPOINT
    assert record.to_json()["Machsh"] == {"Endpoint": "ssh"}
    assert MachineRecord.from_json(record.to_json()).machsh.endpoint == SSH_ENDPOINT
