"""The common commands without a docker CLI, on the real engine, compared with what docker prints."""

import io
import os
import subprocess
import sys
import uuid

import pexpect
import pytest

from machsh.engine.endpoint import Endpoint
from machsh.engine.sdk import Fallback
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


SCRIPT = """
import sys
from pathlib import Path
from machsh.engine.endpoint import Endpoint
from machsh.engine.sdk import Fallback
from machsh.environment import Environment
folder = Path(sys.argv[2]) if sys.argv[2] else None
sys.exit(Fallback(Environment.of_process()).run(Endpoint(sys.argv[1], folder), sys.argv[3:]))
"""


def words_of(endpoint, *words):
    return [sys.executable, "-c", SCRIPT, endpoint.url, str(endpoint.certificates or ""), *words]


@pytest.mark.parametrize("kind", ["socket", "tls"])
def test_input_and_its_end(kind, engine):
    endpoint = LOCAL if kind == "socket" else engine.endpoint
    blob = os.urandom(500_000)
    script = "cat; echo oops >&2; sleep 0.2; exit 4"
    words = words_of(endpoint, "run", "-i", "--rm", IMAGE, "sh", "-c", script)
    done = subprocess.run(words, input=blob, capture_output=True, timeout=30, check=False)
    assert done.stdout == blob
    assert b"oops" in done.stderr
    assert done.returncode == 4


@pytest.mark.parametrize("kind", ["run", "exec"])
def test_a_terminal(kind, name, engine):
    script = "stty size; read x; echo got-$x; exit 5"
    words = ["run", "-it", "--rm", "--name", name, IMAGE, "sh", "-c", script]
    if kind == "exec":
        docker("run", "-d", "--name", name, IMAGE, "sleep", "100")
        words = ["exec", "-it", name, "sh", "-c", f"sleep 0.5; {script}"]
    program, *rest = words_of(engine.endpoint, *words)
    child = pexpect.spawn(program, rest, timeout=15, dimensions=(33, 101), encoding="utf-8")
    if kind == "exec":
        child.expect("33 101")
    child.sendline("word")
    child.expect("got-word")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 5


def test_no_terminal_is_refused_as_docker_does():
    done = subprocess.run(words_of(LOCAL, "run", "-it", IMAGE), capture_output=True, stdin=subprocess.DEVNULL)
    assert b"the input device is not a TTY" in done.stderr
