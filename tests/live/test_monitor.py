"""The monitor on a real host: a container that burns CPU, load and disk over ssh, stop, start, and what is left."""

import io
import json
import shutil
import subprocess
import tarfile
import uuid

import pytest

from tests.live.hosts import docker
from tests.support.house import House
from tests.support.screen import Screen
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live
NAME = f"mon-{uuid.uuid4().hex[:6]}"
HOST = f"machsh-{NAME}"
SECONDS = 300


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with one machine, on which one container burns a part of a processor and another one sleeps."""
    made = House(tmp_path_factory.mktemp("monitor"))
    try:
        done = made.machsh("create", "-d", "docker", NAME, seconds=SECONDS)
        assert done.returncode == 0, done.stdout + done.stderr
        words = ["docker", "exec", "-i", HOST, "docker", "import", "-", "box"]
        subprocess.run(words, input=busybox(), check=True, capture_output=True, timeout=SECONDS)
        loop = "while :; do :; done"
        run("work", "--cpus", "0.3", "box", "/bin/busybox", "sh", "-c", loop)
        run("idle", "--memory", "64m", "box", "/bin/busybox", "sleep", "100000")
        yield made
    finally:
        made.machsh("rm", "-y", "-f", NAME, seconds=SECONDS)


def run(name, *words):
    docker("exec", HOST, "docker", "run", "-d", "--name", name, *words)


def told(house):
    done = house.machsh("monitor", "--once", "--json", "--timeout", "60", seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    return found


def readers():
    """The processes on the host that the monitor started."""
    found = docker("exec", HOST, "ps", "-eo", "args").stdout
    return [line for line in found.splitlines() if "/proc/loadavg" in line and "grep" not in line[:5]]


def test_what_scripts_get_is_what_the_host_and_docker_say(house):
    found = told(house)
    assert (found["state"], found["answers"], found["error"], found["hostError"]) == ("Running", True, "", "")
    assert found["engine"].startswith(tuple("123456789"))
    assert 0 < found["certificateDays"] < 4000
    host = found["host"]
    total = int(docker("exec", HOST, "sh", "-c", "awk '/MemTotal/ {print $2}' /proc/meminfo").stdout)
    assert host["memoryTotal"] == total * 1024
    assert 0 < host["memoryUsed"] < host["memoryTotal"]
    assert 0 < host["diskUsed"] < host["diskTotal"]
    containers = {one["name"]: one for one in found["containers"]}
    assert containers["idle"]["memoryLimit"] == 64 << 20
    assert containers["idle"]["cpu"] < 1 < containers["work"]["cpu"] < 60
    wait_until(lambda: not readers(), "the end of the reading command on the host")


def test_the_screen_shows_it_live_through_stop_and_start(house):
    variables = {key: value for key, value in house.variables.items() if key not in ("HOME", "PYTHONPATH")}
    with Screen.machsh(house.home, "monitor", columns=130, lines=12, variables=variables) as screen:
        screen.wait_for("Running", 60).press("enter").wait_for("work", 60).type("P")
        screen.wait_until(lambda: "%" in screen.line("work"), "the CPU of the container", 60)
        screen.wait_until(lambda: screen.line(" Up ").split()[0] == "idle", "idle below the busy one", 60)
        screen.wait_until(lambda: "GB/" in screen.line(NAME), "the host's memory", 60)
        assert house.machsh("stop", NAME, seconds=SECONDS).returncode == 0
        screen.wait_for("Stopped", 60).wait_gone("work", 60)
        assert house.machsh("start", NAME, seconds=SECONDS).returncode == 0
        screen.wait_for("Running", 90)
        screen.type("q")
        assert screen.wait_end(60) == 0


def busybox():
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(shutil.which("busybox"), "bin/busybox")
    return content.getvalue()
