"""What no record knows any more: what is told, what is spared, what is removed."""

import os
import time

import pytest

from machsh.drivers.driver import Orphan
from machsh.errors import MachshError
from tests.support.machines import BareDriver, FakeDriver, VirtualDriver

LEFT = time.time() - 3600


@pytest.fixture
def left(monkeypatch, catalog):
    """What the fake driver's provider has; `known` is what machsh said of its machines."""

    class Left:
        orphans: list = []
        known: list = []
        removed: list = []

    one = Left()
    one.orphans, one.known, one.removed = [], [], []

    def find(cls, context, store, known):
        one.known.append([driver.record.machine_name for driver in known])
        return [orphan for orphan in one.orphans if cls is FakeDriver]

    monkeypatch.setattr(FakeDriver, "orphans", classmethod(find))
    monkeypatch.setattr(
        FakeDriver,
        "remove_orphan",
        classmethod(lambda cls, orphan, context, store: one.removed.append(orphan.identifier)),
    )
    monkeypatch.setattr("machsh.drivers.registry.BUILT_IN", {})
    catalog.all = lambda group: (
        [FakeDriver, BareDriver, VirtualDriver] if group == "machsh.drivers.v1" else []
    )
    return one


def names(found):
    return [one.orphan.name for one in found]


def test_the_driver_learns_its_own_machines(machines, create_request, engine, left):
    machines.create(create_request("web", "fake"))
    machines.create(create_request("bare-one", "bare"))
    left.orphans = [Orphan("host-7", "container", "7", "lost")]
    found = machines.orphans("fake").found
    assert left.known == [["web"]]
    assert [(one.orphan.name, one.driver_name) for one in found] == [("host-7", "fake")]


def test_what_may_belong_to_a_broken_record_is_spared(machines, create_request, engine, left, progress):
    machines.create(create_request("web", "fake"))
    machines.store.config_path("web").write_text("{")
    left.orphans = [
        Orphan("host-7", "container", "7", "web"),
        Orphan("host-8", "container", "8", "web", store="/x"),
    ]
    assert names(machines.orphans("fake").found) == ["host-8"]
    assert "what belongs to it cannot be told" in progress.texts("warning")[0]


def test_what_is_created_meanwhile_is_spared(machines, create_request, engine, left, monkeypatch):
    def find(cls, context, store, known):
        machines.create(create_request("new", "fake"))
        return [Orphan("host-9", "container", "9", "new")]

    monkeypatch.setattr(FakeDriver, "orphans", classmethod(find))
    assert machines.orphans("fake").found == []


def test_a_driver_that_fails_hides_no_other(machines, left, monkeypatch, progress):
    def fault(cls, context, store, known):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(VirtualDriver, "orphans", classmethod(fault))
    left.orphans = [Orphan("host-7", "container", "7", "lost")]
    assert "host-7" in names(machines.orphans().found)
    assert "the driver virtual cannot be asked" in "\n".join(progress.texts("warning"))


def test_an_orphan_is_removed_by_its_driver(machines, left):
    left.orphans = [Orphan("host-7", "container", "7", "lost")]
    machines.remove_orphan(machines.orphans("fake").found[0])
    assert left.removed == ["7"]


def test_folders_that_a_killed_process_left_are_told_and_removed(machines, create_request, left):
    machines.create(create_request("web"))
    folders = machines.store.machines_folder
    old, fresh, empty = folders / ".old.x.new", folders / ".fresh.y.gone", folders / "empty"
    for folder in (old, fresh, empty):
        folder.mkdir()
    (empty / ".lock").touch()
    for folder in (old, empty):
        os.utime(folder, (LEFT, LEFT))
    found = [one for one in machines.orphans().found if one.driver is None]
    assert names(found) == [".old.x.new", "empty"]
    assert names(machines.orphans("fake").found) == []
    machines.remove_orphan(found[0])
    assert not old.exists()
    assert fresh.exists()
    assert machines.names() == ["web"]


def test_a_folder_that_somebody_works_on_again_is_left_alone(machines, create_request, left):
    folder = machines.store.machines_folder / "begun"
    folder.mkdir(parents=True)
    os.utime(folder, (LEFT, LEFT))
    (found,) = [one for one in machines.orphans().found if one.driver is None]
    machines.create(create_request("begun"))
    machines.remove_orphan(found)
    assert machines.names() == ["begun"]


def test_the_error_of_a_removal_names_the_orphan(machines, left, monkeypatch):
    def refuse(cls, orphan, context, store):
        raise MachshError("in use", hint="stop it")

    monkeypatch.setattr(FakeDriver, "remove_orphan", classmethod(refuse))
    left.orphans = [Orphan("host-7", "container", "7", "lost")]
    with pytest.raises(MachshError, match=r"^host-7 could not be removed: in use$") as caught:
        machines.remove_orphan(machines.orphans("fake").found[0])
    assert caught.value.hint == "stop it"


def ask_in_vain(cls, context, store, known):
    context.cannot_ask("the account", MachshError("no token", hint="set one"), is_in_use=bool(known))
    return []


def test_a_place_that_cannot_be_asked_is_no_empty_one(machines, left, monkeypatch, progress):
    monkeypatch.setattr(FakeDriver, "orphans", classmethod(ask_in_vain))
    (place,) = machines.orphans("fake").unasked
    assert (place.text, place.hint) == ("the account cannot be asked: no token", "set one")
    assert machines.orphans().unasked == []  # who does not use the driver need not log in
    assert progress.texts("warning") == []


def test_a_place_that_is_in_use_is_always_told(machines, create_request, engine, left, monkeypatch, progress):
    monkeypatch.setattr(FakeDriver, "orphans", classmethod(ask_in_vain))
    machines.create(create_request("web", "fake"))
    assert len(machines.orphans().unasked) == 1
    assert progress.texts("warning") == ["the account cannot be asked: no token"]


def test_a_new_machines_place_is_not_missed_where_there_are_machines(
    machines, create_request, engine, left, monkeypatch
):
    def ask(cls, context, store, known):
        context.cannot_ask("the account of a new machine", MachshError("no token"), is_in_use=False)
        return []

    machines.create(create_request("web", "fake"))
    monkeypatch.setattr(FakeDriver, "orphans", classmethod(ask))
    assert machines.orphans("fake").unasked == []
