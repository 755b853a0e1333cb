"""How an engine is reached: chosen when a machine is made, and changed later."""

import base64

import pytest

from machsh.drivers.capabilities import Capability
from machsh.drivers.generic import GenericDriver
from machsh.errors import InterruptedByUserError, MachshError, RefusedError, UsageError
from machsh.machine.endpoint_change import CERTIFICATES, change_endpoint
from machsh.machine.machine import Machine
from machsh.machine.records.record import SSH_ENDPOINT
from machsh.machine.upkeep.provisioning import regenerate
from machsh.options import Values
from machsh.testing.fakes import fake_context
from tests.support.machines import VirtualDriver, failure


@pytest.fixture
def make(machines, create_request, engine):
    def make(driver="virtual", **values):
        machines.create(create_request("web", driver, **values))
        return machines.get("web")

    return make


def test_a_machine_over_ssh_is_made_without_certificates_and_without_a_port(make, machines):
    machine = make(endpoint="ssh")
    assert machine.record.machsh.endpoint == SSH_ENDPOINT
    assert not machine.driver.context.opens_engine_port
    assert not machines.store.certs_folder.exists()
    (script,) = VirtualDriver.seeds
    texts = [base64.b64decode(line).decode() for line in script.splitlines() if line.startswith("ewog")]
    assert any("provider=virtual" in text for text in texts)
    assert not any("tls" in text or "2376" in text for text in texts)
    assert "server-key.pem" not in script.partition("starts_with /")[2]


def test_the_setting_decides_for_who_asks_for_nothing(make, machines):
    machines.environment.endpoint = "ssh"
    assert make().is_over_ssh


def test_what_is_asked_for_comes_before_the_setting(make, machines):
    machines.environment.endpoint = "ssh"
    assert not make(endpoint="tls").is_over_ssh


def test_a_driver_that_provisions_nothing_has_none_over_ssh(make, machines):
    machines.environment.endpoint = "ssh"
    assert not make("bare").is_over_ssh
    machines.remove("web")
    with pytest.raises(UsageError, match="sets up no engine"):
        make("bare", endpoint="ssh")


def test_a_driver_without_ports_has_it_over_ssh_only(make, monkeypatch):
    monkeypatch.setattr(VirtualDriver, "capabilities", VirtualDriver.capabilities | {Capability.NO_PORT})
    with pytest.raises(UsageError, match="open no port"):
        make(endpoint="tls")
    assert make().is_over_ssh


def test_a_drivers_own_option_is_as_good_as_the_common_one(tmp_path):
    driver = GenericDriver(GenericDriver.record_type(), fake_context(tmp_path))
    assert driver.wanted_endpoint(Values({"generic-endpoint": "ssh"})) == "ssh"
    assert driver.wanted_endpoint(Values()) == ""


@pytest.mark.parametrize("values", [{"endpoint": "udp"}, {"endpoint": "ssh", "swarm": True}])
def test_what_cannot_be_is_refused_before_anything_is_made(make, machines, values):
    with pytest.raises(UsageError):
        make(**values)
    assert machines.names() == []


@pytest.fixture
def web(make):
    """A machine over TLS, with the files of TLS in its folder."""
    machine = make()
    for name in CERTIFICATES:
        (machine.folder / name).touch()
    return machine


def files(machine: Machine) -> set[str]:
    return {name for name in CERTIFICATES if (machine.folder / name).exists()}


def test_a_change_is_done_checked_and_leaves_no_key_behind(web, engine):
    engine.done.clear()
    change_endpoint(web, "ssh")
    assert engine.done == ["look", "apply", "check"]
    assert web.is_over_ssh
    assert not web.driver.context.opens_engine_port
    assert files(web) == set()


def test_a_login_key_of_such_a_name_stays(web):
    web.driver.record.ssh_key_path = str(web.folder / "key.pem")
    change_endpoint(web, "ssh")
    assert files(web) == {"key.pem"}


def test_a_change_that_fails_is_put_back(web, engine):
    engine.fails["check"] = failure()
    engine.done.clear()
    with pytest.raises(MachshError) as caught:
        change_endpoint(web, "ssh")
    assert engine.done == ["look", "apply", "check", "look", "apply"]
    assert not web.is_over_ssh
    assert web.driver.context.opens_engine_port
    assert caught.value.hint == 'mend it\n"web" is reached as before'
    assert files(web) == set(CERTIFICATES)


def test_a_change_that_cannot_be_put_back_says_what_mends_it(web, engine):
    engine.fails["apply"] = failure()
    with pytest.raises(MachshError) as caught:
        change_endpoint(web, "ssh")
    assert caught.value.hint.endswith("machsh provision web")
    assert not web.is_over_ssh


def test_ctrl_c_puts_nothing_back_and_says_what_does(web, engine):
    engine.fails["apply"] = InterruptedByUserError("Stopped")
    engine.done.clear()
    with pytest.raises(InterruptedByUserError) as caught:
        change_endpoint(web, "ssh")
    assert engine.done == ["look", "apply"]
    assert caught.value.hint.endswith("machsh provision web")


def test_a_host_that_can_get_no_port_is_left_as_it_is(make, engine, monkeypatch):
    machine = make(endpoint="ssh")
    asked = []

    def refuse(driver):
        asked.append(driver.context.opens_engine_port)
        raise RefusedError("no port")

    monkeypatch.setattr(VirtualDriver, "open_engine_port", refuse)
    engine.done.clear()
    with pytest.raises(RefusedError):
        change_endpoint(machine, "tls")
    assert asked == [True]
    assert engine.done == []
    assert machine.is_over_ssh


def test_what_machsh_did_not_set_up_is_not_changed(make):
    machine = make("bare")
    with pytest.raises(RefusedError, match="not set up by machsh"):
        change_endpoint(machine, "ssh")


def test_provision_saves_the_change_with_the_engines_options(make, machines):
    make()
    machines.provision("web", changes={"endpoint": "ssh", "engine-label": ["a=b"]})
    record = machines.store.load("web")
    assert (record.machsh.endpoint, record.engine.labels) == (SSH_ENDPOINT, ["a=b"])


def test_there_is_no_certificate_to_regenerate(make):
    machine = make(endpoint="ssh")
    with pytest.raises(RefusedError, match="reached over ssh"):
        regenerate(machine)
