"""`certs renew` on two real hosts, killed at each of its steps: both stay within reach, and it is gone on with."""

import json
import subprocess
import sys
import uuid

import pytest

from tests.support.house import House
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live

SECONDS = 300


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with two real machines."""
    made = House(tmp_path_factory.mktemp("renewal"))
    made.names = [f"renew{number}-{uuid.uuid4().hex[:6]}" for number in (1, 2)]
    try:
        for name in made.names:
            done = made.machsh("create", "-d", "docker", name, seconds=SECONDS)
            assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        made.run("rm", "-f", *made.names)


def good(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answers(house, name):
    """Whether docker reaches the machine as `env` tells it to."""
    words = good(house.machsh("config", name)).replace('"', "").split() if is_checked(house, name) else []
    return (
        bool(words)
        and subprocess.run(["docker", *words, "ps"], capture_output=True, timeout=60).returncode == 0
    )


def is_checked(house, name):
    return house.machsh("config", name).returncode == 0


def all_answer(house):
    """Both answer; an engine that was just restarting may take its time."""
    for name in house.names:
        wait_until(lambda name=name: answers(house, name), f"{name} to be reached", 60)


def authorities(house):
    return (house.store / "certs" / "ca.pem").read_text().count("BEGIN CERTIFICATE")


def rotate_until(house, text, count):
    """Renew the authority; kill -9 when this text is printed for the count-th time."""
    argv = [sys.executable, "-m", "machsh", "certs", "renew", "--ca", "-y"]
    with subprocess.Popen(
        argv, env=house.variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in running.stdout:
            count -= text in line
            if count == 0:
                running.kill()
                return True
    return False


POINTS = [
    ("The authority is renewed", 1),
    ("Bringing the new authority", 1),
    ("Copying certs to the remote machine", 1),
    ("Setting Docker configuration", 1),
    ("Setting Docker configuration", 2),
    ("Creating client certificate", 1),
    ("Taking the former authority", 1),
    ("Copying certs to the remote machine", 3),
    ("Setting Docker configuration", 3),
    ("Setting Docker configuration", 4),
]


POINTS_EACH_TIME = [POINTS[1], POINTS[4], POINTS[5], POINTS[8]]
"""One before and one after each change of who trusts whom; the others with `--long`."""


def pytest_generate_tests(metafunc):
    if {"text", "count"} <= set(metafunc.fixturenames):
        points = POINTS if metafunc.config.getoption("long") else POINTS_EACH_TIME
        metafunc.parametrize(("text", "count"), points)


def test_a_rotation_that_is_killed_leaves_all_within_reach_and_is_gone_on_with(house, text, count):
    before = (house.store / "certs" / "ca.pem").read_bytes()
    assert rotate_until(house, text, count)
    all_answer(house)
    good(house.machsh("certs", "renew", "--ca", "-y", seconds=SECONDS))
    all_answer(house)
    assert (authorities(house), (house.store / "certs" / "ca.pem").read_bytes() == before) == (1, False)
    told = json.loads(good(house.machsh("certs", "--json", "--ask")))
    assert all(one["fits"] and not one["engine"] for one in told), told


def test_a_stopped_machine_is_waited_for_and_its_start_takes_it_along(house):
    first, second = house.names
    good(house.machsh("stop", second))
    done = house.machsh("certs", "renew", "--ca", "-y", seconds=SECONDS)
    assert f"The renewal waits for {second}" in good(done) + done.stderr
    assert authorities(house) == 2
    assert answers(house, first)
    good(house.machsh("start", second, seconds=SECONDS))
    all_answer(house)
    good(house.machsh("certs", "renew", "--ca", "-y", seconds=SECONDS))
    assert authorities(house) == 1
    all_answer(house)


def test_renewing_says_which_containers_stop(house):
    name = house.names[0]
    words = good(house.machsh("config", name)).replace('"', "").split()
    image = "machsh-renewal:scratch"
    tar = subprocess.run(["tar", "-c", "-C", "/bin", "busybox"], capture_output=True, check=False)
    if tar.returncode:
        tar = subprocess.run(["docker", "save", "busybox"], capture_output=True, check=True)
        subprocess.run(["docker", *words, "load"], input=tar.stdout, check=True, capture_output=True)
        image = "busybox"
    else:
        subprocess.run(
            ["docker", *words, "import", "-", image], input=tar.stdout, check=True, capture_output=True
        )
    command = ["/busybox", "sleep", "600"] if image != "busybox" else ["sleep", "600"]
    subprocess.run(
        ["docker", *words, "run", "-d", "--name", "lasting", image, *command], check=True, capture_output=True
    )
    said = good(house.machsh("certs", "renew", name, "--dry-run"))
    assert f"{name}: the engine restarts to take its new certificate; its containers stop: lasting" in said
