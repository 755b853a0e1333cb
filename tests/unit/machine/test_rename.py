"""Another name for a machine: what is checked first, what changes, and what is done later."""

import threading

import pytest

from machsh.drivers.driver import State
from machsh.errors import MachineExistsError, MachineNotFoundError, MachshError, RefusedError
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.renamed_record import put_right
from tests.support.machines import VirtualDriver


@pytest.fixture
def made(machines, create_request, engine, progress):
    machines.create(create_request("vm", "virtual"))
    VirtualDriver.calls.clear()
    progress.said.clear()
    return machines


def pending(machines, name):
    own = machines.store.load(name).machsh
    return own.new_name, own.former_name


def test_folder_record_and_host_follow(made):
    (made.store.machine_folder("vm") / "id_rsa").write_text("key")
    made.rename("vm", "www")
    assert made.names() == ["www"]
    record = made.get("www").record
    folder = made.store.machine_folder("www")
    assert (folder / "id_rsa").read_text() == "key"
    assert record.name == record.driver["MachineName"] == "www"
    assert record.auth.server_key_path == str(folder / "server-key.pem")
    assert record.auth.ca_cert_path == str(made.store.certs_folder / "ca.pem")
    assert [call for call in VirtualDriver.calls if "rename" in call] == [
        "check rename to www",
        "rename_host",
    ]
    assert pending(made, "www") == ("", "")
    with pytest.raises(MachineNotFoundError):
        made.get("vm")


def test_what_refers_to_the_machine_follows(made, create_request):
    for name in ("other", "stranger"):
        made.create(create_request(name, "virtual"))
    with made.store.change("other") as record:
        record.driver["Power"] = "vm"
    made.rename("vm", "www")
    assert made.get("other").record.driver["Power"] == "www"
    assert made.get("stranger").record.driver["Power"] == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("all", 'Error renaming machine: the name "all" is reserved'),
        ("a b", "Error renaming machine: Invalid hostname"),
        ("../x", "Error renaming machine: Invalid hostname"),
        ("x" * 65, "Error renaming machine: the name has 65 characters"),
        ("taken", 'Docker machine "taken" already exists'),
        ("vm", '"vm" is the name of the machine already'),
    ],
)
def test_a_name_that_cannot_be_is_refused(made, create_request, name, said):
    made.create(create_request("taken", "bare"))
    with pytest.raises(RefusedError, match=said):
        made.rename("vm", name)
    assert made.names() == ["taken", "vm"]
    assert pending(made, "vm") == ("", "")


def test_what_the_driver_finds_wrong_stops_it_before_anything_changes(made):
    VirtualDriver.fails["check rename to www"] = MachshError("stop it first")
    with pytest.raises(MachshError, match="stop it first"):
        made.rename("vm", "www")
    assert made.names() == ["vm"]
    assert pending(made, "vm") == ("", "")


def test_a_driver_that_cannot_is_refused(machines, create_request):
    machines.create(create_request("web", "bare"))
    with pytest.raises(RefusedError, match="bare, cannot rename its machines"):
        machines.rename("web", "www")
    assert machines.names() == ["web"]


def test_a_creation_that_did_not_end_is_refused(made):
    with made.store.change("vm") as record:
        record.machsh.phase = "engine"
    with pytest.raises(RefusedError, match="creation not finished"):
        made.rename("vm", "www")


def test_a_machine_at_work_is_waited_for_and_then_refused(made, monkeypatch):
    monkeypatch.setattr("machsh.machine.alteration.rename.LOCK_SECONDS", 0.05)
    with made.store.lock("vm"), pytest.raises(MachshError, match="locked by another process"):
        made.rename("vm", "www")
    assert made.names() == ["vm"]


def test_a_host_that_does_not_answer_learns_its_name_from_the_next_command(made, progress):
    VirtualDriver.fails["rename_host"] = MachshError("no answer")
    made.rename("vm", "www")
    (warning,) = progress.texts("warning")
    assert "no answer" in warning
    assert "machsh provision www" in warning
    assert pending(made, "www") == ("", "vm")
    with pytest.raises(RefusedError, match="does not know its new name yet"):
        made.rename("www", "third")
    VirtualDriver.fails.clear()
    VirtualDriver.hosts["www"] = State.RUNNING
    made.reconfigure("www", changes=["timeout=9"])
    assert VirtualDriver.calls.count("rename_host") == 2
    assert pending(made, "www") == ("", "")


def test_of_two_renames_to_one_name_one_wins(made, create_request):
    made.create(create_request("other", "virtual"))
    barrier, errors = threading.Barrier(2), []

    def rename(former):
        barrier.wait()
        try:
            made.rename(former, "www")
        except MachineExistsError as error:
            errors.append(error)

    threads = [threading.Thread(target=rename, args=(name,)) for name in ("vm", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(errors) == 1
    assert len(made.names()) == 2
    assert "www" in made.names()
    left = next(name for name in made.names() if name != "www")
    assert pending(made, left) == ("", "")


def test_a_folder_that_was_moved_by_hand_is_left_as_it_is(tmp_path):
    record = MachineRecord(name="copy", driver={"SSHKeyPath": f"{tmp_path}/web/id_rsa"})
    put_right(record, "web", tmp_path)
    assert record.driver == {"SSHKeyPath": f"{tmp_path}/web/id_rsa"}
    assert record.machsh.former_name == ""


@pytest.mark.parametrize("former", ["", ".", "..", "../other", "/etc", "a/b", "www"])
def test_a_former_name_that_is_no_folder_rewrites_nothing(tmp_path, former):
    record = MachineRecord(name="www", driver={"SSHKeyPath": "/etc/ssh/key"})
    record.machsh.new_name = "www"
    put_right(record, former, tmp_path)
    assert record.driver == {"SSHKeyPath": "/etc/ssh/key"}
    assert record.machsh.former_name == ""


def test_only_paths_in_the_folder_are_rewritten(tmp_path):
    record = MachineRecord(
        name="www",
        driver={
            "MachineName": "web",
            "SSHKeyPath": f"{tmp_path}/web/id_rsa",
            "Other": f"{tmp_path}/web2/id_rsa",
            "Deep": {"List": [f"{tmp_path}/web", "web", 7, None]},
            "Label": "web",
        },
    )
    record.machsh.new_name = "www"
    put_right(record, "web", tmp_path)
    assert record.driver == {
        "MachineName": "www",
        "SSHKeyPath": f"{tmp_path}/www/id_rsa",
        "Other": f"{tmp_path}/web2/id_rsa",
        "Deep": {"List": [f"{tmp_path}/www", "web", 7, None]},
        "Label": "web",
    }
    assert (record.machsh.new_name, record.machsh.former_name) == ("", "web")
