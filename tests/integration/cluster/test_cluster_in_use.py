"""A cluster in use: docker commands go to a manager that can act, and to the next when it dies."""

import time

import pytest

from machsh.cluster import manager_in_use, members
from machsh.cluster.cluster_status import status
from machsh.cluster.formation import init
from machsh.cluster.manager_in_use import ManagerInUse
from machsh.cluster.members import NoManagerError
from machsh.engine import local_engine
from machsh.errors import MachineNotFoundError, RefusedError, UsageError
from machsh.progress import NullProgress
from machsh.session.opening import begin
from machsh.session.session import Mode
from tests.support.stores import add_machine

MANAGERS = ("m1", "m2")


def other(manager):
    return next(name for name in MANAGERS if name != manager)


def run(session, line):
    """Run a line; return its exit code and what it added to stdout and stderr."""
    out, err = len(session.environment.out), len(session.environment.err)
    code = session.runner.execute(line)
    return code, session.environment.out[out:], session.environment.err[err:]


def test_the_nodes_are_asked_in_one_exchange_of_one_connection(session, swarm):
    found = status(session.machines, "prod")
    assert [one.machine for one in found.nodes] == ["m1", "m2", "w1"]
    assert swarm.requests[found.asked] == ["GET /info", "GET /nodes"]


def test_a_manager_is_active_and_docker_goes_to_it(session, swarm):
    assert run(session, "use prod")[0] == 0
    assert session.active in MANAGERS
    assert (session.place, session.previous) == ("cluster:prod", "web")
    assert run(session, "docker where")[1] == f"{session.active} {swarm.nodes[session.active].url}\n"


def test_a_manager_that_dies_costs_one_retry_and_is_named(session, swarm):
    session.use("prod")
    told = []
    session.listeners.append(told.append)
    former = session.active
    swarm.nodes[former].die()
    code, out, err = run(session, "docker where")
    assert (code, out.split()[0], session.active) == (0, other(former), other(former))
    assert f'"{former}" cannot act for "prod"' in err
    assert f'"{other(former)}" is asked now' in err
    assert told == [other(former)]  # completion and relay follow
    assert run(session, "docker where")[2] == ""


def test_a_command_that_had_begun_says_so_and_is_not_repeated(session, swarm):
    session.use("prod")
    former = session.active
    swarm.nodes[former].breaks_after = 1  # the check before the command, and not the one after it
    code, _, err = run(session, "docker fail here")
    assert (code, err.count("no here")) == (5, 1)
    assert f'"{former}" was lost while the command ran' in err
    assert run(session, "docker where")[1].split()[0] == other(former)


def test_a_command_that_fails_on_a_manager_that_is_well_says_nothing_of_it(session, swarm):
    session.use("prod")
    assert "lost" not in run(session, "docker fail here")[2]


def test_a_manager_that_falls_silent_is_left_after_a_short_time(session, swarm, monkeypatch):
    monkeypatch.setattr(manager_in_use, "CHECK_SECONDS", 0.2)
    used = ManagerInUse(session.machines, "prod")
    used.reach()
    former = used.manager
    swarm.nodes[former].freeze()
    began = time.monotonic()
    assert used.has_lost()
    assert time.monotonic() - began < members.SECONDS / 2
    swarm.nodes[former].thaw()
    used.close()


def test_workers_that_answer_are_no_election(session, swarm):
    for name in MANAGERS:
        swarm.nodes[name].die()
    with pytest.raises(NoManagerError, match="w1: is no manager") as raised:
        members.find_manager(session.machines, "prod")
    assert not raised.value.may_change


def test_it_waits_while_the_managers_elect_a_leader(session, swarm):
    used = ManagerInUse(session.machines, "prod")
    used.reach()
    former, said = used.manager, []
    swarm.has_leader = False

    def note(text):
        said.append(text)
        swarm.has_leader = True

    used.reach(note)
    used.close()
    assert said[0] == 'the managers of "prod" elect a leader...'
    assert used.manager in MANAGERS
    assert len(said) == 1 + (used.manager != former)


def test_without_a_leader_for_long_the_error_says_what_to_do(session, swarm, monkeypatch):
    monkeypatch.setattr(manager_in_use, "ELECTION_SECONDS", 0.1)
    swarm.has_leader = False
    with pytest.raises(NoManagerError, match="knows no leader") as caught:
        session.use("prod")
    assert "machsh cluster recover prod NAME" in caught.value.hint


def test_a_cluster_out_of_reach_leaves_the_session_where_it_was(session, swarm):
    for node in swarm.nodes.values():
        node.die()
    with pytest.raises(NoManagerError, match=r"m1: .*; m2: "):
        session.use("prod")
    assert (session.active, session.place, session.previous) == ("web", "web", "")


def test_going_back_and_forth(session, swarm):
    session.use("prod")
    session.use("-")
    assert (session.active, session.previous) == ("web", "cluster:prod")
    session.use("-")
    assert (session.place, session.previous) == ("cluster:prod", "web")
    session.use("prod")
    assert session.previous == "web"


def test_a_machine_goes_before_a_cluster_of_its_name(session, swarm):
    add_machine(session.machines.store, "prod", URL="tcp://prod.test:2376")
    session.use("prod")
    assert (session.active, session.place) == ("prod", "prod")
    session.use("cluster:prod")
    assert session.place == "cluster:prod"


def test_a_new_cluster_gets_no_name_of_a_machine(session, swarm):
    for name in ("web", "local", "all"):
        with pytest.raises(RefusedError, match="is the name of a machine, or"):
            init(session.machines, name, ["m1"], [], NullProgress())


def test_unknown_names_know_the_clusters(session, swarm):
    with pytest.raises(MachineNotFoundError) as caught:
        session.use("prd")
    assert "prod" in caught.value.hint
    with pytest.raises(UsageError, match='no cluster "prd"'):
        session.use("cluster:prd")


def test_what_takes_no_name_does_not_touch_the_manager_in_use(session, swarm):
    session.use("prod")
    for line in ("stop", "restart", "upgrade"):
        code, _, err = run(session, line)
        assert code == 2
        assert "@cluster:prod names all of them" in err


def test_active_names_the_manager_and_says_so(session, swarm):
    session.use("prod")
    code, out, err = run(session, "active")
    assert (code, out) == (0, f"{session.active}\n")
    assert f'"{session.active}" is the manager of the cluster "prod" that answers' in err


def test_a_line_for_another_machine_leaves_the_cluster_in_use(session, swarm):
    session.use("prod")
    assert run(session, "@web docker where")[1].split()[0] == "web"
    assert session.place == "cluster:prod"


def test_a_session_can_begin_in_a_cluster(open_one, swarm):
    other_session = open_one(Mode.BATCH)
    begin(other_session, "prod")
    assert other_session.place == "cluster:prod"


def test_a_renamed_manager_stays_in_use_and_a_removed_one_is_left(session, swarm):
    session.use("prod")
    former = session.active
    session.follow_rename(former, "renamed")
    assert (session.active, session.place) == ("renamed", "cluster:prod")
    session.follow_rename("renamed", former)
    swarm.nodes[former].die()
    session.machines.store.remove(former)
    session.drop_removed([former])
    assert run(session, "docker where")[1].split()[0] == other(former)


def test_a_cluster_that_was_ended_is_in_use_no_longer(session, swarm, monkeypatch):
    monkeypatch.setattr(local_engine, "answers", lambda environment: True)
    session.use("prod")
    code, _, err = run(session, "cluster rm -y prod")
    assert code == 0, err
    assert (session.active, session.place) == ("local", "local")
