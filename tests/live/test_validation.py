"""A modern engine judges the new daemon.json itself, before it takes the old one's place."""

import json
import subprocess
import uuid
from dataclasses import replace

import pytest

from machsh.progress import NullProgress
from machsh.provision.apply import StepError, apply
from machsh.provision.checks import validation
from machsh.provision.engine_config.daemon_json import FILE
from machsh.provision.facts import gather
from machsh.provision.provisioner import Plan, Recovery, Step
from machsh.ssh.target import Completed
from tests.live.hosts import ENGINE, docker, image

pytestmark = pytest.mark.live


class Inside:
    """Runs commands in a container."""

    def __init__(self, name):
        self.name = name

    def run(self, words, *, stdin=b"", seconds=60.0):
        command = ["docker", "exec", "-i", self.name, *words]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=seconds, check=False)
        return Completed(done.returncode, done.stdout.decode(), done.stderr.decode())

    def text(self, path):
        return self.run(["cat", path]).stdout


@pytest.fixture(scope="module")
def modern():
    """Debian 13 with its engine's program; nothing runs it."""
    name = f"validation-{uuid.uuid4().hex[:8]}"
    docker("run", "-d", "--name", name, image(ENGINE, "debian:trixie-slim"), "sleep", "infinity")
    try:
        yield Inside(name)
    finally:
        docker("rm", "-f", "-v", name, check=False)


@pytest.fixture
def write(modern):
    facts = gather(modern, ["engine-version", "dockerd"])

    def plan(settings):
        file = Step("write", file=FILE, content=json.dumps(settings), is_engine_file=True)
        start = Step("start the engine", commands=(("true",),), recovery=Recovery())
        return Plan((replace(file, validates=validation(facts)), start))

    return plan


GOOD = {"labels": ["a=b"], "log-level": "info", "hosts": ["unix:///var/run/docker.sock"]}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"no-such-key": 1}, "don't match any configuration option: no-such-key"),
        ({"labels": ["db"]}, "bad attribute format: db"),
        ({"labels": "a=b"}, "cannot unmarshal string"),
        ({"dns": ["resolver"]}, "invalid IP address"),
    ],
)
def test_the_engine_refuses_and_the_old_file_stays(modern, write, settings, reason):
    apply(write(GOOD), modern, NullProgress())
    before = modern.text(FILE)
    with pytest.raises(StepError, match="the engine refuses these settings; the old ones stay") as caught:
        apply(write(settings), modern, NullProgress())
    assert reason in str(caught.value)
    assert modern.text(FILE) == before
    assert modern.run(["ls", "-A", "/etc/docker"]).stdout.split() == ["daemon.json"]
