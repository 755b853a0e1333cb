"""A damaged record is one broken machine: whatever its file holds, it opens or gives a MachshError."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from machsh.drivers.driver import State
from machsh.errors import MachshError
from machsh.go.json import go_json
from machsh.machine.machines import Machines
from machsh.machine.records.store import Store
from machsh.plugin.catalog import Catalog
from machsh.testing.fakes import FakeEnvironment, RecordingProgress, ScriptedAsk
from tests.support import zoo
from tests.support.places import CASE_FILES

RECORDS = {
    path.stem: json.loads(path.read_bytes()) for path in sorted((CASE_FILES / "machines").glob("*.json"))
}
LINE_ENDS = ("\n", "\r")


def service(home):
    environment = FakeEnvironment(home)
    catalog = Catalog(environment, warn=lambda text: None)
    return Machines(environment, catalog=catalog, progress=RecordingProgress(), ask=ScriptedAsk())


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / ".docker" / "machine")


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_a_damaged_file_is_one_error(store, kind):
    zoo.put(store.config_path("bad"), kind)
    with pytest.raises(MachshError) as caught:
        store.load("bad")
    assert not any(end in str(caught.value) for end in LINE_ENDS)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_a_damaged_machine_can_be_forgotten(tmp_path, store, kind):
    zoo.put(store.config_path("bad"), kind)
    service(tmp_path).remove("bad", force=True, tell_failure=lambda error: None)
    assert store.names() == []


def test_all_damaged_machines_are_one_row_each(tmp_path, store):
    for number, kind in enumerate(zoo.KINDS):
        zoo.put(store.config_path(f"bad{number}"), kind)
    good = store.config_path("good")
    good.parent.mkdir()
    good.write_bytes((CASE_FILES / "machines" / "virtualbox.json").read_bytes())
    rows = service(tmp_path).survey(seconds=5)
    assert len(rows) == len(zoo.KINDS) + 1
    assert all(row.state is State.ERROR and row.error for row in rows)  # virtualbox is not installed
    assert [row.name for row in rows if row.is_loaded] == ["good"]


def check_text(error):
    """It is one line, whatever the file holds."""
    assert not any(end in str(error) for end in LINE_ENDS)


def use(machines, name):
    """What commands ask of a machine before they reach out."""
    machine = machines.get(name)
    for ask in (
        lambda: machine.driver.known_url(),
        lambda: machine.endpoint().address,
        lambda: machine.driver.name == "docker" or machine.driver.ssh_target(),  # which asks the engine
        lambda: machine.tls_paths,
        lambda: machine.seconds,
    ):
        try:
            ask()
        except MachshError:
            pass


@pytest.mark.parametrize("name", RECORDS)
def test_records_of_docker_machine_open_and_keep_every_value(tmp_path, store, name):
    path = store.config_path("web")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(RECORDS[name]))
    record = store.load("web")
    assert json.loads(go_json(record.to_json())) == {**RECORDS[name], "Name": "web"}
    use(service(tmp_path), "web")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    st.sampled_from(["none", "generic", "openstack", "docker"]).flatmap(
        lambda name: zoo.mutated(record(name))
    )
)
def test_a_record_with_any_value_anywhere_opens_or_is_one_error(tmp_path, document):
    store = Store(tmp_path / ".docker" / "machine")
    path = store.config_path("web")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zoo.as_json(document))
    try:
        opened = store.load("web")
        store.save(opened)
        assert store.load("web").to_json() == opened.to_json()
        use(service(tmp_path), "web")
    except MachshError as error:
        check_text(error)


@pytest.mark.parametrize("name", ["none", "generic", "docker"])
def test_every_value_of_a_record_may_be_wrong(tmp_path, store, name):
    path = store.config_path("web")
    path.parent.mkdir(parents=True)
    machines = service(tmp_path)
    for place in zoo.places(record(name)):
        for value in zoo.WRONG:
            document = copy.deepcopy(record(name))
            zoo.set_at(document, place, value)
            path.write_bytes(zoo.as_json(document))
            machines.close()
            try:
                store.load("web")
                use(machines, "web")
            except MachshError as error:
                check_text(error)
            except Exception as error:
                raise AssertionError(f"{place} = {value!r}") from error


def record(name):
    """A good record; that of the driver docker, which docker-machine does not have, made from another."""
    if name != "docker":
        return RECORDS[name]
    extra = {"Engine": "", "Container": "machsh-web", "Owner": "x", "EnginePort": 0, "Privileges": "full"}
    return {**RECORDS["none"], "DriverName": "docker", "Driver": {**RECORDS["none"]["Driver"], **extra}}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    st.sampled_from(sorted((CASE_FILES / "migrations").glob("*.json"))).flatmap(
        lambda path: zoo.mutated(json.loads(path.read_bytes())["before"])
    )
)
def test_an_old_record_with_any_value_anywhere_opens_or_is_one_error(tmp_path, document):
    store = Store(tmp_path / ".docker" / "machine")
    path = store.config_path("web")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zoo.as_json(document))
    try:
        store.load("web")
        use(service(tmp_path), "web")
    except MachshError as error:
        check_text(error)


@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=60))
def test_any_bytes_are_one_error(tmp_path_factory, content):
    store = Store(tmp_path_factory.getbasetemp() / "bytes")
    path = store.config_path("web")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    try:
        store.load("web")
    except MachshError as error:
        check_text(error)
