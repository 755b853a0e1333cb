"""Hosts in containers on the real engine: what they are inside, before anything is provisioned."""

import io
import shutil
import subprocess
import tarfile
import uuid
from pathlib import Path

import pytest

from machsh.drivers.docker.driver import DockerDriver
from machsh.drivers.docker.record import DockerRecord
from machsh.drivers.driver import State
from machsh.errors import MachshError
from machsh.options import Values
from machsh.testing.fakes import fake_context
from tests.live.hosts import docker
from tests.support.waiting import wait_until

pytestmark = pytest.mark.live


class Host:
    """A driver of a machine, and a way in behind ssh's back."""

    def __init__(self, folder: Path, **given):
        values = {option.name: option.empty for option in DockerDriver.options}
        values |= {key.replace("_", "-"): value for key, value in given.items()}
        record = DockerRecord(
            machine_name=f"host-test-{uuid.uuid4().hex[:8]}", store_path=str(folder / "store")
        )
        self.driver = DockerDriver(record, fake_context(folder, seconds=120))
        self.driver.configure(Values(values))

    def sh(self, script: str) -> str:
        done = docker("exec", self.driver.record.container, "sh", "-c", script, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def is_up(self) -> bool:
        words = ("exec", self.driver.record.container, "systemctl", "is-system-running")
        return docker(*words, check=False).stdout.strip() == "running"

    def load_busybox(self) -> None:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(shutil.which("busybox"), "bin/busybox")
        words = ["docker", "exec", "-i", self.driver.record.container, "docker", "import", "-", "box"]
        subprocess.run(words, input=buffer.getvalue(), check=True, capture_output=True, timeout=120)


@pytest.fixture
def new_host(tmp_path):
    hosts = []

    def make(**given):
        host = Host(tmp_path, **given)
        hosts.append(host)
        host.driver.pre_create_check()
        host.driver.create()
        return host

    yield make
    for host in hosts:
        host.driver.remove()


@pytest.mark.parametrize("privileges", ["auto", "reduced"])
def test_a_host_is_whole_and_runs_containers(new_host, privileges):
    host = new_host(docker_privileges=privileges)
    assert host.sh("systemctl is-system-running --wait || true") == "running"
    assert host.sh("cat /proc/1/comm") == "systemd"
    assert host.sh("hostname") == host.driver.record.machine_name
    assert host.sh("systemctl is-enabled docker.service docker.socket || true").split() == ["disabled"] * 2
    host.sh("systemctl start docker")
    host.load_busybox()
    assert host.sh("docker run --rm box /bin/busybox echo inside") == "inside"
    assert host.sh("docker run --rm --network host -m 64m box /bin/busybox echo limited") == "limited"
    assert host.sh("docker info -f '{{.Driver}}'") == "overlay2"


def test_what_is_on_a_host_survives_its_restart(new_host):
    host = new_host()
    host.sh("systemctl start docker && docker volume create kept && touch /root/kept")
    identity = host.sh("cat /etc/machine-id /etc/ssh/ssh_host_*.pub")
    host.driver.restart()
    assert host.driver.state() is State.RUNNING
    wait_until(host.is_up, "systemd", 30)
    host.sh("test -e /root/kept && systemctl start docker && docker volume inspect kept")
    assert host.sh("cat /etc/machine-id /etc/ssh/ssh_host_*.pub") == identity


def test_two_hosts_share_no_identity(new_host):
    first, second = new_host(), new_host()
    for script in (
        "cat /etc/machine-id",
        "cat /etc/ssh/ssh_host_ed25519_key",
        "cat /root/.ssh/authorized_keys",
    ):
        assert first.sh(script) != second.sh(script)
    assert first.driver.ip() != second.driver.ip()


def test_an_image_bakes_no_identity_in(new_host):
    host = new_host()
    name = docker("inspect", "-f", "{{.Config.Image}}", host.driver.record.container).stdout.strip()
    script = "wc -c < /etc/machine-id; ls /etc/ssh/ssh_host_* 2>/dev/null | wc -l; ls /root/.ssh 2>/dev/null | wc -l"
    done = docker("run", "--rm", "--entrypoint", "sh", name, "-c", script)
    assert done.stdout.split() == ["0", "0", "0"]


def test_limits_are_the_containers(new_host):
    host = new_host(docker_memory="512m", docker_cpus="0.5")
    shown = docker(
        "inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}", host.driver.record.container
    )
    assert shown.stdout.split() == [str(512 * 2**20), "500000000"]


def test_removal_leaves_neither_container_nor_volume(new_host):
    host = new_host()
    name = host.driver.record.container
    volumes = docker("inspect", "-f", "{{range .Mounts}}{{.Name}} {{end}}", name).stdout.split()
    assert len(volumes) == 2
    host.driver.remove()
    assert docker("container", "inspect", name, check=False).returncode != 0
    for volume in volumes:
        assert docker("volume", "inspect", volume, check=False).returncode != 0


NO_HOST = """FROM debian:bookworm-slim
RUN rm -f /sbin/init && printf '#!/bin/sh\\necho no systemd here\\nexit 1\\n' > /sbin/init && chmod +x /sbin/init
"""


@pytest.fixture
def no_host_image():
    name = "machsh-test-no-host"
    docker("build", "-q", "-t", name, "-", stdin=NO_HOST)
    yield name
    docker("image", "rm", name, check=False)


def test_an_image_that_is_no_host_is_told_with_its_last_words(no_host_image, new_host):
    with pytest.raises(MachshError, match="the host ended while it booted: no systemd here") as caught:
        new_host(docker_image=no_host_image)
    assert "leave --docker-image out" in caught.value.hint
