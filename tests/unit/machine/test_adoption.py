"""Commands that would change the host of an adopted machine refuse, until it is taken over."""

import pytest

from machsh.engine.engine_facts import EngineFacts
from machsh.errors import RefusedError
from machsh.machine.adoption import check_may_change
from machsh.machine.upkeep import take_over
from machsh.machine.upkeep.provisioning import ProvisionResult, spec_with_certificates


@pytest.fixture
def adopted(machines, create_request, engine, fresh_driver):
    """A machine `web` that counts as adopted; what `create` did is forgotten."""
    machines.create(create_request("web", "fake"))
    with machines.store.change("web") as record:
        record.machsh.adopted = True
    engine.done.clear()
    fresh_driver.calls.clear()
    return machines


@pytest.mark.parametrize("command", ["provision", "upgrade", "regenerate_certs"])
def test_what_changes_a_host_refuses_before_it_does_anything(adopted, engine, fresh_driver, command):
    with pytest.raises(RefusedError, match='"web" was adopted as it is') as caught:
        getattr(adopted, command)("web")
    assert "provision --take-over web" in caught.value.hint
    assert (engine.done, fresh_driver.calls) == ([], [])


def test_one_adopted_machine_keeps_the_others_from_being_changed(adopted, create_request, engine):
    adopted.create(create_request("db", "fake"))
    engine.done.clear()
    with pytest.raises(RefusedError):
        adopted.provision("db", "web")
    assert engine.done == []


def test_client_certificates_of_adopted_machines_are_not_renewed(adopted):
    before = {path: path.read_bytes() for path in adopted.store.certs_folder.iterdir() if path.is_file()}
    with pytest.raises(RefusedError):
        adopted.regenerate_certs("web", client_certs=True)
    assert {path: path.read_bytes() for path in before} == before


def test_the_door_to_the_host_itself_is_shut_too(adopted):
    with pytest.raises(RefusedError, match="was adopted"):
        spec_with_certificates(adopted.get("web"))


def test_a_machine_without_a_known_host_says_who_may_change_it(machines, create_request, engine):
    machines.create(create_request("web", "bare"))
    machine = machines.get("web")
    check_may_change(machine)
    machine.record.machsh.adopted = True
    with pytest.raises(RefusedError, match="only its engine is known") as caught:
        check_may_change(machine, "upgrade")
    assert "--take-over" not in caught.value.hint


def test_taking_over_makes_it_an_ordinary_machine(adopted, engine):
    adopted.provision("web", takes_over=True)
    assert engine.done == ["look", "apply"]
    assert not adopted.get("web").record.machsh.adopted
    adopted.provision("web")
    with pytest.raises(RefusedError, match="was not adopted"):
        adopted.provision("web", takes_over=True)


def test_a_take_over_that_failed_leaves_it_adopted(adopted, engine):
    engine.fails["apply"] = RefusedError("no space")
    with pytest.raises(RefusedError, match="no space"):
        adopted.provision("web", takes_over=True)
    assert adopted.get("web").record.machsh.adopted


def facts(**changes):
    return EngineFacts(**{"version": "24.0.7", "running": 3, **changes})


@pytest.fixture
def planned(adopted, monkeypatch):
    def plan(found, steps=("write /etc/docker/daemon.json", "restart docker")):
        monkeypatch.setattr(take_over, "_facts", lambda machine: found)
        monkeypatch.setattr(
            take_over, "preview", lambda machine, changes: ProvisionResult(machine.name, steps=steps)
        )
        (planned,) = adopted.plan_take_over("web")
        return planned

    return plan


def test_the_plan_names_the_steps_and_the_containers_that_stop(planned):
    assert (planned(facts()).steps[1], planned(facts()).stopping) == ("restart docker", 3)
    assert planned(facts(live_restores=True)).stopping == 0
    assert planned(facts(), steps=()).stopping == 0


@pytest.mark.parametrize("kind", [{"is_podman": True}, {"is_rootless": True}])
def test_an_engine_that_machsh_does_not_set_up_is_not_taken_over(planned, kind):
    with pytest.raises(RefusedError, match="another engine beside it"):
        planned(facts(**kind))


def test_an_engine_at_a_socket_of_its_users_own_is_not_taken_over(adopted):
    with adopted.store.change("web") as record:
        record.machsh.engine_socket = "/run/user/1000/docker.sock"
    with pytest.raises(RefusedError, match="an engine of its user's own"):
        adopted.provision("web", takes_over=True)
