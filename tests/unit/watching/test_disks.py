"""What engines say of their disks, counted as docker counts it."""

import pytest

from machsh.errors import MachshError
from machsh.watching.disk_usage import DiskUsage, Usage, usage_of
from machsh.watching.prune_filter import PruneFilter
from machsh.watching.pruning import Scope, Waste, _unused_networks, find_waste, waste_in

ANSWER = {
    "LayersSize": 1000,
    "Images": [
        {"Id": "a", "RepoTags": ["app:1"], "Size": 600, "SharedSize": 100, "Containers": 1},
        {"Id": "b", "RepoTags": ["old:1"], "Size": 300, "SharedSize": 100, "Containers": 1},
        {"Id": "c", "RepoTags": ["<none>:<none>"], "Size": 200, "SharedSize": 0, "Containers": 0},
        {"Id": "d", "RepoTags": None, "Size": 50, "SharedSize": -1, "Containers": 0},
    ],
    "Containers": [
        {"State": "running", "SizeRw": 10, "ImageID": "a"},
        {"State": "exited", "SizeRw": 5, "ImageID": "b"},
    ],
    "Volumes": [
        {"Name": "data", "UsageData": {"RefCount": 1, "Size": 70}},
        {"Name": "free", "UsageData": {"RefCount": 0, "Size": 30}},
        {"Name": "f00", "UsageData": {"RefCount": 0, "Size": 3}, "Labels": {"com.docker.volume.anonymous": ""}},
    ],
    "BuildCache": [
        {"InUse": True, "Size": 4}, {"InUse": False, "Size": 8}, {"InUse": False, "Shared": True, "Size": 99},
    ],
}  # fmt: skip


def test_sizes_are_those_of_docker_system_df():
    found = usage_of(ANSWER).by_kind
    assert found["images"] == Usage(4, 2, 1000, 300)
    assert found["containers"] == Usage(2, 1, 15, 5)
    assert found["volumes"] == Usage(3, 1, 103, 33)
    assert found["build cache"] == Usage(2, 1, 12, 8)


def test_machines_are_summed_by_kind():
    assert (usage_of(ANSWER) + usage_of(ANSWER)).total == Usage(22, 10, 2260, 692)
    assert usage_of({}) == DiskUsage()


def test_what_engines_do_not_know_counts_as_nothing():
    volume = {"Name": "x", "UsageData": {"RefCount": -1, "Size": -1}}
    found = usage_of({"LayersSize": 5, "Images": [{"Size": 9, "Containers": 1}], "Volumes": [volume]})
    assert found.by_kind["volumes"] == Usage(1, 0, 0, 0)
    assert found.by_kind["images"] == Usage(1, 1, 5, 0)


def test_a_container_that_waits_is_in_use():
    waiting = [{"State": state, "SizeRw": 5, "ImageID": "a"} for state in ("paused", "restarting")]
    assert usage_of({"Containers": waiting}).by_kind["containers"] == Usage(2, 2, 10, 0)
    image = {"Id": "a", "RepoTags": [], "Size": 9, "Containers": 2}
    assert waste_in({"Containers": waiting, "Images": [image]}, 0, {}, Scope(all=True)).is_empty


def test_an_image_that_the_engine_counts_as_used_stays_though_no_container_names_it():
    image = {"Id": "index", "RepoTags": ["app:1"], "Size": 9, "Containers": 1}
    answer = {"Containers": [{"State": "running", "ImageID": "platform"}], "Images": [image]}
    assert waste_in(answer, 0, {}, Scope(all=True)).is_empty
    image["RepoTags"] = []
    assert waste_in(answer, 0, {}, Scope()).is_empty


@pytest.mark.parametrize("data", [{}, {"UsageData": None}, {"UsageData": {"RefCount": -1, "Size": -1}}])
def test_a_volume_of_which_nobody_knows_who_uses_it_stays(data):
    assert waste_in({"Volumes": [{"Name": "x", **data}]}, 0, {}, Scope(volumes=True)).is_empty


class ToldDocuments:
    """Requests that are answered by path."""

    def __init__(self, **documents):
        self.documents = documents

    def ask(self, path, method="GET"):
        return self.documents.get(path.partition("?")[0].rpartition("/")[2])


@pytest.mark.parametrize(
    "documents",
    [
        {"df": []},
        {"df": {"Images": [1]}},
        {"df": {"Containers": 7}},
        {"df": {}, "networks": [1]},
        {"df": {}, "networks": [{}], "services": [{}]},
        {"df": {"Images": [{"Containers": "x"}]}},
    ],
)
def test_an_answer_that_is_no_engines_is_no_reason_to_remove_anything(documents):
    with pytest.raises(MachshError, match="API promises"):
        find_waste(ToldDocuments(**documents), Scope(volumes=True))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"Images": 3},
        {"Images": "x"},
        {"Images": {"a": 1}},
        {"Volumes": [1]},
        {"Images": [{"Size": "x", "Containers": 1}]},
    ],
)
def test_what_is_no_such_answer_is_refused(answer):
    with pytest.raises(MachshError, match="API promises"):
        usage_of(answer)


@pytest.mark.parametrize(
    ("scope", "waste"),
    [
        (Scope(), Waste(1, 2, 2, 0, 1, 5 + 200 + 50 + 8)),
        (Scope(all=True), Waste(1, 2, 3, 0, 1, 5 + 200 + 200 + 50 + 8)),
        (Scope(volumes=True), Waste(1, 2, 2, 2, 1, 5 + 200 + 50 + 33 + 8)),
    ],
)
def test_what_goes_is_said_before(scope, waste):
    assert waste_in(ANSWER, 2, {"ApiVersion": "1.41"}, scope) == waste


def test_what_only_a_stopped_container_uses_goes_with_it():
    idle = {
        "State": "exited",
        "ImageID": "c",
        "Mounts": [{"Type": "volume", "Name": "data"}, {"Type": "bind"}],
    }
    image = {"Id": "c", "RepoTags": [], "Size": 200, "SharedSize": 0, "Containers": 1}
    volume = {"Name": "data", "UsageData": {"RefCount": 1, "Size": 70}}
    answer = {"Containers": [idle], "Images": [image], "Volumes": [volume]}
    assert waste_in(answer, 0, {}, Scope(volumes=True)) == Waste(1, 0, 1, 1, 0, 270)
    answer["Containers"].append({**idle, "State": "running"})
    image["Containers"] = volume["UsageData"]["RefCount"] = 2
    assert waste_in(answer, 0, {}, Scope(volumes=True)) == Waste(1, 0, 0, 0, 0, 0)


def test_newer_engines_remove_volumes_without_a_name_only():
    assert waste_in(ANSWER, 0, {"ApiVersion": "1.42"}, Scope(volumes=True)).volumes == 1
    assert waste_in(ANSWER, 0, {"ApiVersion": "1.41"}, Scope(volumes=True)).volumes == 2


def test_networks_of_a_swarm_are_removed_by_managers_alone_and_not_while_services_use_them():
    networks = [
        {"Name": "lonely", "Id": "1", "Scope": "local"},
        {"Name": "docker_gwbridge", "Id": "2", "Scope": "local"},
        {"Name": "ingress", "Id": "3", "Scope": "swarm", "Ingress": True},
        {"Name": "app_default", "Id": "4", "Scope": "swarm"},
        {"Name": "old_default", "Id": "5", "Scope": "swarm"},
    ]
    services = [{"Spec": {"TaskTemplate": {"Networks": [{"Target": "4"}]}}}]
    assert _unused_networks(networks, services) == 2
    assert (
        _unused_networks([{**networks[0], "Labels": {"keep": ""}}], None, PruneFilter(labels=("keep",))) == 1
    )
    assert _unused_networks(networks, services, PruneFilter(labels=("keep",))) == 0
    assert _unused_networks(networks, None) == 1
