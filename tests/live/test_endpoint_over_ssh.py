"""Machines without an open port: their engines are reached over ssh, by everything that reaches an engine."""

import io
import json
import shutil
import subprocess
import tarfile
import uuid
from contextlib import closing

import pytest

from machsh.engine.relay.thread import RelayThread
from machsh.environment import Environment
from machsh.errors import MachshError, RefusedError
from machsh.machine.endpoint_change import CERTIFICATES
from machsh.machine.reach import kept_socket
from machsh.ssh.errors import HostKeyChangedError
from machsh.ssh.keys import make_key_pair
from tests.live.hosts import engine_image, running
from tests.live.test_machines import machines_in, new_name, request
from tests.support import processes
from tests.support.screen import Screen

pytestmark = pytest.mark.live


class OverSsh:
    """A machine of the driver docker, and what a user does with it."""

    def __init__(self, home, machines, name):
        self.home = home
        self.machines = machines
        self.name = name
        self.variables = {"MACHINE_STORAGE_PATH": str(home / "machine")}

    @property
    def machine(self):
        return self.machines.get(self.name)

    def run(self, *words):
        """Run machsh as a process of its own."""
        return processes.run(self.home, *words, variables=self.variables)

    def sh(self, script, stdin=b""):
        """Run a script as root in the host, behind ssh's back."""
        words = ["docker", "exec", "-i", f"machsh-{self.name}", "sh", "-c", script]
        done = subprocess.run(words, input=stdin, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.decode().strip()

    def ports(self):
        return {line.split()[3].rpartition(":")[2] for line in self.sh("ss -Htln").splitlines()}


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """One host for all tests here; each leaves its endpoint over ssh."""
    home = tmp_path_factory.mktemp("over-ssh")
    machines, name = machines_in(home), new_name()
    try:
        made = request(
            name, "docker", machines._context.catalog, endpoint="ssh", engine_opt=["live-restore=true"]
        )
        machines.create(made)
        yield OverSsh(home, machines, name)
    finally:
        machines.remove(name, force=True)
        machines.close()


@pytest.fixture
def box(web):
    """An image with a running container in the host; returns the container's name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(shutil.which("busybox"), "bin/busybox")
    web.sh("docker import - box", buffer.getvalue())
    name = f"box-{uuid.uuid4().hex[:6]}"
    web.sh(f"docker run -d --name {name} box /bin/busybox sleep 1000")
    yield name
    web.sh(f"docker rm -f {name}")


def assert_no_trace_of_tls(web):
    assert "2376" not in web.ports()
    assert web.sh("ls /etc/docker/*.pem 2>/dev/null || true") == ""
    assert "tls" not in web.sh("cat /etc/docker/daemon.json")
    assert not any((web.machine.folder / name).exists() for name in CERTIFICATES)


def test_the_host_has_no_port_and_neither_side_has_certificates(web):
    assert_no_trace_of_tls(web)
    assert not web.machines.store.certs_folder.exists()


def test_ls_and_version_ask_over_ssh(web):
    code, out, _ = web.run("ls", "-f", "json")
    (row,) = json.loads(out)
    assert code == 0
    assert row["URL"] == web.machine.known_url() == web.run("url", web.name)[1].strip()
    assert row["DockerVersion"] == "v" + web.run("version", web.name)[1].strip() != "v"
    assert row["Error"] == ""


def test_docker_works_in_one_shots_and_lines_and_their_pipes_and_programs(web, box):
    assert web.run("-m", web.name, "docker", "info", "-f", "{{.Name}}") == (0, f"{web.name}\n", "")
    code, out, err = web.run("-m", web.name, "docker", "run", "--rm", "box", "/bin/busybox", "echo", "inside")
    assert (code, out) == (0, "inside\n"), err
    lines = ("use " + web.name, "ps -q | wc -l", "!docker ps -q | wc -l", f"@{web.name} docker ps -q | wc -l")
    code, out, err = web.run("-c", "\n".join(lines))
    assert (code, out.split()) == (0, ["1", "1", "1"]), err


def test_without_a_docker_cli_the_common_commands_work(web, box):
    variables = {**web.variables, "PATH": str(web.home / "bin")}
    code, out, err = processes.run(web.home, "-m", web.name, "docker", "ps", variables=variables)
    assert (code, box in out) == (0, True), err
    assert "no docker CLI" in err


def test_a_batch_on_all_machines_leaves_no_socket_behind(web, tmp_path):
    web.variables["XDG_RUNTIME_DIR"] = str(tmp_path)
    try:
        code, out, _ = web.run("-c", "@all docker info -f '{{.Name}}'")
    finally:
        del web.variables["XDG_RUNTIME_DIR"]
    assert (code, out) == (0, f"{web.name}\n")
    assert list(tmp_path.iterdir()) == []


def test_env_and_config_and_active_use_the_socket_of_a_kept_relay_or_say_how_to_get_one(web):
    for command in ("env", "config"):
        code, out, err = web.run(command, web.name)
        assert (code, out) == (1, "")
        assert f"machsh relay {web.name}" in err
    code, out, err = processes.run(web.home, "env", web.name, name="docker-machine", variables=web.variables)
    assert (code, out) == (1, "")
    assert f"machsh relay {web.name}" in err

    path = kept_socket.path(web.machine)
    kept_socket.make_folder(path)
    opens = web.machine.runner().open_unix
    with closing(
        RelayThread(lambda: opens("/var/run/docker.sock"), Environment.of_process(), web.name)
    ) as it:
        path.symlink_to(it.endpoint.socket_path)
        try:
            _, out, _ = web.run("env", "--shell", "bash", web.name)
            host = f"unix://{path}"
            assert f'export DOCKER_HOST="{host}"' in out
            assert "unset DOCKER_TLS_VERIFY;\n" in out  # `eval $(...)` has no lines
            assert web.run("config", web.name)[1] == f"-H={host}\n"
            active = {**web.variables, "DOCKER_HOST": host, "DOCKER_MACHINE_NAME": web.name}
            assert processes.run(web.home, "active", variables=active) == (0, f"{web.name}\n", "")
        finally:
            path.unlink()


def test_the_shell_has_its_relay_and_completes_names(web, box):
    with Screen.machsh(
        web.home, "-m", web.name, cwd=web.home, variables=web.variables, columns=110
    ) as screen:
        screen.wait_for_prompt()
        screen.type("docker info -f '{{.Name}}'").press("enter").wait_for(f"\n{web.name} ").wait_for_prompt()
        screen.type("docker stop ").press("tab").wait_for(box)


def test_a_switch_to_tls_and_back_keeps_the_containers(web, box):
    pid = web.sh(f"docker inspect -f '{{{{.State.Pid}}}}' {box}")
    code, _, err = web.run("provision", "--endpoint", "tls", web.name)
    assert code == 0, err
    assert "2376" in web.ports()
    assert web.machine.endpoint().is_tls
    assert web.run("ls", "-f", "{{.URL}} {{.Error}}")[1].startswith("tcp://")
    assert web.run("-m", web.name, "docker", "ps", "-q")[1].strip()

    code, out, _ = web.run("provision", "--dry-run", "--endpoint", "ssh", web.name)
    assert (code, "remove server-key.pem" in out) == (0, True)
    assert "2376" in web.ports()
    code, _, err = web.run("provision", "--endpoint", "ssh", web.name)
    assert code == 0, err
    assert_no_trace_of_tls(web)
    assert web.sh(f"docker inspect -f '{{{{.State.Pid}}}}' {box}") == pid


def test_a_switch_to_a_port_that_is_taken_changes_nothing(web):
    web.sh("systemd-run -q --unit taken systemd-socket-activate -l 2376 /bin/cat")
    try:
        before = web.sh("cat /etc/docker/daemon.json")
        with pytest.raises(RefusedError, match="Port 2376"):
            web.machines.provision(web.name, changes={"endpoint": "tls"})
        assert web.sh("cat /etc/docker/daemon.json") == before
        assert web.machine.is_over_ssh
    finally:
        web.sh("systemctl stop taken")


def test_where_a_machine_is_active_by_its_socket_the_local_engine_is_still_the_local_one(web):
    given = {"DOCKER_HOST": "unix:///nowhere.sock", "DOCKER_MACHINE_NAME": web.name}
    _, out, _ = processes.run(web.home, "ls", "-f", "{{.State}}", variables={**web.variables, **given})
    assert out == "Running\n"


def test_a_switch_to_a_port_that_cannot_be_reached_is_put_back(web):
    rule = "INPUT -p tcp --dport 2376 -j DROP"
    web.sh(f"iptables -I {rule}")
    try:
        with pytest.raises(MachshError) as caught:
            web.machines.provision(web.name, changes={"endpoint": "tls"}, seconds=6)
    finally:
        web.sh(f"iptables -D {rule}")
    assert caught.value.hint.endswith("is reached as before")
    assert web.machine.is_over_ssh
    assert "2376" not in web.ports()
    assert web.run("-m", web.name, "docker", "ps")[0] == 0


def test_certificates_cannot_be_regenerated(web):
    code, _, err = web.run("regenerate-certs", "-f", web.name)
    assert code == 3
    assert "has no certificates: its engine is reached over ssh" in err


def test_a_host_key_that_changed_is_told_and_nothing_is_run(web, tmp_path):
    known = web.machine.folder / "known_hosts"
    before = known.read_text()
    other = make_key_pair(tmp_path / "other").split()[:2]
    known.write_text(f"{before.split()[0]} {' '.join(other)}\n")
    web.machine.disconnect()
    try:
        with pytest.raises(HostKeyChangedError):
            web.machine.runner().connect()
        code, out, err = web.run("-m", web.name, "docker", "ps")
        assert (code, out) == (1, "")
        assert "has changed" in err
    finally:
        known.write_text(before)


def test_an_engine_or_an_ssh_that_is_down_is_told(web):
    web.sh("systemctl stop docker.socket docker.service && rm -f /var/run/docker.sock")
    _, out, _ = web.run("ls", "-f", "{{.Error}}")
    assert "nothing listens at /var/run/docker.sock" in out
    web.sh("systemctl start docker.socket docker.service; systemctl stop ssh")
    try:
        code, _, err = web.run("-m", web.name, "docker", "ps")
        assert (code, "over ssh: connection refused" in err) == (1, True)
        assert "over ssh: connection refused" in web.run("ls", "-f", "{{.Error}}")[1]
    finally:
        web.sh("systemctl start ssh")
    assert web.run("-m", web.name, "docker", "ps")[0] == 0


def test_a_user_who_is_not_root_joins_the_group_and_may_then_use_the_engine(tmp_path):
    machines, name = machines_in(tmp_path), new_name()
    with running(engine_image(), tmp_path) as host, closing(machines):
        more = {"generic_ip_address": host.address, "generic_ssh_key": str(host.key_path)}
        asked = {"generic_ssh_user": "admin", "generic_endpoint": "ssh", **more}
        machines.create(request(name, "generic", machines._context.catalog, **asked))
        assert "docker" in host.sh("id -Gn admin").split()
        assert machines.get(name).endpoint().url == f"ssh://admin@{host.address}:22"
        assert machines.engine_version(name)
        host.sh("gpasswd -d admin docker")
        machines.get(name).disconnect()
        with pytest.raises(MachshError, match="admin may not open"):
            machines.engine_version(name)
        machines.provision(name)
        assert machines.engine_version(name)
        machines.remove(name)
