import pytest

from machsh.drivers.driver import State
from machsh.drivers.none import NoneDriver, NoneRecord
from machsh.errors import MachshError, UsageError
from machsh.options import Values
from machsh.testing.fakes import fake_context


def configured(url):
    driver = NoneDriver(NoneRecord(machine_name="foo", store_path="/store"), fake_context())
    driver.configure(Values({"url": url}))
    return driver


def test_record_is_docker_machines():
    assert configured("tcp://192.0.2.10:2376").record.to_json() == {
        "IPAddress": "192.0.2.10:2376",
        "MachineName": "foo",
        "SSHUser": "",
        "SSHPort": 0,
        "SSHKeyPath": "",
        "StorePath": "/store",
        "SwarmMaster": False,
        "SwarmHost": "",
        "SwarmDiscovery": "",
        "URL": "tcp://192.0.2.10:2376",
    }


def test_it_is_always_running_at_its_url():
    driver = configured("tcp://192.0.2.10:2376")
    assert driver.state() is State.RUNNING
    assert driver.url() == driver.known_url() == "tcp://192.0.2.10:2376"
    assert driver.ip() == "192.0.2.10:2376"
    assert driver.ssh_target() is None


def test_a_word_for_a_url_has_no_address():
    assert configured("x").ip() == ""


def test_no_url_is_refused():
    with pytest.raises(UsageError, match="--url option is required when no driver is selected"):
        configured("")


@pytest.mark.parametrize(
    ("call", "done"),
    [("start", "started"), ("stop", "stopped"), ("kill", "killed"), ("restart", "restarted")],
)
def test_it_cannot_be_moved(call, done):
    with pytest.raises(MachshError, match=f"hosts without a driver cannot be {done}"):
        getattr(configured("tcp://h:1"), call)()
