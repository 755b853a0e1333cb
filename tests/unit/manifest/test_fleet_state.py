"""What the store keeps of a fleet."""

import json

import pytest

from machsh.errors import MachshError
from machsh.machine.records.store import Store
from machsh.manifest import fleet_state
from machsh.manifest.fleet_state import FleetState, applying, storable_options
from machsh.manifest.manifest import WantedMachine
from machsh.manifest.stack_plan import PresentStack, StackChange
from machsh.options import Values
from tests.support.manifests import loaded

FILE = """
[machines.web]
driver = "fake"
fake-size = "2"
engine-env = ["HTTP_PROXY=http://me:hush@proxy", "A=b"]
engine-label = ["of=${token}"]
[secrets]
token = { env = "TOKEN" }
"""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_it_is_kept_without_what_is_secret(store, tmp_path):
    manifest = loaded(tmp_path, FILE, variables={"TOKEN": "hush"})
    FleetState(store, "shop").settle(manifest.machines)
    again = FleetState(store, "shop")
    assert again.applied == {"web": {"fake-size": "2"}}
    assert again.withheld == {"web": ["engine-env", "engine-label"]}


def test_steps_that_have_not_ended_are_known_to_the_next_apply(store):
    state = FleetState(store, "shop")
    for step in ("machine a", "machine b", "machine a"):
        state.begin(step)
    state.end("machine b")
    assert FleetState(store, "shop").begun == ["machine a"]


def test_stacks_are_kept_until_they_are_removed(store):
    state = FleetState(store, "shop")
    state.end_stack("stack app", StackChange("app", "prod", "1"))
    state.end_stack("stack app", StackChange("app", "test", "2"))
    state.end_stack("stack app", StackChange("app", "test", "3"))
    in_both = [("app", PresentStack("prod", "1")), ("app", PresentStack("test", "3"))]
    assert FleetState(store, "shop").stacks == in_both
    state.end_stack("stack app", StackChange("app", "prod", is_gone=True))
    assert FleetState(store, "shop").stacks == in_both[1:]


def test_clusters_are_known_from_their_first_step_until_they_end(store):
    state = FleetState(store, "shop")
    state.begin_cluster("cluster prod", "prod")
    state.begin_cluster("cluster prod", "prod")
    again = FleetState(store, "shop")
    assert (again.clusters, again.begun) == (["prod"], ["cluster prod"])
    again.settle({}, {"prod", "former"})
    assert FleetState(store, "shop").clusters == ["former", "prod"]
    again.end_cluster("cluster former", "former")
    assert FleetState(store, "shop").clusters == ["prod"]


def test_it_is_never_half_written(store, monkeypatch):
    FleetState(store, "shop").begin("machine a")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(MachshError, match="no space left"):
        FleetState(store, "shop").begin("machine b")
    assert FleetState(store, "shop").begun == ["machine a"]


def test_nobody_else_can_read_it(store):
    FleetState(store, "shop").begin("machine a")
    folder = store.folder / "fleets"
    assert [oct(one.stat().st_mode & 0o777) for one in (folder, folder / "shop.json")] == ["0o700", "0o600"]


def test_threads_write_it_one_at_a_time(store, tmp_path, monkeypatch):
    state, write = FleetState(store, "shop"), FleetState._write
    free = []
    monkeypatch.setattr(
        FleetState, "_write", lambda self: (free.append(not self._guard.locked()), write(self))
    )
    state.begin("machine a")
    state.end("machine a")
    state.end_stack("stack app", StackChange("app", "prod", "1"))
    state.settle(loaded(tmp_path, FILE, variables={"TOKEN": "hush"}).machines)
    assert free == [False] * 4


def test_what_was_begun_is_forgotten_when_all_is_as_the_file_says(store, tmp_path):
    machines = loaded(tmp_path, FILE, variables={"TOKEN": "hush"}).machines
    state = FleetState(store, "shop")
    state.settle(machines)
    state.begin("machine web")
    state.settle(machines)
    assert FleetState(store, "shop").begun == []


def test_nothing_is_written_when_nothing_has_changed(store, tmp_path, monkeypatch):
    machines = loaded(tmp_path, FILE, variables={"TOKEN": "hush"}).machines
    state = FleetState(store, "shop")
    state.settle(machines, {"prod", "former"})
    FleetState(store, "shop").settle(machines, {"prod"})
    assert FleetState(store, "shop").clusters == ["prod"]
    monkeypatch.setattr(FleetState, "_write", None)
    FleetState(store, "shop").settle(machines, {"prod"})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("fake-password", "hush"),
        ("fake-url", "https://me:hush@api.example.org"),
        ("fake-urls", ["https://me:hush@api.example.org"]),
        ("fake-token", "hush"),
    ],
)
def test_what_looks_secret_is_not_kept(option, value):
    wanted = WantedMachine("web", "fake", (), {option: value, "fake-size": "2"}, Values({}, set()))
    assert storable_options(wanted) == {"fake-size": "2"}


def test_what_is_said_to_be_secret_is_not_kept():
    wanted = WantedMachine(
        "web", "fake", (), {"fake-size": "2"}, Values({}, set()), secret_options=frozenset({"fake-size"})
    )
    assert storable_options(wanted) == {}


def test_a_file_that_cannot_be_read_is_not_taken_for_none(store):
    (store.folder / "fleets" / "shop.json").mkdir(parents=True)
    with pytest.raises(MachshError, match=r"shop\.json"):
        FleetState(store, "shop")


def test_a_file_that_is_too_large_is_not_taken_for_none(store, monkeypatch):
    FleetState(store, "shop").begin("machine a")
    monkeypatch.setattr(fleet_state, "LARGEST", 10)
    with pytest.raises(MachshError, match=r"shop\.json"):
        FleetState(store, "shop")


def test_applies_of_two_fleets_do_not_wait_for_each_other(store, monkeypatch):
    monkeypatch.setattr(fleet_state, "BUSY_SECONDS", 0.05)
    with applying(store, "shop"), applying(store, "blog"):
        pass


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '"x"',
        "[" * 5000,
        '{"version": 2, "applied": {"a": {}}}',
        '{"version": 1}',
        json.dumps(
            {"version": 1, "applied": [1], "begun": {"a": 1}, "stacks": 3, "clusters": {}, "withheld": 4}
        ),
        json.dumps({"version": 1, "applied": {"a": {"b": {}}}, "begun": [1], "stacks": [{"cluster": 1}, 2]}),
        b"\xff\xfe".decode("latin-1"),
    ],
)
def test_a_damaged_file_counts_as_none(store, content):
    folder = store.folder / "fleets"
    folder.mkdir(parents=True)
    (folder / "shop.json").write_text(content)
    state = FleetState(store, "shop")
    assert (state.applied, state.begun, state.stacks, state.clusters) == ({}, [], [], [])
    assert state.withheld == {}


def test_what_is_begun_is_written_before_anything_else_happens(store):
    FleetState(store, "shop").begin("machine a")
    assert FleetState(store, "shop").begun == ["machine a"]
