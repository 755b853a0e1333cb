"""Live names of a real engine, and of engines that are away, silent or cut."""

import subprocess
import time
import uuid

import pytest

from machsh.engine.endpoint import Endpoint
from machsh.engine.watch.watcher import EngineWatcher
from machsh.testing.network_faults import BlackHole, SlowProxy, refusing_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live

LOCAL = Endpoint("unix:///var/run/docker.sock")
IMAGE = "debian:bookworm-slim"


def docker(*words):
    subprocess.run(["docker", *words], check=True, capture_output=True)


def wait(condition, seconds=5.0):
    """The seconds until the condition held."""
    start = time.monotonic()
    wait_until(condition, "what is waited for", seconds)
    return time.monotonic() - start


@pytest.fixture
def follow():
    made = []

    def start(endpoint, **options):
        names = EngineWatcher(endpoint, **options)
        made.append(names)
        names.start()
        return names

    yield start
    for names in made:
        names.close()


@pytest.fixture
def container():
    name = f"machsh-names-{uuid.uuid4().hex[:8]}"
    yield name
    subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)


def state(names, name):
    return next((found.state for found in names.snapshot.containers if found.name == name), None)


@pytest.mark.parametrize("kind", ["socket", "tls"])
def test_a_container_of_another_process_appears_within_300_ms(kind, follow, container, engine):
    names = follow(LOCAL if kind == "socket" else engine.endpoint)
    wait(lambda: names.snapshot.is_live)
    assert state(names, container) is None
    docker("create", "--name", container, IMAGE, "sleep", "100")
    assert wait(lambda: state(names, container) == "created") < 0.3
    docker("start", container)
    assert wait(lambda: state(names, container) == "running") < 0.3
    docker("rename", container, f"{container}-b")
    try:
        assert wait(lambda: state(names, f"{container}-b") == "running") < 0.3
    finally:
        docker("rm", "-f", f"{container}-b")
    assert wait(lambda: state(names, f"{container}-b") is None) < 0.3
    assert names.snapshot.is_live


def test_other_kinds_follow_too(follow, container):
    names = follow(LOCAL)
    wait(lambda: names.snapshot.is_live)
    assert any(image.name == IMAGE for image in names.snapshot.images)
    assert any(network.name == "bridge" and network.subnet for network in names.snapshot.networks)
    docker("volume", "create", container)
    try:
        assert wait(lambda: any(volume.name == container for volume in names.snapshot.volumes)) < 0.3
        docker("create", "--name", container, "-v", f"{container}:/x", IMAGE, "true")
        wait(lambda: any(volume.used_by == (container,) for volume in names.snapshot.volumes))
    finally:
        docker("rm", "-f", container)
        docker("volume", "rm", container)
    assert wait(lambda: all(volume.name != container for volume in names.snapshot.volumes)) < 0.3
    docker("tag", IMAGE, f"{container}:x")
    try:
        assert wait(lambda: any(image.name == f"{container}:x" for image in names.snapshot.images)) < 0.3
    finally:
        docker("rmi", f"{container}:x")


def test_far_names_come_in_few_round_trips(follow, engine):
    with SlowProxy(("127.0.0.1", engine.port), 0.2) as proxy:
        names = follow(Endpoint(proxy.url, engine.folder))
        assert wait(lambda: names.snapshot.is_live) < 2.5


def test_the_change_is_told(follow):
    seen = []
    follow(LOCAL, changed=seen.append)
    wait(lambda: seen)
    assert seen[0].is_live


def test_a_silent_engine_makes_nobody_wait(certificates):
    with BlackHole() as hole:
        names = EngineWatcher(Endpoint(hole.url, certificates))
        names.start()
        wait_until(lambda: hole.connections, "the connection")
        start = time.monotonic()
        assert names.snapshot.containers == ()
        names.close()
        assert time.monotonic() - start < 0.3


def test_an_engine_that_is_away_is_told_and_tried_again(follow, certificates):
    names = follow(Endpoint(f"tcp://127.0.0.1:{refusing_port()}", certificates))
    wait(lambda: names.snapshot.error)
    assert "connection refused" in names.snapshot.error
    assert names.snapshot.seen is None


def test_after_a_cut_the_names_stay_with_their_age_and_come_back(follow, engine):
    names = follow(engine.endpoint)
    wait(lambda: names.snapshot.is_live)
    images = names.snapshot.images
    engine.cut()
    wait(lambda: not names.snapshot.is_live)
    assert names.snapshot.images == images
    assert names.snapshot.seen is not None
    wait(lambda: names.snapshot.is_live)
    assert names.snapshot.error == ""
