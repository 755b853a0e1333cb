import time
from pathlib import Path

import pytest

from machsh.engine.watch.snapshot import Container, Image, NamedItem, Network, Snapshot, SwarmService, Volume
from machsh.shell.completion.docker_words import LIVE_KINDS
from machsh.shell.completion.engine_names import EngineNames
from machsh.shell.completion.remote_paths import entries
from tests.support.shelf import Now


class Followed:
    def __init__(self, snapshot):
        self.snapshot = snapshot
        self.is_closed = False

    def close(self):
        self.is_closed = True


def names(snapshot, lister=lambda machine, container, folder: []):
    found = EngineNames(lambda machine: None, lister, Now(), Path("/"))
    found._followed["m"] = Followed(snapshot)
    return found


SNAPSHOT = Snapshot(
    containers=(Container("web", "id", "nginx", "running", "Up 5 minutes", service="front", project="shop"),),
    images=(Image("nginx:1", "id", 187_000_000, time.time() - 3 * 86_400),),
    networks=(Network("bridge", "bridge", "172.17.0.0/16"),),
    volumes=(Volume("data", "local", ("web",)),),
    services=(SwarmService("app_db", "app"), SwarmService("app_web", "app"), SwarmService("alone")),
    nodes=(NamedItem("m1", "ready"),),
    secrets=(NamedItem("token"),),
    configs=(NamedItem("site"),),
    plugins=(NamedItem("rexray", "enabled"),),
    contexts=(NamedItem("default", "here"),),
    seen=time.monotonic(),
    is_live=True,
)


def shown(kind):
    return [(one.text, one.note) for one in names(SNAPSHOT).offer("m", kind).candidates]


def test_descriptions_that_docker_lacks():
    assert shown("container") == [("web", "nginx · Up 5 minutes")]
    assert shown("image") == [("nginx:1", "187MB · 3 days")]
    assert shown("network") == [("bridge", "bridge · 172.17.0.0/16")]
    assert shown("volume") == [("data", "local · used by web")]
    assert shown("context") == [("default", "here")]
    assert shown("compose-service") == [("front", "shop")]
    assert shown("service") == [("app_db", "app"), ("app_web", "app"), ("alone", "")]
    assert shown("stack") == [("app", "2 services")]


@pytest.mark.parametrize("kind", sorted(LIVE_KINDS))
def test_every_kind_of_name_has_a_source(kind):
    assert shown(kind)


def test_names_that_are_on_their_way_are_pending_and_lost_ones_are_not():
    assert names(Snapshot()).offer("m", "image").is_pending
    assert not names(Snapshot(error="gone")).offer("m", "image").is_pending
    assert not names(SNAPSHOT).offer("", "image").is_pending


def test_last_known_names_stay_with_their_age():
    lost = Snapshot(images=SNAPSHOT.images, seen=time.monotonic() - 30, error="gone")
    offer = names(lost).offer("m", "image")
    assert len(offer.candidates) == 1
    assert 29 < offer.age < 40


def test_remote_paths_are_listed_once_and_kept():
    asked = []

    def lister(machine, container, folder):
        asked.append((machine, container, folder))
        return [("etc", True), ("init", False)]

    live = names(SNAPSHOT, lister)
    live.paths("m", "web", "/")
    offer = live.paths("m", "web", "/")
    assert [(one.text, one.suffix) for one in offer.candidates] == [("/etc/", ""), ("/init", " ")]
    assert asked == [("m", "web", "/")]


def test_ls_output_as_entries():
    assert entries("bin/\nfile\n.hidden\n") == [("bin", True), ("file", False), (".hidden", False)]


def test_forgetting_ends_the_follower():
    live = names(SNAPSHOT)
    followed = live._followed["m"]
    live.close()
    assert followed.is_closed
    assert live.snapshot("m") is None
