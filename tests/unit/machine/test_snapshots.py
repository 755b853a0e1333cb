"""What machsh does around a driver's snapshots."""

import pytest

from machsh.drivers.driver import State
from machsh.errors import DeadlineError, MachshError, RefusedError, UsageError
from machsh.machine.snapshots import list_snapshots
from tests.support.machines import VirtualDriver


@pytest.fixture
def made(machines, create_request, engine, progress, monkeypatch):
    for name in ("wait_for_ssh", "wait_for_engine"):
        monkeypatch.setattr(f"machsh.machine.power.{name}", lambda machine: VirtualDriver.calls.append("up"))
    monkeypatch.setattr("machsh.machine.snapshots.check_patiently", lambda machine: None)
    machines.create(create_request("vm", "virtual"))
    progress.said.clear()
    VirtualDriver.calls.clear()
    return machines


def names(made):
    return [one.name for one in list_snapshots(made.get("vm"))]


def moves():
    return [call for call in VirtualDriver.calls if call.split()[0] in ("save", "restore", "delete", "up")]


def test_saving_says_what_happens_to_a_running_machine(made, progress):
    assert made.save_snapshot("vm", "one") == "one"
    (said,) = progress.texts("step")
    assert (
        said
        == 'Saving snapshot "one" of "vm" (it runs: its memory is saved, too, and stands still meanwhile)...'
    )
    VirtualDriver.hosts["vm"] = State.STOPPED
    made.save_snapshot("vm", "two")
    assert progress.texts("step")[1] == 'Saving snapshot "two" of "vm"...'
    assert names(made) == ["one", "two"]


def test_a_snapshot_without_a_name_is_named_by_the_time(made):
    name = made.save_snapshot("vm")
    assert len(name) == len("2026-11-28T12-00-00")
    assert names(made) == [name]


@pytest.mark.parametrize(
    "name", ["a b", "-x", "a/b", "..", "x" * 65, "7", "it's", "a\x1b[2J", "a,b", "snäp", "$(reboot)"]
)
def test_a_name_that_a_hypervisor_could_misread_is_refused(made, name):
    with pytest.raises(UsageError, match="cannot be the name of a snapshot"):
        made.save_snapshot("vm", name)
    assert moves() == []


def test_a_name_is_given_once(made):
    made.save_snapshot("vm", "one")
    with pytest.raises(MachshError, match='has a snapshot "one" already') as caught:
        made.save_snapshot("vm", "one")
    assert "--delete one" in caught.value.hint
    assert moves() == ["save one"]


def test_a_running_machine_is_waited_for_after_a_restore(made):
    made.save_snapshot("vm", "one")
    made.restore_snapshot("vm", "one")
    assert moves() == ["save one", "restore one", "up", "up"]


def test_a_stopped_machine_is_not_waited_for(made):
    made.save_snapshot("vm", "one")
    VirtualDriver.hosts["vm"] = State.STOPPED
    made.restore_snapshot("vm", "one")
    assert moves() == ["save one", "restore one"]


def test_an_engine_with_older_certificates_is_a_warning_with_the_remedy(made, progress, monkeypatch):
    def refuse(machine):
        raise MachshError("x509: certificate signed by unknown authority")

    monkeypatch.setattr("machsh.machine.snapshots.check_patiently", refuse)
    made.save_snapshot("vm", "one")
    made.restore_snapshot("vm", "one")
    (warning,) = progress.texts("warning")
    assert warning.endswith("machsh provision vm")


@pytest.mark.parametrize("call", ["restore_snapshot", "delete_snapshot"])
def test_an_unknown_snapshot_is_told_with_those_there_are(made, call):
    with pytest.raises(MachshError, match='"vm" has no snapshot "one"') as caught:
        getattr(made, call)("vm", "one")
    assert caught.value.hint == "save one: machsh snapshot vm"
    made.save_snapshot("vm", "before")
    with pytest.raises(MachshError) as caught:
        getattr(made, call)("vm", "befroe")
    assert "did you mean before?" in caught.value.hint
    assert moves() == ["save before"]


def test_a_driver_without_snapshots_is_refused(machines, create_request):
    machines.create(create_request())
    with pytest.raises(RefusedError, match=r'The driver of "web", bare, has no snapshots'):
        machines.save_snapshot("web", "one")


def test_two_at_once_wait_for_each_other(made, monkeypatch):
    from machsh.machine.records.store import Store

    lock = Store.lock
    monkeypatch.setattr(Store, "lock", lambda self, name, seconds=0.1: lock(self, name, 0.1))
    with made.store.lock("vm"), pytest.raises(DeadlineError, match="locked by another process"):
        made.save_snapshot("vm", "one")
