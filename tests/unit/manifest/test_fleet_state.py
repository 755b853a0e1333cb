"""What the store keeps of a fleet."""

import json

import pytest

from machsh.machine.records.store import Store
from machsh.manifest.fleet_state import FleetState
from machsh.manifest.stack_plan import PresentStack, StackChange
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
