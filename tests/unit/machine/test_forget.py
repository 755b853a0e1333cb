"""Letting a host go: what stays is said, and a disk in the folder keeps the machine."""

import pytest

from machsh.drivers.capabilities import Capability
from machsh.errors import MachineNotFoundError, MachshError, RefusedError
from machsh.machine.alteration import forget
from machsh.machine.records import phase
from tests.support.machines import FakeDriver


@pytest.fixture
def made(machines, create_request, engine):
    machines.create(create_request("web", "fake"))
    FakeDriver.calls.clear()
    return machines


def test_the_folder_goes_and_the_host_stays(made):
    folder = made.store.machine_folder("web")
    (folder / "id_rsa").write_text("key")
    (folder / "id_rsa.pub").write_text("key")
    parting = made.examine_parting("web")
    assert parting.keys == ("id_rsa",)
    assert parting.remains[0] == "the host at 192.0.2.7"
    assert "engine at tcp://192.0.2.7:2376" in parting.remains[1]
    made.forget("web")
    assert made.names() == []
    assert not folder.exists()
    assert "remove" not in FakeDriver.calls
    assert list(FakeDriver.hosts) == ["web"]


def test_a_host_that_was_perhaps_never_made_is_not_told_as_one_that_stays(made):
    with made.store.change("web") as record:
        record.machsh.phase = phase.HOST
    assert made.examine_parting("web").remains[0] == "the host at 192.0.2.7, if its creation came that far"


def test_a_machine_whose_disks_would_go_is_refused(made, monkeypatch):
    monkeypatch.setattr(FakeDriver, "capabilities", FakeDriver.capabilities | {Capability.IN_FOLDER})
    with pytest.raises(RefusedError, match="its disks lie in the machine's folder") as caught:
        made.forget("web")
    assert "machsh rm web" in caught.value.hint
    assert made.names() == ["web"]


def test_a_large_file_may_be_a_disk_whatever_the_driver(made):
    disks = made.store.machine_folder("web") / "disks"
    disks.mkdir()
    with (disks / "web.vmdk").open("wb") as disk:
        disk.truncate(50_000_000)
    with pytest.raises(RefusedError, match=r"disks/web.vmdk \(50MB\) is in the machine's folder"):
        made.forget("web")
    assert made.names() == ["web"]


def test_a_record_that_cannot_be_read_can_be_forgotten(made):
    made.store.config_path("web").write_text("{broken")
    assert "cannot be read" in made.examine_parting("web").remains[0]
    made.forget("web")
    assert made.names() == []


def test_an_unknown_name_is_an_error_and_the_others_go(made):
    with pytest.raises(MachineNotFoundError):
        made.forget("nosuch", "web")
    assert made.names() == []


def test_a_machine_at_work_stays(made, monkeypatch):
    monkeypatch.setattr(forget, "LOCK_SECONDS", 0.05)
    with made.store.lock("web"), pytest.raises(MachshError, match="locked by another process"):
        made.forget("web")
    assert made.names() == ["web"]


def test_a_driver_that_fails_leaves_its_host_nameless(made, monkeypatch):
    def fail(self):
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(FakeDriver, "remains", fail)
    assert made.examine_parting("web").remains == ("its host",)
