"""The script that a machine's driver is given while the machine is created."""

import base64

import pytest

from machsh.certs import validity
from machsh.machine.certificates import server_pair
from machsh.machine.upkeep.provisioning import engine_spec
from tests.support.machines import FakeDriver, VirtualDriver


@pytest.fixture
def vm(machines, create_request, engine):
    machines.create(create_request("vm", "virtual", engine_label=["a=b"]))
    return machines.get("vm")


def test_it_holds_the_certificate_that_provisioning_then_uses(vm):
    (script,) = VirtualDriver.seeds
    certificate, key = server_pair(vm)
    for pem in (certificate, key):
        assert base64.b64encode(pem.encode()).decode() in script
    reported = validity.read(vm.folder / "server.pem")
    assert all(map(reported.covers, ("127.0.0.1", "localhost")))
    assert (vm.folder / "server-key.pem").stat().st_mode & 0o777 == 0o600


def test_the_engine_listens_on_its_own_port_and_not_on_the_forwarded_one(vm):
    assert vm.driver.known_url() == "tcp://127.0.0.1:49211"
    assert vm.endpoint().address == ("127.0.0.1", 49211)
    assert engine_spec(vm, "CERTIFICATE", "KEY").engine_port == 2376
    text = "".join(
        base64.b64decode(line).decode()
        for line in VirtualDriver.seeds[0].splitlines()
        if len(line) > 60 and " " not in line
    )
    assert "tcp://0.0.0.0:2376" in text
    assert "49211" not in text


def test_it_is_offered_while_a_machine_is_created_only(vm):
    assert vm.driver.context.first_boot is None


def test_a_driver_that_fails_is_not_left_with_it(machines, create_request, engine, fresh_driver):
    contexts = []
    create = FakeDriver.create

    def fail(self):
        contexts.append(self.context)
        assert self.context.first_boot is not None
        fresh_driver.fails["create"] = RuntimeError("the disk is full")
        create(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VirtualDriver, "create", fail)
        with pytest.raises(RuntimeError):
            machines.create(create_request("vm", "virtual"))
    assert contexts[0].first_boot is None


def test_a_driver_without_provisioning_is_not_offered_it(machines, create_request):
    seen = []
    create = FakeDriver.create
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeDriver, "create", lambda self: (seen.append(self.context.first_boot), create(self)))
        machines.create(create_request())
    assert seen == [None]
