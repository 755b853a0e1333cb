import pytest

from machsh.drivers import registry
from machsh.drivers.driver import Driver, State
from machsh.drivers.registry import DriverNotFoundError
from machsh.errors import ExitCode, MachshError
from machsh.testing.fakes import fake_context


class Plugins:
    environment = None

    def __init__(self, **drivers):
        self.drivers = drivers
        self.asked = []

    def find(self, group, name):
        self.asked.append((group, name))
        return self.drivers.get(name)

    def names(self, group):
        return sorted(self.drivers)


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_a_built_in_driver_is_found_without_asking_plugins(name):
    plugins = Plugins()
    assert registry.find(name, plugins).name == name
    assert plugins.asked == []


def test_a_plugins_driver_is_found_in_its_group():
    plugins = Plugins(mine=Driver)
    assert registry.find("mine", plugins) is Driver
    assert plugins.asked == [("machsh.drivers.v1", "mine")]


def test_names_are_all_of_them_once():
    assert registry.names(Plugins(mine=Driver, none=Driver)) == ["docker", "generic", "mine", "none"]


def test_an_unknown_driver_has_docker_machines_text_and_close_names():
    with pytest.raises(DriverNotFoundError) as caught:
        registry.find("dokcer", Plugins())
    assert str(caught.value) == (
        'Driver "dokcer" not found. Do you have the plugin binary "docker-machine-driver-dokcer" '
        "accessible in your PATH?"
    )
    assert caught.value.hint == "did you mean docker? known drivers: docker, generic, none"
    assert caught.value.code == ExitCode.REFUSED
    assert caught.value.docker_machine_code == ExitCode.FAILED


def test_a_stored_machine_gets_its_driver_and_record():
    driver = registry.load("none", {"URL": "tcp://h:1", "New": 1}, fake_context(), Plugins())
    assert driver.known_url() == "tcp://h:1"
    assert driver.record.to_json()["New"] == 1


def test_a_missing_driver_is_stood_in_for_and_its_record_kept():
    stored = {"MachineName": "m", "Zone": "a", "IPAddress": "192.0.2.1"}
    driver = registry.load("zzz", stored, fake_context(), Plugins())
    assert driver.name == "not-found"
    assert driver.record.to_json() == stored
    assert driver.known_url() == ""
    text = 'Driver "zzz" not found. Do you have the plugin binary accessible in your PATH?'
    for call in (driver.state, driver.start, driver.remove, driver.ip, driver.url, driver.ssh_target):
        with pytest.raises(MachshError) as caught:
            call()
        assert str(caught.value) == text
        assert "machsh rm -f m" in caught.value.hint


def test_states_have_docker_machines_numbers():
    assert [state.number for state in (State.NONE, State.RUNNING, State.STOPPED, State.TIMEOUT)] == [
        0,
        1,
        4,
        8,
    ]
