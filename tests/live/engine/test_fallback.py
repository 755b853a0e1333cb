"""The common commands without a docker CLI, on the real engine, compared with what docker prints."""

import io
import subprocess
import uuid

import pytest

from machsh.engine.endpoint import Endpoint
from machsh.engine.fallback import Fallback
from machsh.errors import MachshError
from machsh.testing.fakes import FakeEnvironment

pytestmark = pytest.mark.live

IMAGE = "debian:bookworm-slim"
LOCAL = Endpoint("unix:///var/run/docker.sock")


@pytest.fixture
def name():
    made = f"machsh-fallback-{uuid.uuid4().hex[:8]}"
    yield made
    subprocess.run(["docker", "rm", "-f", made], capture_output=True, check=False)


def run(*words, endpoint=LOCAL):
    environment = FakeEnvironment()
    environment.now = __import__("time").time
    environment.stdout, environment.stderr = io.StringIO(), io.StringIO()
    code = Fallback(environment).run(endpoint, words)
    return code, environment.stdout.getvalue(), environment.stderr.getvalue()


def docker(*words):
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def test_run_streams_and_code(name):
    script = "echo out; echo err >&2; exit 7"
    code, out, err = run("run", "--rm", "--name", name, "-e", "A=b c", IMAGE, "sh", "-c", script)
    assert code == 7
    assert out == "out\n"
    assert err.endswith("err\n")
    assert name not in docker("ps", "-a")


def test_a_life_of_a_container(name):
    code, out, _ = run("run", "-d", "--name", name, IMAGE, "sh", "-c", "echo started; sleep 100")
    assert code == 0
    assert out.strip() in docker("ps", "-q", "--no-trunc")
    mine = [line.split() for line in run("ps")[1].splitlines() if name in line]
    theirs = [line.split() for line in docker("ps").splitlines() if name in line]
    assert mine[0][0] == theirs[0][0]
    assert mine[0][1:4] == theirs[0][1:4]
    assert run("exec", name, "sh", "-c", "exit 5")[0] == 5
    assert run("logs", name)[1] == "started\n"
    assert f'"Name": "/{name}"' in run("inspect", name)[1]
    assert run("stop", "-t", "0", name)[1] == f"{name}\n"
    assert run("rm", name)[1] == f"{name}\n"
    code, _, err = run("rm", name)
    assert code == 1
    assert "No such container" in err


def test_images_as_docker_lists_them():
    ours = {tuple(line.split()[:3]) for line in run("images")[1].splitlines()}
    theirs = {tuple(line.split()[:3]) for line in docker("images").splitlines()}
    assert ours & theirs >= {("REPOSITORY", "TAG", "IMAGE")}
    assert any(row[0] == "debian" for row in ours & theirs)


def test_version_and_info():
    server = docker("version", "--format", "{{.Server.Version}}").strip()
    assert server in run("version")[1]
    assert f"Server Version: {server}" in run("info")[1]


def test_over_tls(engine):
    assert run("ps", endpoint=engine.endpoint)[0] == 0


def test_errors_keep_dockers_codes(name):
    with pytest.raises(MachshError) as caught:
        run("exec", name, "true")
    assert caught.value.code == 125
    assert "No such container" in str(caught.value)
    assert run("inspect", name)[0] == 1
