import json

from machsh.engine.http import HttpResponse
from machsh.engine.watch import listing
from machsh.engine.watch.snapshot import Container, Snapshot, SwarmService, Volume


def reply(content, status=200):
    return HttpResponse(status, "", {}, json.dumps(content).encode())


CONTAINERS = [
    {
        "Id": "b" * 64,
        "Names": ["/other/link", "/web"],
        "Image": "nginx",
        "State": "running",
        "Status": "Up 5 minutes",
        "Created": 100,
        "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "front"},
        "Mounts": [{"Type": "volume", "Name": "data"}, {"Type": "bind", "Source": "/x"}],
    },
    {"Id": "a" * 64, "Names": ["/db"], "Image": "pg", "State": "exited", "Labels": None},
    {"Id": "c" * 64, "Names": None},
]


def test_containers_with_image_and_state():
    found = listing.decode("containers", reply(CONTAINERS))
    assert [container.name for container in found] == ["c" * 12, "db", "web"]
    web = found[2]
    assert web == Container("web", "b" * 64, "nginx", "running", "Up 5 minutes", 100.0, "shop", "front")
    assert web.is_running
    assert not found[1].is_running


def test_images_by_tag_without_nameless_ones():
    items = [
        {"Id": "sha256:1", "RepoTags": ["a:1", "a:latest"], "Size": 5, "Created": 9},
        {"Id": "sha256:2", "RepoTags": ["<none>:<none>"]},
        {"Id": "sha256:3", "RepoTags": None},
    ]
    assert [image.name for image in listing.decode("images", reply(items))] == ["a:1", "a:latest"]


def test_volumes_know_who_uses_them():
    volumes = listing.decode(
        "volumes", reply({"Volumes": [{"Name": "data", "Driver": "local"}, {"Name": "x"}]})
    )
    used = listing.with_users(volumes, reply(CONTAINERS))
    assert used == (Volume("data", "local", ("web",)), Volume("x"))
    assert listing.decode("volumes", reply({"Volumes": None})) == ()


def test_the_rest():
    network = {"Name": "net", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "10.0.0.0/8"}]}}
    assert listing.decode("networks", reply([network]))[0].subnet == "10.0.0.0/8"
    assert listing.decode("networks", reply([{"Name": "n", "IPAM": {"Config": None}}]))[0].subnet == ""
    assert listing.decode("services", reply([{"ID": "i", "Spec": {"Name": "s"}}])) == (SwarmService("s"),)
    stacked = {"Name": "app_web", "Labels": {"com.docker.stack.namespace": "app"}}
    assert listing.decode("services", reply([{"Spec": stacked}])) == (SwarmService("app_web", "app"),)
    node = {"ID": "i", "Description": {"Hostname": "h"}, "Status": {"State": "ready"}}
    assert listing.decode("nodes", reply([node]))[0].help == "ready"
    assert listing.decode("plugins", reply([{"Name": "p", "Enabled": True}]))[0].help == "enabled"
    assert listing.decode("services", reply({"message": "not a swarm manager"}, 503)) == ()


def test_which_kinds_an_event_touches():
    def touched(kind):
        return listing.touched(json.dumps({"Type": kind, "Action": "create"}).encode())

    assert touched("container") == {"containers", "volumes"}
    assert touched("image") == {"images"}
    assert touched("daemon") == frozenset()
    assert listing.touched(b"not json") == frozenset()
    assert listing.touched(b"[1]") == frozenset()


def test_contexts_of_the_users_folder(tmp_path):
    for name, text in (("one", '{"Name": "one", "Metadata": {"Description": "first"}}'), ("bad", "{")):
        folder = tmp_path / "contexts" / "meta" / name
        folder.mkdir(parents=True)
        (folder / "meta.json").write_text(text)
    found = listing.contexts(tmp_path)
    assert [(context.name, context.help) for context in found][1:] == [("one", "first")]
    assert found[0].name == "default"


def test_age():
    assert Snapshot().age(5.0) is None
    assert Snapshot(seen=1.0).age(5.0) == 4.0
    assert Snapshot(seen=1.0, is_live=True).age(5.0) == 0.0
