"""When services count as there, and when they have failed."""

import pytest

from machsh.cluster.convergence import Convergence, last_errors, states_of


def service(name="web", replicas=2, update="", mode=None, monitor=None):
    spec = {"Name": name, "Mode": mode or {"Replicated": {"Replicas": replicas}}}
    if monitor:
        spec["UpdateConfig"] = {"Monitor": int(monitor * 1e9)}
    status = {"UpdateStatus": {"State": update, "Message": f"{update} it is"}} if update else {}
    return {"ID": f"id-{name}", "Spec": spec, **status}


def task(slot=1, state="running", *, service="web", desired="running", error="", at="1", node=""):
    status = {"State": state, "Err": error, "Timestamp": at}
    found = {
        "ServiceID": f"id-{service}",
        "Status": status,
        "DesiredState": desired,
        "Slot": slot,
        "NodeID": node,
    }
    return found


def one(services, tasks):
    (state,) = states_of([services], tasks)
    return state


def test_tasks_count_once_for_each_place():
    assert one(service(), [task(1), task(1), task(2, "starting")]).running == 1


def test_a_task_that_is_to_be_stopped_does_not_count():
    assert one(service(), [task(1), task(2, desired="shutdown")]).running == 1


def test_a_global_service_wants_a_task_on_each_node():
    everywhere = service(mode={"Global": {}})
    assert one(everywhere, [task(None, node="a"), task(None, "pending", node="b")]).wanted == 2
    assert one({**everywhere, "ServiceStatus": {"DesiredTasks": 3}}, [task(None, node="a")]).wanted == 3


def test_a_job_is_there_when_its_tasks_are_complete():
    job = service(mode={"ReplicatedJob": {"TotalCompletions": 2}})
    assert not one(job, [task(1, "complete"), task(2)]).is_there
    done = one(job, [task(1, "complete", desired="complete"), task(2, "complete", desired="complete")])
    assert done.is_there
    assert Convergence(lambda: 0).has_converged([done])


@pytest.mark.parametrize("update", ["paused", "rollback_paused", "rollback_completed"])
def test_an_update_that_goes_on_no_more_is_a_failure(update):
    state = one(service(update=update), [task(1), task(2)])
    assert state.failure
    assert not state.is_there
    assert update in state.message


@pytest.mark.parametrize("update", ["updating", "rollback_started"])
def test_an_update_on_its_way_is_waited_for(update):
    state = one(service(update=update), [task(1), task(2)])
    assert not state.failure
    assert not state.is_there


def test_new_tasks_must_run_for_a_while():
    now = [0.0]
    watch, there = Convergence(lambda: now[0]), one(service(monitor=3), [task(1), task(2)])
    assert not watch.has_converged([there])
    now[0] = 2.0
    assert not watch.has_converged([one(service(monitor=3), [task(1)])]), "one has ended: it begins anew"
    now[0] = 4.0
    assert not watch.has_converged([there])
    now[0] = 7.0
    assert watch.has_converged([there])


def test_a_completed_update_was_watched_by_the_engine():
    state = one(service(update="completed"), [task(1), task(2)])
    assert Convergence(lambda: 0).has_converged([state])


def test_the_newest_problem_is_told_while_tasks_are_missing():
    tasks = [task(1, "failed", error="old", at="1"), task(1, "rejected", error="No such\nimage", at="2")]
    assert one(service(), tasks).problem == "No such image"


def test_the_last_errors_of_a_service_are_each_told_once():
    tasks = [
        task(1, "failed", error=text, at=at) for text, at in (("a", "1"), ("b", "3"), ("b", "2"), ("", "4"))
    ]
    tasks.append(task(1, "failed", error="another service's", at="9", service="db"))
    assert last_errors("web", [service(), service("db")], tasks) == ["b", "a"]


@pytest.mark.parametrize(
    "document", [{}, {"ID": "x"}, {"ID": "x", "Spec": []}, {"ID": "x", "Spec": {"Name": "a", "Mode": 3}}]
)
def test_what_is_no_service_is_refused(document):
    with pytest.raises((LookupError, TypeError, AttributeError, ValueError)):
        states_of([document], [])
