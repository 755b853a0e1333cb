"""The monitored on fake engines behind TLS: what it sees, what it survives, and what it does not wait for."""

import threading
import time

from machsh.drivers.driver import State
from machsh.errors import MachineNotFoundError
from machsh.machine.records.store import Store
from machsh.monitor import monitored_machines
from machsh.monitor.host_follower import HostFollower
from machsh.testing.network_faults import BlackHole
from tests.integration.monitor.conftest import event, with_container, with_use
from tests.support.waiting import wait_until


def test_a_machine_and_its_containers_are_seen(lab):
    engine = lab.machine()
    engine.info["Swarm"] = {"LocalNodeState": "active", "ControlAvailable": True}
    with_container(engine, "burn")
    with_container(engine, "old", "exited")
    view = lab.see(lab.monitored(), lambda one: one.containers)
    assert (view.state, view.engine, view.cpus, view.role) == ("Running", "27.3.1", 4, "manager")
    assert (view.running, len(view.containers), view.driver, view.host) == (1, 2, "none", None)


def test_the_use_of_cpu_and_memory_follows_from_samples(lab):
    engine = lab.machine()
    with_container(engine, "burn")
    with_use(engine, "burn", 0, 0)
    monitored = lab.monitored()
    lab.see(monitored, lambda one: one.containers and one.containers[0].memory == 50_000_000)
    with_use(engine, "burn", 2, 3)
    view = lab.see(monitored, lambda one: one.cpu is not None and one.cpu > 0)
    assert view.cpu == 150.0


def test_only_the_containers_that_somebody_sees_are_read_often(lab):
    engine = lab.machine()
    with_container(engine, "burn")
    with_use(engine, "burn", 0, 0)
    monitored = lab.monitored()
    monitored.watch(set())
    lab.see(monitored, lambda one: one.containers and one.containers[0].memory)
    with_use(engine, "burn", 1, 1)
    lab.see(monitored, lambda one: one.cpu is not None)  # the second sample comes soon

    def asked():
        return sum("/stats" in one for one in engine.requests)

    before = asked()
    lab.see(monitored, lambda one: sum("_ping" in request for request in engine.requests) >= 1)
    assert asked() - before <= 1
    monitored.watch({"web"})
    wait_until(lambda: asked() - before >= 4, "samples in a row")


def test_an_old_engine_is_not_asked_what_would_take_it_seconds(lab):
    engine = lab.machine()
    engine.api_version = "1.40"
    with_container(engine, "burn")
    monitored = lab.monitored()
    view = lab.see(monitored, lambda one: one.containers)
    assert monitored.wait_until_settled(10)
    assert (view.running, view.cpu) == (1, None)
    assert not any("/stats" in one for one in engine.requests)


def test_events_bring_new_containers_at_once(lab):
    engine = lab.machine()
    monitored = lab.monitored()
    lab.see(monitored, lambda one: one.is_answering)
    wait_until(lambda: "GET /events" in engine.requests)
    with_container(engine, "new")

    def emit(view):
        engine.emit(event())
        return bool(view.containers)

    lab.see(monitored, emit, "the new container", seconds=5)


def test_an_engine_that_freezes_becomes_silent_keeps_its_values_and_comes_back(lab):
    engine, other = lab.machine(), lab.machine("db")
    with_container(engine, "burn")
    monitored = lab.monitored()
    lab.see(monitored, lambda one: one.containers)
    engine.freeze()
    view = lab.see(monitored, lambda one: one.silent_seconds(time.monotonic()) is not None, "silence")
    assert view.running == 1
    assert (
        lab.see(monitored, lambda one: one.is_answering, name="db").silent_seconds(time.monotonic()) is None
    )
    engine.thaw()
    lab.see(monitored, lambda one: one.silent_seconds(time.monotonic()) is None and one.is_answering)
    assert other.requests


def test_an_engine_that_ends_is_reached_again_when_it_is_back(lab):
    engine = lab.machine()
    monitored = lab.monitored()
    lab.see(monitored, lambda one: one.is_answering)
    engine.breaks_at = "GET"
    engine.emit(event())
    lost = lab.see(monitored, lambda one: not one.is_answering and one.error)
    assert lost.state == "Running"
    engine.breaks_at = ""
    lab.see(monitored, lambda one: one.is_answering and not one.error)


def test_a_machine_that_swallows_everything_delays_nobody(lab):
    with BlackHole() as hole:
        lab.create("hole", f"tcp://127.0.0.1:{hole.port}")
        for name in ("a", "b", "c"):
            lab.machine(name)
        began = time.monotonic()
        monitored = lab.monitored()
        for name in ("a", "b", "c"):
            lab.see(monitored, lambda one: one.is_answering, name=name)
        assert time.monotonic() - began < 4
        assert lab.see(monitored, lambda one: True, name="hole").state == ""
        assert monitored.wait_until_settled(20)
        view = lab.see(monitored, lambda one: one.error, name="hole")
        assert not view.is_answering


def test_a_driver_that_does_not_answer_delays_nobody(lab, monkeypatch):
    is_over = threading.Event()

    class Hanging:
        def state_of(self, machine):
            is_over.wait(60)

    class Knowing:
        def state_of(self, machine):
            return State.STOPPED

    monkeypatch.setattr(monitored_machines, "batches", lambda _: {"generic": Hanging(), "none": Knowing()})
    with BlackHole() as hole:
        lab.create("a", f"tcp://127.0.0.1:{hole.port}")
        lab.create("b", f"tcp://127.0.0.1:{hole.port}")
        with Store(lab.store).change("a") as record:
            record.driver_name = "generic"
        monitored = lab.monitored()
        lab.see(monitored, lambda one: one.state == "Stopped", name="b")
        lab.machine("young")
        lab.see(monitored, lambda one: one.is_answering, name="young")
        is_over.set()


def test_machines_that_come_and_go_are_followed(lab):
    lab.machine("a")
    monitored = lab.monitored()
    lab.see(monitored, lambda one: one.is_answering, name="a")
    lab.machine("b")
    lab.see(monitored, lambda one: one.is_answering, name="b")
    assert lab.run("rm", "-f", "-y", "a", program="machsh").code == 0
    wait_until(lambda: [one.name for one in monitored.views()] == ["b"], "a gone")


def test_a_machine_made_anew_under_its_name_is_followed_again(lab):
    lab.machine("web")
    monitored = lab.monitored()
    lab.see(monitored, lambda one: one.is_answering)
    lab.run("rm", "-f", "-y", "web", program="machsh")
    engine = lab.machine("web")
    engine.info["ServerVersion"] = "28.0.0"
    lab.see(monitored, lambda one: one.is_answering and one.engine == "28.0.0")


def test_a_selection_that_names_a_removed_machine_shows_the_others(lab):
    lab.machine("a")
    lab.machine("b")

    def choose():
        if not (lab.store / "machines" / "a").exists():
            raise MachineNotFoundError("a")
        return ["a", "b"]

    monitored = lab.monitored(choose)
    lab.see(monitored, lambda one: one.is_answering, name="b")
    lab.run("rm", "-f", "-y", "a", program="machsh")
    wait_until(lambda: [one.name for one in monitored.views()] == ["b"], "a gone, b still there")


def test_a_broken_record_is_one_row_with_its_error(lab):
    lab.machine("web")
    lab.create("bad")
    (lab.store / "machines" / "bad" / "config.json").write_text("{")
    monitored = lab.monitored()
    lab.see(monitored, lambda one: one.is_answering)
    assert lab.see(monitored, lambda one: one.state == "Error", name="bad").error


def test_an_answer_that_is_no_engines_ends_no_thread(lab):
    engine = lab.machine()
    engine.info.update({"NCPU": "many", "ServerVersion": ["27"], "Swarm": 7})
    with_container(engine, "burn")
    engine.stats["burn"] = {"cpu_stats": [], "memory_stats": "none"}
    monitored = lab.monitored()
    view = lab.see(monitored, lambda one: one.is_answering and one.containers)
    assert (view.cpus, view.role, view.cpu) == (0, "", None)
    engine.refuses["GET /info"] = "broken"
    engine.breaks_at = "GET /containers"
    engine.emit(event())
    lab.see(monitored, lambda one: not one.is_answering)
    engine.breaks_at = ""
    lab.see(monitored, lambda one: "the engine refuses" in one.error)
    engine.refuses.clear()
    lab.see(monitored, lambda one: one.is_answering)


class Refusing:
    """A machine whose host cannot be reached over ssh."""

    def runner(self):
        raise OSError(113, "No route to host")


def test_why_a_host_is_not_read_is_told_as_a_text(lab, monkeypatch):
    lab.machine()
    monitored = lab.monitored()
    lab.see(monitored, lambda one: one.is_answering)
    follower = HostFollower("web", monitored)
    monkeypatch.setattr(monitored, "machine", lambda name: Refusing())
    follower.start("")
    view = lab.see(monitored, lambda one: one.host_error)
    assert "no route to host" in view.host_error.lower()
    follower.close()
