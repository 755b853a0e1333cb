"""What a survey finds of clusters and stacks, and with which line it says what cannot be had."""

import pytest

from machsh.cluster.nodes import MANAGER, Node
from machsh.errors import MachshError
from machsh.machine.records import phase
from machsh.manifest import present
from machsh.manifest.fleet_state import FleetState
from machsh.manifest.manifest_error import ManifestError
from machsh.manifest.present import stack_digest, survey
from tests.support.manifests import applied, loaded, planned, signs

FILE = '[machines."web[1-2]"]\ndriver = "virtual"\n[clusters.prod]\nmanagers = "web[1-2]"\n'
STACK = '[stacks.app]\ncluster = "prod"\nfile = "app.yml"\n'
APP = "services: {}\nconfigs:\n  c:\n    file: ./c.txt\n"


class AskedManager:
    """The manager of a cluster, of which it knows one machine and no stack."""

    asked = 0

    def __init__(self, *_):
        AskedManager.asked += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def nodes(self):
        return [Node("id", "web1", MANAGER, "active", "ready")]

    def stack_objects(self, kind, name):
        return []


@pytest.fixture
def surveyed(machines, engine, tmp_path, monkeypatch):
    """A function that surveys the store for a file; both machines are there, and in a cluster or not."""
    applied(machines, loaded(tmp_path, FILE.partition("[clusters")[0]))

    def node_named(machines, nodes, name):
        if name != "web1":
            raise MachshError("the swarm does not know it")
        return nodes[0]

    monkeypatch.setattr(AskedManager, "asked", 0)
    monkeypatch.setattr(present, "manager_of", AskedManager)
    monkeypatch.setattr(present, "node_named", node_named)

    def look(text, cluster=""):
        for name in ("web1", "web2"):
            with machines.store.change(name) as record:
                record.machsh.cluster = cluster
        manifest = loaded(tmp_path, text)
        return survey(machines, manifest, FleetState(machines.store, "shop"))

    (tmp_path / "app.yml").write_text(APP)
    (tmp_path / "c.txt").write_text("one")
    return look


def test_a_machine_that_its_swarm_does_not_know_has_no_node(surveyed):
    found = surveyed(FILE, "prod")
    assert (list(found.nodes), found.clusters) == (["web1"], {"prod": ("web1", "web2")})


def test_nobody_is_asked_of_a_cluster_that_is_not_there_yet(surveyed):
    found = surveyed(FILE + STACK)
    assert (AskedManager.asked, found.stacks["app"].is_there, found.nodes) == (0, False, {})
    assert not surveyed(FILE + STACK, "prod").stacks["app"].is_there
    assert AskedManager.asked == 2


@pytest.mark.parametrize("content", [None, "services: [", "{"])
def test_a_stacks_file_that_cannot_be_read_is_said_with_its_line(surveyed, tmp_path, content):
    (tmp_path / "app.yml").unlink()
    if content is not None:
        (tmp_path / "app.yml").write_text(content)
    with pytest.raises(ManifestError, match=r"shop\.toml:5: "):
        surveyed(FILE + STACK)


def test_a_stack_is_another_when_its_file_or_what_it_names_has_changed(surveyed, tmp_path):
    stack = loaded(tmp_path, FILE + STACK).stacks["app"]
    digests = [stack_digest(stack, {})]
    (tmp_path / "c.txt").write_text("two")
    digests.append(stack_digest(stack, {}))
    (tmp_path / "app.yml").write_text(f"{APP}# a word\n")
    digests.append(stack_digest(stack, {}))
    assert len(set(digests)) == 3
    assert stack_digest(stack, {}) == digests[-1]


def test_a_creation_that_is_gone_on_with_is_not_compared(machines, engine, tmp_path):
    text = '[machines.web]\ndriver = "virtual"\nfake-size = "2"\n'
    applied(machines, loaded(tmp_path, text))
    with machines.store.change("web") as record:
        record.machsh.phase = phase.HOST
    plan = planned(machines, loaded(tmp_path, text.replace('"2"', '"2"\ntls-san = "a.b"')))
    assert (signs(plan), plan.machines[0].is_continued) == (["+ web"], True)


def test_what_is_not_finished_or_not_ours_is_not_compared(machines, engine, tmp_path, monkeypatch):
    text = '[machines.web]\ndriver = "virtual"\n'
    applied(machines, loaded(tmp_path, text))
    monkeypatch.setattr(present, "differences", None)
    with pytest.raises(ManifestError, match='belongs to the fleet "shop"'):
        planned(machines, loaded(tmp_path, text, file="blog.toml"))
    with machines.store.change("web") as record:
        record.machsh.phase = phase.HOST
    assert signs(planned(machines, loaded(tmp_path, text))) == ["+ web"]


def test_what_the_driver_makes_of_a_missing_machine_is_checked_before_anything_is_done(
    machines, tmp_path, monkeypatch
):
    def refuse(*_):
        raise MachshError("the zone s3cret-9 is none", hint="not s3cret-9")

    monkeypatch.setattr(type(machines), "configured", refuse)
    text = '[machines.web]\ndriver = "virtual"\nfake-size = "${size}"\n[secrets]\nsize = { env = "SIZE" }\n'
    with pytest.raises(ManifestError, match=r"shop\.toml:1: web: the zone \(secret\) is none") as raised:
        planned(machines, loaded(tmp_path, text, variables={"SIZE": "s3cret-9"}))
    assert "s3cret" not in raised.value.hint
