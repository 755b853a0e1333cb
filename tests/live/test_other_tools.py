"""One host, as programs see it that know nothing of machsh: docker by context and by ssh, ssh, docker's SDK."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

from machsh.engine.docker_contexts import ContextStore, DockerContext
from machsh.testing.fakes import FakeEnvironment
from tests.support.places import TOP
from tests.support.processes import install, variables_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live


class Desk:
    """A user's home with a store that has one running host."""

    def __init__(self, home, runtime):
        self.home = home
        self.name = f"tools-{uuid.uuid4().hex[:8]}"
        self.public = f"machsh-{self.name}"
        self.program = install(home)
        self.variables = variables_of(
            home, XDG_RUNTIME_DIR=runtime, DOCKER_CONFIG=str(home / "docker"), USER="root"
        )

    def run(self, *argv, check=True, seconds=300, **variables):
        done = subprocess.run(
            [str(word) for word in argv],
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def machsh(self, *words, **more):
        done = self.run(self.program, *words, **more)
        return done.stdout + done.stderr

    def in_context(self, *words, **more):
        return self.run("docker", "--context", self.public, *words, **more)

    def relay(self):
        """Start the relay; return its process once docker can use it."""
        process = subprocess.Popen(
            [str(self.program), "relay", self.name],
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: self.state()["relay"])
        return process

    def state(self):
        (found,) = json.loads(self.machsh("contexts", "--json"))
        return found

    def use_ssh_config_of_this_home(self):
        """OpenSSH reads the home that /etc/passwd names, so a shim names this one's file."""
        shim = self.home / "bin" / "ssh"
        shim.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {self.home}/.ssh/config "$@"\n')
        shim.chmod(0o755)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with tempfile.TemporaryDirectory(prefix="run-", dir="/tmp") as runtime:
        made = Desk(tmp_path_factory.mktemp("home"), runtime)
        made.machsh("create", "-d", "docker", made.name, seconds=600)
        yield made
        made.machsh("rm", "-f", made.name, check=False)


@pytest.fixture
def relay(desk):
    process = desk.relay()
    yield process
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    process.wait(20)


@pytest.fixture
def synced(desk):
    desk.machsh("contexts", "sync")
    yield
    desk.machsh("contexts", "sync", "--remove")


def test_a_context_without_relay_is_told_and_works_once_there_is_one(desk):
    assert f"machsh relay --install {desk.name}" in desk.machsh("contexts", "sync")
    assert "Cannot connect" in desk.in_context("ps", check=False).stderr
    process = desk.relay()
    assert desk.in_context("info", "-f", "{{.Name}}").stdout.strip() == desk.name
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    desk.machsh("contexts", "sync", "--remove")
    assert desk.public not in desk.run("docker", "context", "ls").stdout


def test_docker_lists_inspects_uses_and_updates_the_context(desk, synced, relay):
    assert desk.public in desk.run("docker", "context", "ls", "-q").stdout.split()
    (found,) = json.loads(desk.run("docker", "context", "inspect", desk.public).stdout)
    assert found["Metadata"]["Machsh"]["Machine"] == desk.name
    assert found["TLSMaterial"] == {}
    desk.run("docker", "context", "use", desk.public)
    assert desk.run("docker", "info", "-f", "{{.Name}}").stdout.strip() == desk.name
    desk.run("docker", "context", "update", desk.public, "--description", "mine")
    assert "up to date" in desk.machsh("contexts", "sync")
    desk.run("docker", "context", "use", "default")


def test_a_context_is_what_the_docker_cli_writes_byte_for_byte(desk, tmp_path):
    ours, theirs = (FakeEnvironment(tmp_path, variables={"DOCKER_CONFIG": str(tmp_path / x)}) for x in "ab")
    context = DockerContext("machsh-web", "unix:///run/x y.sock", 'é "quoted" <b> & more')
    ContextStore(ours).write(context)
    words = ("docker", "context", "create", context.name, "--description", context.description)
    desk.run(*words, "--docker", f"host={context.host}", DOCKER_CONFIG=theirs.variables["DOCKER_CONFIG"])
    one, two = (
        {file.relative_to(tmp_path / x): file.read_bytes() for file in (tmp_path / x).rglob("meta.json")}
        for x in "ab"
    )
    assert len(one) == 1
    assert one == two


def test_dockers_own_sdk_finds_the_engine_by_the_context(desk, synced, relay):
    program = (
        "import sys, docker; from docker.context import ContextAPI\n"
        "host = ContextAPI.get_context(sys.argv[1]).Host\n"
        "print(docker.DockerClient(base_url=host).info()['Name'])"
    )
    assert desk.run(sys.executable, "-c", program, desk.public).stdout.strip() == desk.name


def test_streams_and_standard_input_pass_the_context(desk, synced, relay, tmp_path):
    bulk = os.urandom(3 << 20)
    archive = tmp_path / "f.tar"
    (tmp_path / "payload").write_bytes(bulk)
    desk.run("tar", "-C", tmp_path, "-cf", archive, "payload")
    desk.in_context("import", archive, "payload:1")
    saved = subprocess.run(
        ["docker", "--context", desk.public, "save", "payload:1"],
        env=desk.variables,
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert len(saved.stdout) > len(bulk)
    desk.in_context("image", "rm", "payload:1")


CLIENTS = TOP / ".cache" / "docker-clients"
DOCKERFILE = """
FROM scratch
COPY busybox /bin/busybox
RUN --mount=type=bind,source=page,target=/from ["/bin/busybox", "cp", "/from", "/page"]
CMD ["/bin/busybox", "sh", "-c", "busybox cat /page; exec busybox sleep 600"]
"""
COMPOSE = """
services:
  front:
    build: .
    stop_grace_period: 0s
    volumes: [data:/data]
  back:
    build: .
    stop_grace_period: 0s
    depends_on: [front]
volumes:
  data:
"""


@pytest.fixture
def project(desk):
    """A folder with something to build and to bring up; docker there is the newest, with buildx and compose."""
    assert (CLIENTS / "docker").exists(), "buildx and compose are missing: scripts/test.sh unpacks them"
    plugins = Path(desk.variables["DOCKER_CONFIG"]) / "cli-plugins"
    plugins.symlink_to(CLIENTS / "cli-plugins")
    folder = desk.home / "project"
    folder.mkdir()
    shutil.copy("/bin/busybox", folder / "busybox")
    (folder / "page").write_text("hello from the build\n")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "compose.yaml").write_text(COMPOSE)
    yield folder
    shutil.rmtree(folder)
    plugins.unlink()


def test_buildx_builds_and_compose_brings_a_project_up_in_the_context(desk, synced, relay, project):
    def docker(*words):
        done = desk.run(CLIENTS / "docker", "--context", desk.public, *words)
        return done.stdout + done.stderr

    def compose(*words):
        return docker("compose", "--project-directory", project, *words)

    built = docker("buildx", "build", "--progress", "plain", "-t", "page:1", project)
    assert "naming to docker.io/library/page:1" in built
    assert docker("run", "--rm", "page:1", "/bin/busybox", "cat", "/page") == "hello from the build\n"
    compose("up", "-d", "--build")
    states = compose("ps", "--format", "{{.Service}} is {{.State}}").split("\n")
    assert {"front is running", "back is running"} <= set(states)
    assert "hello from the build" in compose("logs", "front")
    words = ("exec", "-T", "back", "/bin/busybox", "nslookup", "-type=a", "front", "127.0.0.11")
    assert "Address" in compose(*words)
    compose("down", "-v", "--rmi", "all")
    assert compose("ps", "-aq") == ""
    docker("image", "rm", "page:1")


def test_a_killed_relay_is_replaced_and_the_context_works_again(desk, synced):
    desk.relay().kill()
    wait_until(lambda: not desk.state()["relay"])
    assert desk.in_context("ps", check=False).returncode != 0
    process = desk.relay()
    assert desk.in_context("ps", "-q").stdout == ""
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_relay_survives_its_machines_stop_and_start(desk, synced, relay):
    desk.in_context("ps")
    desk.machsh("stop", desk.name)
    assert desk.name in desk.in_context("ps", check=False).stderr
    desk.machsh("start", desk.name)
    assert desk.in_context("info", "-f", "{{.Name}}").stdout.strip() == desk.name


def test_ssh_and_dockers_ssh_reach_the_machine_by_its_host_block(desk):
    config = desk.home / ".ssh" / "config"
    config.parent.mkdir(mode=0o700, exist_ok=True)
    config.write_text("Host other\n  User nobody\n")
    desk.machsh("ssh-config", "--write", "-y")
    desk.machsh("ssh-config", "--write", "-y")
    assert config.read_text().count("Include") == 1
    desk.use_ssh_config_of_this_home()
    done = desk.run("ssh", "-o", "BatchMode=yes", desk.public, "hostname")
    assert done.stdout.strip() == desk.name
    words = ("docker", "-H", f"ssh://{desk.public}", "info", "-f", "{{.Name}}")
    assert desk.run(*words).stdout.strip() == desk.name


def test_a_host_key_that_is_not_the_pinned_one_is_refused(desk, tmp_path):
    text = desk.run(desk.program, "ssh-config", desk.name).stdout
    pins = desk.home / ".docker" / "machine" / "machines" / desk.name / "known_hosts"
    other = tmp_path / "known_hosts"
    kind, key = _new_host_key(tmp_path)
    address = pins.read_text().split()[0]
    other.write_text(f"{address} {kind} {key}\n")
    file = tmp_path / "config"
    file.write_text(text.replace(str(pins), str(other)))
    done = desk.run("/usr/bin/ssh", "-F", file, "-o", "BatchMode=yes", desk.public, "true", check=False)
    assert done.returncode == 255
    assert "verification failed" in done.stderr


def _new_host_key(folder):
    path = folder / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True, timeout=60)
    return Path(f"{path}.pub").read_text().split()[:2]


MANAGER = """
mkdir -p -m 700 /run/user/0 /run/systemd/system/user@0.service.d
printf '[Service]\\nPAMName=\\nEnvironment=XDG_RUNTIME_DIR=/run/user/0\\n' > /run/systemd/system/user@0.service.d/x.conf
systemctl daemon-reload && systemctl start user@0.service
"""


def test_a_real_user_manager_starts_the_unit_at_login_and_disables_it(desk):
    """The host has systemd and no machsh, so the unit goes there with another program to run."""
    desk.machsh("relay", "--install", desk.name)
    units = desk.home / ".config" / "systemd" / "user"
    (unit,) = units.glob("*.service")
    (link,) = (units / "default.target.wants").iterdir()
    assert link.resolve() == unit
    lines = unit.read_text().splitlines()
    text = "\n".join('ExecStart="/bin/sleep" "1000"' if "ExecStart" in line else line for line in lines)

    def there(script, stdin=""):
        words = [
            "docker",
            "exec",
            "-i",
            "-e",
            "XDG_RUNTIME_DIR=/run/user/0",
            f"machsh-{desk.name}",
            "sh",
            "-c",
        ]
        done = subprocess.run(
            [*words, script], input=stdin, capture_output=True, text=True, timeout=60, check=False
        )
        return (done.stdout + done.stderr).strip()

    folder = "/root/.config/systemd/user"
    there(f"mkdir -p {folder}/{link.parent.name} && cat > {folder}/{unit.name}", text)
    there(f"ln -s {folder}/{unit.name} {folder}/{link.parent.name}/")
    assert there(MANAGER) == ""
    wait_until(lambda: there(f"systemctl --user is-active {unit.name}") == "active")
    assert there(f"systemctl --user is-enabled {unit.name}") == "enabled"
    for words in (f"restart {unit.name}", f"disable --now {unit.name}"):
        there(f"systemctl --user {words}")
    assert there(f"systemctl --user is-active {unit.name}") == "inactive"
    desk.machsh("relay", "--remove", desk.name)


def test_a_removed_machine_leaves_no_context_no_host_and_no_relay(desk):
    desk.machsh("ssh-config", "--write")
    desk.machsh("contexts", "sync")
    desk.machsh("relay", "--install", desk.name)
    process = desk.relay()
    desk.machsh("rm", "-f", desk.name)
    assert process.wait(60) == 0
    assert desk.public not in desk.run("docker", "context", "ls").stdout
    assert desk.public not in (desk.home / ".ssh" / "machsh_config").read_text()
    assert list((desk.home / ".config" / "systemd" / "user").glob("*.service")) == []
