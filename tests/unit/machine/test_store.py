import json
import os
import threading
import time

import pytest

from machsh.errors import DeadlineError, MachineExistsError, MachineNotFoundError, MachshError
from machsh.machine.errors import BrokenRecordError
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store
from tests.support.places import CASE_FILES

SAMPLES = sorted((CASE_FILES / "machines").glob("*.json"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "machine")


def put(store, name, content):
    folder = store.machines_folder / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(content)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_what_docker_machine_wrote_is_saved_byte_for_byte(path, store):
    name = json.loads(path.read_bytes())["Name"]
    put(store, name, path.read_bytes())
    store.save(store.load(name))
    assert store.config_path(name).read_bytes() == path.read_bytes()


def test_unknown_keys_survive_at_every_level(store):
    document = json.loads((CASE_FILES / "machines/none.json").read_text())
    places = [document, document["Driver"], document["HostOptions"], *document["HostOptions"].values()]
    for place in places:
        if isinstance(place, dict):
            place["Later"] = {"a": [1, None, "<&>"]}
    put(store, "web", json.dumps(document).encode())
    store.save(store.load("web"))
    assert json.loads(store.config_path("web").read_text()) == document


def test_own_object_is_written_only_when_it_says_something(store):
    record = MachineRecord(name="web", driver_name="none")
    store.save(record)
    assert "Machsh" not in json.loads(store.config_path("web").read_text())
    record.machsh.engine_version = "24.0.7"
    store.save(record)
    assert json.loads(store.config_path("web").read_text())["Machsh"] == {"EngineVersion": "24.0.7"}
    assert store.load("web").machsh.engine_version == "24.0.7"


def test_folders_and_files_are_private(store):
    store.save(MachineRecord(name="web"))
    for folder in (store.folder, store.machines_folder, store.machine_folder("web")):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert store.config_path("web").stat().st_mode & 0o777 == 0o600
    assert not store.config_path("web").read_bytes().endswith(b"\n")


def test_names_are_folders_without_a_dot_in_bytewise_order(store):
    for name in ("foo9", "foo10", "Zed", "foo", ".hidden"):
        put(store, name, b"{}")
    (store.machines_folder / "file").write_text("")
    assert store.names() == ["Zed", "foo", "foo10", "foo9"]
    assert store.exists("file")
    assert store.exists("foo")


@pytest.mark.parametrize("files", [[], [".lock"], [".lock", ".config.json.x7"]], ids=repr)
def test_a_folder_in_which_nothing_was_written_is_no_machine_and_can_be_taken(store, files):
    folder = store.machines_folder / "web"
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).write_text("")
    assert store.names() == []
    assert not store.exists("web")
    for action in (store.load, lambda name: store.lock(name).__enter__()):
        with pytest.raises(MachineNotFoundError):
            action("web")
    with store.creating(MachineRecord(name="web")):
        assert store.names() == ["web"]
    assert sorted(os.listdir(folder)) == [".lock", "config.json"]
    store.remove("web")
    assert [name for name in os.listdir(store.machines_folder) if name != ".lock"] == []


@pytest.mark.parametrize(
    "make", [lambda path: path.write_text(""), lambda path: path.symlink_to("/nonexistent")]
)
def test_what_is_no_folder_keeps_its_name(store, make):
    store.machines_folder.mkdir(parents=True)
    make(store.machines_folder / "web")
    with pytest.raises(MachineExistsError), store.creating(MachineRecord(name="web")):
        raise AssertionError
    assert store.exists("web")
    assert os.listdir(store.machines_folder).count("web") == 1


def test_a_missing_store_has_no_machines(store):
    assert store.names() == []
    assert not store.exists("web")


def test_the_name_is_the_folders(store):
    put(store, "web", (CASE_FILES / "machines/sample.json").read_bytes())
    assert store.load("web").name == "web"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "/etc", "a\0b", "x" * 300])
def test_a_name_never_leaves_the_store(store, name):
    store.save(MachineRecord(name="web"))
    assert not store.exists(name)
    for action in (store.load, store.remove, store.machine_folder):
        with pytest.raises(MachineNotFoundError):
            action(name)
    assert store.names() == ["web"]


def test_a_missing_machine_is_told_in_docker_machines_words(store):
    with pytest.raises(MachineNotFoundError) as caught:
        Store(store.folder, program="docker-machine").load("nosuch")
    assert str(caught.value) == (
        'Docker machine "nosuch" does not exist. Use "docker-machine ls" to list machines. '
        'Use "docker-machine create" to add a new one.'
    )


def test_a_folder_without_a_record(store):
    (store.machines_folder / "web").mkdir(parents=True)
    (store.machines_folder / "web" / "disk").write_text("")
    with pytest.raises(BrokenRecordError) as caught:
        store.load("web")
    assert str(caught.value) == f"open {store.config_path('web')}: no such file or directory"
    assert "rm -f web" in caught.value.hint
    with pytest.raises(MachineExistsError), store.creating(MachineRecord(name="web")):
        raise AssertionError


@pytest.mark.parametrize("leftover", [False, True], ids=["free-name", "unfinished-folder"])
def test_many_creations_of_one_name_at_once_have_one_winner(store, leftover):
    if leftover:
        (store.machines_folder / "web").mkdir(parents=True)
        (store.machines_folder / "web" / ".lock").write_text("")
    won, lost, ready = [], [], threading.Barrier(16)

    def create(number):
        ready.wait(10)
        try:
            with store.creating(MachineRecord(name="web", driver_name=str(number))) as lock:
                won.append((number, lock.is_in_place))
        except MachineExistsError:
            lost.append(number)

    in_threads(create, range(16))
    assert (len(won), len(lost)) == (1, 15)
    assert (int(store.load("web").driver_name), True) == won[0]
    assert [name for name in os.listdir(store.machines_folder) if name != ".lock"] == ["web"]


def in_threads(action, arguments):
    threads = [threading.Thread(target=action, args=(one,)) for one in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_removing_deletes_the_whole_folder_and_nothing_else(store):
    for name in ("web", "db"):
        store.save(MachineRecord(name=name))
    (store.machine_folder("web") / "deep" / "er").mkdir(parents=True)
    store.remove("web")
    assert store.names() == ["db"]
    with pytest.raises(MachshError, match=r'^Can.t remove "web"$'):
        store.remove("web")


def test_removing_a_link_leaves_what_it_points_to(store, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    store.machines_folder.mkdir(parents=True)
    (store.machines_folder / "web").symlink_to(outside)
    store.remove("web")
    assert (outside / "precious").exists()
    assert not store.exists("web")


def test_a_lock_is_waited_for_and_given_up_in_time(store):
    store.save(MachineRecord(name="web"))
    with store.lock("web"), pytest.raises(DeadlineError, match="locked by another process"):
        with store.lock("web", seconds=0.1):
            raise AssertionError
    with store.lock("web", seconds=0.1):
        pass
    assert [path.name for path in store.machines_folder.iterdir()] == ["web"]


def test_locking_a_missing_machine_makes_nothing(store):
    with pytest.raises(MachineNotFoundError), store.lock("web"):
        raise AssertionError
    assert not store.folder.exists()


def test_lone_surrogates_can_be_saved_and_read_again(store):
    put(store, "web", b'{"ConfigVersion": 3, "DriverName": "none", "Driver": {"x": "\\ud800"}}')
    store.save(store.load("web"))
    assert store.load("web").driver_name == "none"


def test_a_thousand_machines_are_listed_fast(store):
    content = (CASE_FILES / "machines/none.json").read_bytes()
    for number in range(1000):
        put(store, f"m{number}", content)
    began = time.perf_counter()
    assert len(store.names()) == 1000
    names_seconds = time.perf_counter() - began
    began = time.perf_counter()
    assert len([store.load(name) for name in store.names()]) == 1000
    readable_seconds = time.perf_counter() - began
    assert names_seconds < 0.1
    assert readable_seconds < 2.5


def test_no_temporary_file_is_left(store):
    for number in range(3):
        store.save(MachineRecord(name="web", driver={"n": number}))
    assert os.listdir(store.machine_folder("web")) == ["config.json"]
