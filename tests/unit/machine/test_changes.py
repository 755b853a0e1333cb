"""Changes to a stored record: whoever changes it, and whatever others do meanwhile, nothing is lost."""

import copy
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as some

from machsh.errors import DeadlineError, MachineNotFoundError, MachshError
from machsh.machine.errors import BrokenRecordError
from machsh.machine.records import hidden_folders
from machsh.machine.records.changes import carry_over
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store

VALUES = some.one_of(
    some.integers(0, 3), some.text("ab", max_size=2), some.lists(some.integers(0, 2), max_size=2)
)
OBJECTS = some.dictionaries(
    some.sampled_from("abcd"), some.one_of(VALUES, some.dictionaries(some.sampled_from("xy"), VALUES))
)


def record(driver, labels, protected):
    made = MachineRecord(name="web", driver=driver)
    made.engine.labels, made.machsh.protected = labels, protected
    made.unknown = {"Later": driver}
    return made


RECORDS = some.builds(record, OBJECTS, some.none() | some.lists(some.sampled_from("ab")), some.booleans())


@given(RECORDS, RECORDS)
def test_changes_lead_to_the_same_record_where_nobody_else_changed_it(before, after):
    onto = copy.deepcopy(before)
    carry_over(before, after, onto)
    assert onto.to_json() == after.to_json()


@given(RECORDS, RECORDS)
def test_who_changed_nothing_leaves_what_others_did(before, onto):
    expected = copy.deepcopy(onto)
    carry_over(before, copy.deepcopy(before), onto)
    assert onto.to_json() == expected.to_json()


@given(RECORDS, RECORDS, some.text("cd", max_size=3))
def test_changes_of_different_fields_are_both_kept(before, after, other):
    onto = copy.deepcopy(before)
    onto.machsh.engine_version = other
    onto.driver["Others"] = other
    carry_over(before, after, onto)
    assert (onto.machsh.engine_version, onto.driver["Others"]) == (other, other)
    assert {key: value for key, value in onto.driver.items() if key != "Others"} == after.driver


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "machine")
    store.save(MachineRecord(name="web", driver_name="none", driver={"n": 0}))
    return store


def test_a_change_is_saved_at_its_end_and_only_when_something_changed(store):
    before = store.config_path("web").stat().st_ino
    with store.change("web"):
        pass
    assert store.config_path("web").stat().st_ino == before
    with store.change("web") as record:
        record.machsh.protected = True
        assert not store.load("web").machsh.protected
    assert store.load("web").machsh.protected


def test_a_change_that_fails_saves_nothing(store):
    def fail():
        with store.change("web") as record:
            record.machsh.protected = True
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not store.load("web").machsh.protected


def test_a_machine_that_cannot_be_changed_says_why(store):
    with pytest.raises(MachineNotFoundError), store.change("db"):
        raise AssertionError
    with store.change("web"), pytest.raises(DeadlineError), store.change("web", seconds=0.1):
        raise AssertionError
    store.config_path("web").write_text("{")
    with pytest.raises(BrokenRecordError), store.change("web"):
        raise AssertionError
    assert store.names() == ["web"]


def test_a_machine_that_is_removed_during_a_change_does_not_come_back(store):
    def remove_it():
        with store.change("web") as record:
            record.machsh.protected = True
            hidden_folders.remove(store.machine_folder("web"))

    with pytest.raises(MachineNotFoundError):
        remove_it()
    assert store.names() == []
    assert not store.machine_folder("web").exists()


def test_a_removal_waits_for_the_end_of_a_change(store):
    with store.change("web") as record:
        removing = threading.Thread(target=store.remove, args=("web",))
        removing.start()
        record.machsh.protected = True
        removing.join(0.2)
        assert removing.is_alive()
    removing.join(20)
    assert store.names() == []


def test_an_older_record_is_migrated_by_its_first_change(store):
    store.config_path("web").write_bytes(b'{"ConfigVersion": 2, "DriverName": "none", "Driver": {}}')
    with store.change("web") as record:
        record.machsh.protected = True
    assert store.load("web").config_version == 3
    assert store.config_path("web").with_suffix(".json.bak").exists()


def test_a_long_operation_keeps_nobody_from_changing_the_record(store):
    with store.lock("web"), store.change("web", seconds=1) as record:
        record.machsh.protected = True
    assert store.load("web").machsh.protected


def operations():
    """Every kind of long operation that saves a record, and a name for it."""
    return {
        "start": lambda machines: machines.start("web"),
        "stop": lambda machines: machines.stop("web"),
        "kill": lambda machines: machines.kill("web"),
        "restart": lambda machines: machines.restart("web"),
        "provision": lambda machines: machines.provision("web"),
        "regenerate-certs": lambda machines: machines.regenerate_certs("web"),
        "upgrade": lambda machines: machines.upgrade("web"),
    }


@pytest.fixture
def slow(machines, create_request, fresh_driver, monkeypatch):
    """A machine on which every operation stops half-way, with something learnt, until it is let go on."""
    machines.create(create_request())
    half_way, go_on = threading.Event(), threading.Event()

    def work(machine, *_, **__):
        machine.driver.record.ip_address = "192.0.2.99"
        half_way.set()
        assert go_on.wait(20)

    for call in ("start", "stop", "kill", "restart"):
        monkeypatch.setattr(f"machsh.machine.power.{call}", work)
    for place in ("creating.creation.provision", "upkeep.provisioning.regenerate", "upgrade.upgrade"):
        monkeypatch.setattr(f"machsh.machine.{place}", work)
    return half_way, go_on


@pytest.mark.parametrize("name", operations())
def test_what_was_changed_during_a_long_operation_is_kept_with_what_it_learnt(machines, slow, name):
    half_way, go_on = slow
    thread = threading.Thread(target=operations()[name], args=(machines,))
    thread.start()
    assert half_way.wait(20)
    with machines.store.change("web", seconds=5) as record:
        record.machsh.protected = True
        record.driver["Later"] = "kept"
    go_on.set()
    thread.join(20)
    record = machines.store.load("web")
    assert record.machsh.protected
    assert (record.driver["Later"], record.driver["IPAddress"]) == ("kept", "192.0.2.99")


@pytest.mark.parametrize("call", ["create", "look", "apply", "check"])
def test_what_was_changed_while_a_machine_was_created_is_kept(
    machines, create_request, fresh_driver, engine, call, monkeypatch
):
    def protect(*_, **__):
        with machines.store.change("web", seconds=5) as record:
            record.machsh.protected = True
        return type("Host", (), {"provisioner": type("P", (), {"name": "debian"})})

    if call == "create":
        monkeypatch.setattr(fresh_driver, "create", lambda self: (protect(), self.start())[0])
    else:
        places = {
            "look": "machsh.machine.upkeep.provisioning.detect",
            "apply": "machsh.machine.upkeep.provisioning.apply",
            "check": "machsh.machine.contact.engine_check.check_patiently",
        }
        monkeypatch.setattr(places[call], protect)
    machines.create(create_request(driver="fake"))
    record = machines.store.load("web")
    assert record.machsh.protected
    assert record.machsh.phase == ""


def test_a_record_that_was_broken_meanwhile_is_not_overwritten(machines, create_request):
    machines.create(create_request())
    machine = machines.get("web")
    machines.store.config_path("web").write_text("{")
    machine.record.machsh.engine_version = "24.0.7"
    with pytest.raises(MachshError, match="unexpected end of JSON input"):
        machine.save()
    assert machines.store.config_path("web").read_text() == "{"
