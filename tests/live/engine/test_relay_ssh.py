"""The relay to an engine behind a real sshd."""

import os
import subprocess

import pytest

from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.process import RelayProcess
from machsh.environment import Environment
from tests.live.sshd import running

pytestmark = pytest.mark.live

IMAGE = "debian:bookworm-slim"


@pytest.fixture
def sshd(tmp_path):
    with running(tmp_path / "sshd") as started:
        yield started


@pytest.fixture
def relay(sshd):
    target = sshd.target()
    endpoint = Endpoint(f"ssh://{target.user}@{target.host}:{target.port}")
    made = RelayProcess(endpoint, Environment.of_process(), "far", target=target)
    made.start()
    yield made
    made.close()


def docker(relay, *words, **options):
    variables = {**os.environ, "DOCKER_HOST": relay.endpoint.url}
    return subprocess.run(["docker", *words], env=variables, capture_output=True, timeout=60, **options)


def test_commands_input_and_codes(relay):
    assert docker(relay, "ps").returncode == 0
    blob = os.urandom(1_000_000)
    script = "cat; sleep 0.2; exit 7"
    done = docker(relay, "run", "-i", "--rm", IMAGE, "sh", "-c", script, input=blob)
    assert done.stdout == blob
    assert done.returncode == 7


def test_twenty_at_a_time(relay):
    variables = {**os.environ, "DOCKER_HOST": relay.endpoint.url}
    words = ["docker", "ps", "-q"]
    running = [
        subprocess.Popen(words, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(20)
    ]
    assert [(child.communicate()[1], child.returncode) for child in running] == [(b"", 0)] * 20


def test_a_host_that_is_gone_is_named(relay, sshd):
    assert docker(relay, "ps").returncode == 0
    sshd.stop()
    done = docker(relay, "ps")
    assert done.returncode == 1
    assert b"machine far: " in done.stderr


def test_a_host_that_comes_back(relay, sshd):
    assert docker(relay, "ps").returncode == 0
    sshd.stop()
    sshd.start()
    assert docker(relay, "ps").returncode == 0
