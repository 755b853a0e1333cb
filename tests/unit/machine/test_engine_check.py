import pytest

from machsh.engine.endpoint import Endpoint
from machsh.errors import MachineNotRunningError, MachshError
from machsh.machine.contact.engine_check import check, check_patiently


@pytest.fixture
def tls(monkeypatch):
    """TLS checks by port: what each raises."""
    fails = {}

    def proven(endpoint, paths=None, seconds=20.0):
        if endpoint.address[1] in fails:
            raise fails[endpoint.address[1]]

    monkeypatch.setattr("machsh.engine.tls_check.check", proven)
    return fails


def test_a_good_engine_gives_its_endpoint(machines, create_request, tls):
    machines.create(create_request())
    assert check(machines.get("web")) == Endpoint("tcp://192.0.2.7:2376", machines.store.certs_folder)


def test_a_stopped_machine_says_only_that(machines, create_request, tls):
    machines.create(create_request())
    machines.stop("web")
    with pytest.raises(MachineNotRunningError, match=r"^Host is not running$"):
        check(machines.get("web"))


@pytest.mark.parametrize("program", ["machsh", "docker-machine"])
def test_bad_certificates_are_told_in_docker_machines_words(machines, create_request, tls, program):
    machines.create(create_request())
    machines.environment.program_path = f"/usr/bin/{program}"
    tls[2376] = MachshError("x509: certificate signed by unknown authority", hint="make new ones")
    with pytest.raises(MachshError) as caught:
        check(machines.get("web"))
    assert str(caught.value) == (
        "Error checking and/or regenerating the certs: There was an error validating certificates "
        'for host "192.0.2.7:2376": x509: certificate signed by unknown authority\n'
        f"You can attempt to regenerate them using '{program} regenerate-certs [name]'.\n"
        "Be advised that this will trigger a Docker daemon restart which might stop running containers.\n"
    )
    assert caught.value.hint == "make new ones"


def test_swarm_asks_for_the_masters_port(machines, create_request, tls):
    machines.create(create_request(swarm_master=True, swarm_host="tcp://0.0.0.0:3376"))
    assert check(machines.get("web"), swarm=True).url == "tcp://192.0.2.7:3376"
    tls[3376] = MachshError("refused")
    with pytest.raises(MachshError) as caught:
        check(machines.get("web"), swarm=True)
    assert str(caught.value) == (
        "Connection to Swarm cannot be checked but the certs are valid. Maybe swarm is not started"
    )
    tls[2376] = MachshError("refused")
    with pytest.raises(MachshError, match=r"^Error checking and/or regenerating the certs"):
        check(machines.get("web"), swarm=True)


def test_swarm_of_no_master(machines, create_request, tls):
    machines.create(create_request())
    with pytest.raises(MachshError) as caught:
        check(machines.get("web"), swarm=True)
    assert str(caught.value) == (
        '"web" is not a swarm master. The --swarm flag is intended for use with swarm masters'
    )


def test_a_socket_needs_no_check(machines, create_request):
    machines.create(create_request(driver="none", url="unix:///nonexistent.sock"))
    assert check(machines.get("web")) == Endpoint("unix:///nonexistent.sock")


def test_a_check_of_an_engine_that_is_coming_up_is_patient(machines, create_request, monkeypatch):
    machines.create(create_request())
    answers = [MachshError("connection refused"), MachshError("EOF"), None]

    def proven(endpoint, paths=None, seconds=20.0):
        answer = answers.pop(0)
        if answer:
            raise answer

    monkeypatch.setattr("machsh.engine.tls_check.check", proven)
    check_patiently(machines.get("web"))
    assert answers == []
