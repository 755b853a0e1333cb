"""The session: which machine is active, and what commands may ask."""

import pytest

from machsh.engine import local_engine
from machsh.errors import MachineNotFoundError, MachshError
from machsh.session.opening import begin
from machsh.session.session import Mode
from machsh.testing.fakes import FakeEnvironment


def test_use_switches_and_goes_back(session):
    session.use("b")
    assert (session.active, session.previous) == ("b", "a")
    session.use("-")
    assert (session.active, session.previous) == ("a", "b")


def test_use_of_the_active_machine_keeps_the_way_back(session):
    session.use("b")
    session.use("b")
    assert session.previous == "a"


def test_there_may_be_no_way_back(open_one):
    with pytest.raises(MachshError, match="no machine to go back to"):
        open_one().use("-")


def test_an_unknown_machine_is_refused_with_what_was_perhaps_meant(open_one):
    session = open_one(Mode.SHELL, "web-1")
    with pytest.raises(MachineNotFoundError) as caught:
        session.use("web1")
    assert caught.value.hint == "did you mean web-1?"
    assert session.active == ""


def test_a_stored_machine_with_a_reserved_name_stays_reachable(open_one):
    session = open_one(Mode.SHELL, "local", "all")
    session.use("machine:local")
    assert session.endpoint().url == "tcp://local.test:2376"
    session.use("local")
    assert session.endpoint().url.startswith("unix://")
    session.use("machine:all")
    assert session.endpoint().url == "tcp://all.test:2376"


def test_listeners_hear_of_a_switch(session):
    heard = []
    session.listeners = [heard.append]
    session.use("b")
    assert heard == ["b"]


def test_an_endpoint_needs_a_machine(open_one):
    with pytest.raises(MachshError, match="no machine is active"):
        open_one().endpoint()


def test_a_fork_changes_nothing_here(session):
    fork = session.for_machine("b")
    fork.variables["X"] = "1"
    fork.use("a")
    assert (session.active, session.variables) == ("a", {})
    assert fork.previous == "b"


# Where a session starts


def test_the_given_machine_comes_first(open_one):
    session = open_one(Mode.BATCH, "a", "b")
    session.environment.variables["DOCKER_MACHINE_NAME"] = "b"
    begin(session, "a")
    assert session.active == "a"
    with pytest.raises(MachineNotFoundError):
        begin(session, "c")


def test_then_the_variable(open_one):
    session = open_one(Mode.BATCH, "b")
    session.environment.variables["DOCKER_MACHINE_NAME"] = "b"
    begin(session)
    assert session.active == "b"


def test_a_stale_variable_makes_nothing_active(open_one):
    session = open_one(Mode.BATCH)
    session.environment.variables["DOCKER_MACHINE_NAME"] = "gone"
    begin(session)
    assert session.active == ""
    assert 'DOCKER_MACHINE_NAME names "gone"' in session.environment.err


def test_the_users_remote_docker_host_is_not_this_computer():
    environment = FakeEnvironment(variables={"DOCKER_HOST": "tcp://192.0.2.1:2375"})
    assert local_engine.endpoint(environment).url.startswith("unix://")


def test_a_rootless_engine_is_found(home):
    environment = FakeEnvironment(home, variables={"XDG_RUNTIME_DIR": str(home)})
    found = [str(path) for path in local_engine._candidates(environment)]
    assert found[:2] == ["/var/run/docker.sock", str(home / "docker.sock")]


def test_a_removed_machine_is_active_no_longer(session, monkeypatch):
    session.use("b")
    session.machines.store.remove("b")
    session.machines.store.remove("a")
    told = []
    session.listeners = [told.append]
    monkeypatch.setattr(local_engine, "answers", lambda environment: True)
    session.drop_removed(["b", "a"])
    assert (session.active, session.previous) == ("local", "")
    assert told == ["local"]


def test_a_machine_that_could_not_be_removed_stays_active(session):
    session.use("b")
    session.drop_removed(["b"])
    assert (session.active, session.previous) == ("b", "a")


def test_a_renamed_machine_stays_active_and_previous(session):
    told = []
    session.use("a")
    session.use("b")
    session.listeners = [told.append]
    session.follow_rename("a", "x")
    assert (session.active, session.previous, told) == ("b", "x", [])
    session.follow_rename("b", "y")
    assert (session.active, session.previous, told) == ("y", "x", ["y"])
    session.follow_rename("nosuch", "z")
    assert (session.active, session.previous) == ("y", "x")


def test_without_an_engine_of_this_computer_nobody_takes_its_place(session, monkeypatch):
    session.machines.store.remove("a")
    monkeypatch.setattr(local_engine, "answers", lambda environment: False)
    session.drop_removed(["a"])
    assert session.active == ""


def test_rm_of_the_active_machine_leaves_it(session, monkeypatch):
    monkeypatch.setattr(local_engine, "answers", lambda environment: True)
    session.use("b")
    assert session.runner.execute("rm -y b") == 0
    assert session.active == "local"
