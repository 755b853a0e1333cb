"""A creation owns its name from the first moment to the last; who takes it away makes it undo itself."""

import os
import threading

import pytest

from machsh.drivers.driver import State
from machsh.errors import ExitCode, MachshError
from machsh.files import locked
from machsh.machine import removal
from machsh.machine.records import hidden_folders
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store

REMOVED = r'^"web" was removed by another process while it was being created$'


@pytest.fixture
def hasty(monkeypatch):
    """`rm -f` waits only a moment."""
    monkeypatch.setattr(removal, "LOCK_SECONDS", 0.2)


def in_a_thread(action):
    """Run it beside the test; what it raised is in the list that is returned, once the thread has ended."""
    raised = []

    def run():
        try:
            action()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def stop_at(call, fresh_driver, monkeypatch, end=None):
    """Let a creation stop in this phase until it is let go on; the phase then ends well, or with `end`."""
    half_way, go_on = threading.Event(), threading.Event()

    def wait(*_, **__):
        half_way.set()
        assert go_on.wait(20)
        if end:
            raise end
        return type("Host", (), {"provisioner": type("P", (), {"name": "debian"})})

    places = {
        "look": "machsh.machine.upkeep.provisioning.detect",
        "apply": "machsh.machine.upkeep.provisioning.apply",
        "check": "machsh.machine.contact.engine_check.check_patiently",
    }
    if call == "create":
        monkeypatch.setattr(fresh_driver, "create", lambda self: (self.start(), wait()))
    else:
        monkeypatch.setattr(places[call], wait)
    return half_way, go_on


def hosts_again(fresh_driver, name):
    """As a driver that makes its host only after `rm -f` has looked for it."""
    fresh_driver.hosts[name] = State.RUNNING


ENDS = [None, MachshError("it broke"), KeyboardInterrupt(), ZeroDivisionError()]


@pytest.mark.parametrize("call", ["create", "look", "apply", "check"])
@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_a_creation_that_lost_its_machine_undoes_itself_however_it_ends(
    machines, create_request, fresh_driver, engine, hasty, monkeypatch, call, end
):
    half_way, go_on = stop_at(call, fresh_driver, monkeypatch, end)
    thread, raised = in_a_thread(lambda: machines.create(create_request(driver="fake")))
    assert half_way.wait(20)
    machines.remove("web", force=True)
    assert machines.names() == []
    hosts_again(fresh_driver, "web")
    (machines.store.machines_folder / "web").mkdir()  # a driver that puts a key there
    (machines.store.machines_folder / "web" / "id_ed25519").write_text("")
    go_on.set()
    thread.join(20)
    with pytest.raises(MachshError, match=REMOVED) as caught:
        raise raised[0]
    assert caught.value.code == ExitCode.FAILED
    assert caught.value.hint == "what its creation had made is destroyed"
    assert fresh_driver.hosts == {}
    assert visible(machines.store) == []


def visible(store):
    return [name for name in os.listdir(store.machines_folder) if not name.startswith(".")]


def test_a_host_that_cannot_be_destroyed_is_told(
    machines, create_request, fresh_driver, engine, hasty, monkeypatch
):
    half_way, go_on = stop_at("create", fresh_driver, monkeypatch)
    thread, raised = in_a_thread(lambda: machines.create(create_request(driver="fake")))
    assert half_way.wait(20)
    machines.remove("web", force=True)
    fresh_driver.fails["remove"] = MachshError("no token")
    go_on.set()
    thread.join(20)
    assert str(raised[0]).endswith("and its host could not be destroyed: no token")
    assert raised[0].hint == "look for the host with the tools of the driver fake"


def test_a_creation_never_touches_the_machine_that_took_its_name(
    machines, create_request, fresh_driver, engine, hasty, monkeypatch
):
    half_way, go_on = stop_at("look", fresh_driver, monkeypatch)
    thread, raised = in_a_thread(
        lambda: machines.create(create_request(driver="fake", engine_label=["who=first"]))
    )
    assert half_way.wait(20)
    machines.remove("web", force=True)
    machines.create(create_request(driver="bare", engine_label=["who=second"]))
    before = machines.store.config_path("web").read_bytes()
    go_on.set()
    thread.join(20)
    assert "was removed by another process" in str(raised[0])
    assert machines.store.config_path("web").read_bytes() == before
    assert machines.store.load("web").engine.labels == ["who=second"]


@pytest.mark.parametrize("action", ["stop", "provision", "regenerate_certs"])
def test_an_operation_whose_machine_was_removed_says_so_and_brings_nothing_back(
    machines, create_request, engine, hasty, monkeypatch, action
):
    machines.create(create_request())
    half_way, go_on = threading.Event(), threading.Event()

    def work(machine, *_, **__):
        half_way.set()
        assert go_on.wait(20)
        machine.driver.record.ip_address = "192.0.2.99"

    for place in ("power.stop", "creating.creation.provision", "upkeep.provisioning.regenerate"):
        monkeypatch.setattr(f"machsh.machine.{place}", work)
    thread, raised = in_a_thread(lambda: getattr(machines, action)("web"))
    assert half_way.wait(20)
    machines.remove("web", force=True)
    go_on.set()
    thread.join(20)
    assert str(raised[0]).startswith('Error saving host to store: Docker machine "web" does not exist.')
    assert visible(machines.store) == []


def test_force_waits_for_who_holds_the_machine(
    machines, create_request, fresh_driver, engine, monkeypatch, progress
):
    """A creation that ends while `rm -f` waits is whole, and is then removed."""
    half_way, go_on = stop_at("check", fresh_driver, monkeypatch)
    creating, failed = in_a_thread(lambda: machines.create(create_request(driver="fake")))
    assert half_way.wait(20)
    removing, refused = in_a_thread(lambda: machines.remove("web", force=True))
    go_on.set()
    creating.join(20)
    removing.join(20)
    assert (failed, refused) == ([], [])
    assert progress.texts("warning") == []
    assert (fresh_driver.hosts, visible(machines.store)) == ({}, [])


def test_a_creation_that_fails_while_its_host_is_destroyed_knows_why(
    machines, create_request, fresh_driver, engine, hasty, monkeypatch
):
    half_way, go_on = stop_at("apply", fresh_driver, monkeypatch, MachshError("the connection is gone"))
    thread, raised = in_a_thread(lambda: machines.create(create_request(driver="fake")))
    assert half_way.wait(20)

    def remove(self):
        go_on.set()
        if threading.current_thread() is not thread:
            thread.join(20)
        self.hosts.pop("web", None)

    monkeypatch.setattr(fresh_driver, "remove", remove)
    machines.remove("web", force=True)
    with pytest.raises(MachshError, match=REMOVED):
        raise raised[0]
    assert (fresh_driver.hosts, visible(machines.store)) == ({}, [])


def test_a_creation_does_not_wait_for_a_host_that_was_taken_away(
    machines, create_request, fresh_driver, hasty, monkeypatch
):
    asked = threading.Event()

    def state(self):
        asked.set()
        return State.STARTING

    monkeypatch.setattr(fresh_driver, "state", state)
    thread, raised = in_a_thread(lambda: machines.create(create_request(driver="fake", timeout=600)))
    assert asked.wait(20)
    machines.remove("web", force=True)
    thread.join(20)
    with pytest.raises(MachshError, match=REMOVED):
        raise raised[0]


def test_force_says_that_it_takes_the_machine_from_its_holder(machines, create_request, hasty, progress):
    machines.create(create_request())
    with machines.store.lock("web") as lock:
        machines.remove("web", force=True)
        assert not lock.is_in_place
    assert progress.texts("warning") == [
        '"web" is still held by another process after 0.2 s: removing it all the same'
    ]
    assert machines.names() == []


def test_without_force_a_machine_that_is_held_stays(machines, create_request, fresh_driver, hasty):
    machines.create(create_request())
    with machines.store.lock("web"), pytest.raises(MachshError, match="locked by another process"):
        machines.remove("web")
    assert machines.names() == ["web"]
    assert "remove" not in fresh_driver.calls


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("folder", ["machines", "machine"])
def test_a_record_that_cannot_be_deleted_keeps_its_host(
    machines, create_request, fresh_driver, monkeypatch, force, folder
):
    machines.create(create_request())
    machines.create(create_request(name="db"))
    kept = machines.store.machines_folder if folder == "machines" else machines.store.machine_folder("web")
    access = os.access
    monkeypatch.setattr("os.access", lambda path, mode: path != kept and access(path, mode))
    with pytest.raises(
        MachshError, match=r'^Error removing host "web": open .*: permission denied'
    ) as caught:
        machines.remove("web", force=force)
    assert "check its owner and mode" in caught.value.hint
    assert caught.value.code == ExitCode.FAILED
    assert "remove" not in fresh_driver.calls
    assert machines.names() == ["db", "web"]


def test_who_waited_for_a_machine_that_was_removed_does_not_lock_the_next_one(tmp_path):
    store = Store(tmp_path)
    store.save(MachineRecord(name="web"))
    with store.lock("web"):
        waiting, raised = in_a_thread(lambda: store.lock("web", 20).__enter__())
        store.remove("web")
    waiting.join(20)
    assert 'Docker machine "web" does not exist' in str(raised[0])
    assert visible(store) == []


def test_what_a_killed_process_left_is_swept_away_by_the_next_creation(tmp_path):
    store = Store(tmp_path)
    store.save(MachineRecord(name="db"))
    left, held, fresh = (
        store.machines_folder / f".{name}.x{hidden_folders.NEW}" for name in ("left", "held", "fresh")
    )
    gone, foreign = store.machines_folder / f".web.x{hidden_folders.GONE}", store.machines_folder / ".foreign"
    for folder in (left, held, fresh, gone, foreign):
        folder.mkdir()
        (folder / "disk").write_text("")
    with locked(held / ".lock"):
        for folder in (left, held, gone, foreign):
            os.utime(folder, (0, 0))
        with store.creating(MachineRecord(name="web")):
            assert {folder.name for folder in (left, held, fresh, gone, foreign) if folder.exists()} == {
                held.name,
                fresh.name,
                foreign.name,
            }
    assert store.names() == ["db", "web"]
