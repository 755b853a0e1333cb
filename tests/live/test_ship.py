"""`ship` as its user types it, from this computer's engine to a real host's."""

import json
import os
import signal
import subprocess
import sys
import uuid

import pytest

from tests.live.hosts import docker
from tests.support.house import House

pytestmark = pytest.mark.live

LAYER = 3_000_000


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with one real machine, and `NAME:base` and `NAME:all`, which has one more layer, here."""
    made = House(tmp_path_factory.mktemp("ship"))
    made.name = f"ship-{uuid.uuid4().hex[:6]}"
    try:
        build(made.name, tmp_path_factory.mktemp("context"))
        done = made.machsh("create", "-d", "docker", made.name, seconds=300)
        assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        made.run("rm", "-f", made.name)
        docker("rmi", f"{made.name}:base", f"{made.name}:all", check=False)


def build(name, folder):
    for part in range(3):
        (folder / f"part{part}").write_bytes(os.urandom(LAYER))
    for tag, count in (("base", 2), ("all", 3)):
        lines = ["FROM scratch", *(f"COPY part{part} /" for part in range(count)), 'CMD ["/none"]']
        (folder / "Dockerfile").write_text("\n".join(lines))
        docker("build", "-q", "-t", f"{name}:{tag}", str(folder))


def ship(house, *words, code=0):
    done = house.machsh("ship", *words, "--json", seconds=120)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def here(image):
    return docker("image", "inspect", "-f", "{{.Id}}", image).stdout.strip()


def there(house, *words):
    done = docker("exec", f"machsh-{house.name}", "docker", *words, check=False)
    return done.stdout.strip()


@pytest.fixture
def empty(house):
    """The house, with no image on its machine."""
    yield house
    there(house, "system", "prune", "-af")


def test_an_image_arrives_with_its_digest_and_its_next_version_layer_by_layer(empty):
    base, whole = f"{empty.name}:base", f"{empty.name}:all"
    (row,) = ship(empty, base, empty.name)
    assert (row["result"], row["layersSent"]) == ("shipped", 2)
    (planned,) = ship(empty, whole, f"@{empty.name}", "--dry-run")
    assert (planned["result"], planned["layersSent"], planned["bytesSent"]) == ("planned", 1, LAYER)
    (row,) = ship(empty, whole, f"@{empty.name}")
    assert (row["result"], row["layersSent"]) == ("shipped", 1)
    assert LAYER < row["bytesSent"] < 1.1 * LAYER
    assert there(empty, "image", "inspect", "-f", "{{.Id}}", whole) == here(whole) == row["id"]
    (row,) = ship(empty, whole, empty.name)
    assert row["result"] == "there"


def test_an_image_that_is_there_under_another_name_is_named(empty):
    base = f"{empty.name}:base"
    ship(empty, base, empty.name)
    there(empty, "tag", base, "other:1")
    there(empty, "rmi", base)
    (row,) = ship(empty, base, empty.name)
    assert (row["result"], row["bytesSent"]) == ("named", 0)
    assert there(empty, "image", "inspect", "-f", "{{.Id}}", base) == here(base)


def test_an_image_comes_back_from_a_machine(empty):
    whole = f"{empty.name}:all"
    (row,) = ship(empty, whole, empty.name)
    id = here(whole)
    docker("rmi", whole)
    (row,) = ship(empty, whole, "--from", empty.name, "local")
    assert row["result"] == "shipped"
    assert here(whole) == id


def read_containers(image):
    """The containers through which layers of an image are read."""
    return docker("ps", "-aq", "-f", "label=machsh.shipping", "-f", f"ancestor={image}").stdout.split()


def test_a_layer_is_read_alone_from_this_computer_s_engine(empty):
    base, whole = f"{empty.name}:base", f"{empty.name}:all"
    ship(empty, base, empty.name)
    done = empty.machsh("--debug", "ship", whole, empty.name, seconds=120)
    is_overlay2 = docker("info", "-f", "{{.Driver}}").stdout.strip() == "overlay2"
    told = done.stdout + done.stderr
    assert (f"Reading 1 of 3 layers of {whole}" in told, "Saving" in told) == (is_overlay2, not is_overlay2)
    assert there(empty, "image", "inspect", "-f", "{{.Id}}", whole) == here(whole)
    assert read_containers(whole) == []


KILLED = """
import os, signal, sys
from machsh.cli import main
from machsh.machine.shipping import source_reading

source_reading.read_layers = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(main())
"""
"""machsh, and a kill -9 while it reads layers."""


def test_what_a_kill_leaves_on_the_source_is_removed_by_the_next_run(empty):
    whole = f"{empty.name}:all"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "ship", whole, empty.name],
        env=empty.variables,
        capture_output=True,
        timeout=120,
        check=False,
    )
    if docker("info", "-f", "{{.Driver}}").stdout.strip() == "overlay2":
        assert killed.returncode == -signal.SIGKILL
        assert len(read_containers(whole)) == 1
    (row,) = ship(empty, whole, empty.name)
    assert row["result"] == "shipped"
    assert read_containers(whole) == []


INTERRUPTED = """
import os, signal, sys, threading
from machsh.cli import main
from machsh.engine.images.image_engine import ImageEngine
from machsh.machine.shipping import delivery

load = ImageEngine.load

def load_until_the_last(self, archive, tell, before_end):
    if archive.tags:
        before_end()
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(30)
    load(self, archive, tell, before_end)

delivery.STEP_BYTES = 1
ImageEngine.load = load_until_the_last
sys.exit(main())
"""
"""machsh, with steps of one layer, and a user who presses Ctrl-C before the last of them."""


def test_after_ctrl_c_it_goes_on_with_the_layers_that_are_missing(empty):
    whole = f"{empty.name}:all"
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, "ship", whole, empty.name],
        env=empty.variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 130, done.stdout + done.stderr
    assert "run it again" in done.stderr
    assert there(empty, "images", "-q", "-f", "label=machsh.partial")
    (row,) = ship(empty, whole, empty.name)
    assert (row["result"], row["layersSent"]) == ("shipped", 1)
    assert there(empty, "images", "-aq").splitlines() == [here(whole)[7:19]]
