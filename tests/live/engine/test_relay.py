"""The relay between the real docker CLI and a real engine behind TLS."""

import io
import os
import pty
import subprocess
import sys
import tarfile
import time
import uuid
from pathlib import Path

import pytest

from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.pool import RelayPool
from machsh.engine.relay.process import RelayProcess
from machsh.environment import Environment
from machsh.testing.network_faults import BlackHole, refusing_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live

IMAGE = "debian:bookworm-slim"


@pytest.fixture
def relay_to():
    made = []

    def start(endpoint, machine="web"):
        relay = RelayProcess(endpoint, Environment.of_process(), machine)
        made.append(relay)
        relay.start()
        return relay

    yield start
    for relay in made:
        relay.close()


@pytest.fixture
def relay(engine, relay_to):
    return relay_to(engine.endpoint)


def docker(relay, *words, **options):
    variables = {**os.environ, "DOCKER_HOST": relay.endpoint.url}
    return subprocess.run(["docker", *words], env=variables, capture_output=True, timeout=60, **options)


def test_commands_right_after_the_start(relay):
    assert relay.endpoint.url.startswith("unix://")
    done = docker(relay, "ps", "--format", "{{.ID}}")
    assert done.returncode == 0, done.stderr


def test_the_socket_is_private_and_short(relay):
    path = Path(relay.endpoint.socket_path)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(str(path)) < 100


def test_standard_input_with_its_end_and_exit_codes(relay):
    blob = os.urandom(3_000_000)
    done = docker(relay, "run", "-i", "--rm", IMAGE, "cat", input=blob)
    assert done.stdout == blob
    assert docker(relay, "run", "--rm", IMAGE, "sh", "-c", "exit 7").returncode == 7
    assert docker(relay, "run", "--rm", IMAGE, "no-such-program").returncode == 127


def test_output_after_the_end_of_input(relay):
    script = "cat >/dev/null; sleep 0.3; echo after"
    done = docker(relay, "run", "-i", "--rm", IMAGE, "sh", "-c", script, input=b"x")
    assert done.stdout == b"after\n"


def test_build_with_the_classic_builder(relay, tmp_path):
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY Dockerfile /x\nRUN cat /x\n")
    name = f"machsh-relay-{uuid.uuid4().hex[:8]}"
    variables = {**os.environ, "DOCKER_HOST": relay.endpoint.url, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run(
        ["docker", "build", "-t", name, str(tmp_path)], env=variables, capture_output=True, timeout=60
    )
    try:
        assert b"Successfully tagged" in done.stdout
    finally:
        docker(relay, "rmi", name)


def test_save_and_load_are_whole(relay):
    name = f"machsh-relay-{uuid.uuid4().hex[:8]}"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("blob")
        member.size = 20_000_000
        tar.addfile(member, io.BytesIO(os.urandom(member.size)))
    assert docker(relay, "import", "-", name, input=archive.getvalue()).returncode == 0
    try:
        direct = subprocess.run(["docker", "save", name], capture_output=True, check=True).stdout
        assert docker(relay, "save", name).stdout == direct
        assert b"Loaded image" in docker(relay, "load", input=direct).stdout
    finally:
        docker(relay, "rmi", name)


def test_a_terminal_through_the_relay(relay):
    url = relay.endpoint.url
    pid, file = pty.fork()
    if pid == 0:
        os.environ["DOCKER_HOST"] = url
        os.execvp(
            "docker", ["docker", "run", "-it", "--rm", IMAGE, "sh", "-c", "read x; echo got-$x; exit 5"]
        )
    seen = b""
    os.write(file, b"word\r")
    while True:
        try:
            seen += os.read(file, 1000)
        except OSError:
            break
    assert b"got-word" in seen
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5


def test_logs_that_are_followed_end_with_their_client(relay, engine):
    name = f"machsh-relay-{uuid.uuid4().hex[:8]}"
    docker(relay, "run", "-d", "--name", name, IMAGE, "sh", "-c", "echo up; sleep 100")
    try:
        variables = {**os.environ, "DOCKER_HOST": relay.endpoint.url}
        words = ["docker", "logs", "-f", name]
        with subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, text=True) as logs:
            assert logs.stdout.readline() == "up\n"
            logs.kill()
        assert docker(relay, "ps").returncode == 0
    finally:
        docker(relay, "rm", "-f", name)


def test_twenty_at_a_time(relay):
    variables = {**os.environ, "DOCKER_HOST": relay.endpoint.url}
    words = ["docker", "ps", "-q"]
    for _ in range(3):
        running = [
            subprocess.Popen(words, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for _ in range(20)
        ]
        assert [(child.communicate()[1], child.returncode) for child in running] == [(b"", 0)] * 20


def test_an_engine_that_restarts(relay, engine):
    assert docker(relay, "ps").returncode == 0
    engine.cut()
    assert docker(relay, "ps").returncode == 0


def test_an_engine_that_is_away_fails_fast_and_clearly(certificates, relay_to):
    port = refusing_port()
    relay = relay_to(Endpoint(f"tcp://127.0.0.1:{port}", certificates))
    start = time.monotonic()
    done = docker(relay, "ps")
    assert time.monotonic() - start < 2
    assert done.returncode == 1
    assert f"machine web: dial tcp 127.0.0.1:{port}: connect: connection refused" in done.stderr.decode()


def test_a_silent_engine_fails_within_its_deadline(certificates, relay_to):
    with BlackHole() as hole:
        relay = relay_to(Endpoint(hole.url, certificates))
        start = time.monotonic()
        done = docker(relay, "ps")
        assert time.monotonic() - start < 12
    assert done.returncode == 1
    assert "machine web: tls: DialWithDialer timed out" in done.stderr.decode()


def test_a_wrong_certificate_is_named(engine, relay_to):
    relay = relay_to(Endpoint(engine.endpoint.url.replace("127.0.0.1", "127.0.0.2"), engine.folder))
    assert "connection refused" in docker(relay, "ps").stderr.decode()


def test_close_leaves_nothing(engine, relay_to):
    relay = relay_to(engine.endpoint)
    folder = Path(relay.endpoint.socket_path).parent
    assert docker(relay, "ps").returncode == 0
    start = time.monotonic()
    relay.close()
    assert time.monotonic() - start < 0.3
    assert not folder.exists()
    assert relay.endpoint == engine.endpoint


def test_a_killed_shell_leaves_nothing(engine):
    script = (
        "import sys, time; from pathlib import Path\n"
        "from machsh.engine.endpoint import Endpoint; from machsh.engine.relay.process import RelayProcess\n"
        "from machsh.environment import Environment\n"
        "relay = RelayProcess(Endpoint(sys.argv[1], Path(sys.argv[2])), Environment.of_process())\n"
        "relay.start(); print(relay.endpoint.socket_path, relay._process.pid, flush=True); sys.stdin.read()\n"
    )
    words = [sys.executable, "-c", script, engine.endpoint.url, str(engine.folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shell:
        path, pid = shell.stdout.readline().split()
        wait_until(Path(path).exists, "the relay's socket")
        shell.kill()
    wait_until(lambda: not Path(path).parent.exists(), "the end of the folder")
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the relay")


def test_a_killed_relay_gives_way_to_the_real_endpoint(relay, engine):
    relay._process.kill()
    relay._process.wait()
    assert relay.endpoint == engine.endpoint


def ready(relays, machine, real):
    """The relay's endpoint once it is there."""
    relays.warm(machine, real)
    wait_until(lambda: relays.endpoint(machine, real) != real, "the relay")
    return relays.endpoint(machine, real)


def test_a_sessions_relays_start_behind_the_prompt_and_end_with_it(engine):
    relays = RelayPool(Environment.of_process())
    assert relays.endpoint("web", engine.endpoint) == engine.endpoint
    start = time.monotonic()
    relays.warm("web", engine.endpoint)
    assert time.monotonic() - start < 0.05
    folders = []
    for number in range(5):
        given = ready(relays, f"m{number}", engine.endpoint)
        assert given.url.startswith("unix://")
        folders.append(Path(given.socket_path).parent)
    assert [folder.exists() for folder in folders] == [False, False, True, True, True]
    local = Endpoint("unix:///var/run/docker.sock")
    assert relays.endpoint("local", local) == local
    relays.close()
    assert not any(folder.exists() for folder in folders)


def test_a_machine_with_a_new_address_gets_a_new_relay(engine, certificates):
    relays = RelayPool(Environment.of_process())
    first = ready(relays, "web", engine.endpoint)
    moved = Endpoint("tcp://127.0.0.2:2376", certificates)
    assert relays.endpoint("web", moved) == moved
    assert ready(relays, "web", moved) != first
    relays.close()
