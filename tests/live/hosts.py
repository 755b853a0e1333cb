"""Whole hosts for live tests: containers with systemd and sshd, without an engine or with Debian's.

The images are built once and named by their content. `bare_host` and `engine_host` are fixtures; a module that
imports one gets a fresh host per test.
"""

import hashlib
import shlex
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from machsh.drivers.docker.image import boot_script
from machsh.errors import DeadlineError
from machsh.ssh.connection import Connection
from machsh.ssh.keys import make_key_pair
from machsh.ssh.target import Target
from machsh.testing.fakes import ScriptedAsk
from tests.support.waiting import wait_until

BASE = "debian:bookworm-slim"
BARE = """
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\
      ca-certificates curl dbus iproute2 iptables openssh-server procps sudo systemd systemd-sysv \\
 && rm -f /etc/ssh/ssh_host_* \\
 && systemctl mask systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket \\
      systemd-logind.service systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer getty.target \\
 && useradd -m -s /bin/bash admin && echo 'admin ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/admin \\
 && useradd -m -s /bin/bash guest
"""
ENGINE = """
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io
"""
CLOSED = "cgroup.procs: device or resource busy"
"""What runc says when it cannot put a process into a container's cgroup."""
FULL = ("--privileged",)
REDUCED = (
    "--cap-add=ALL", "--cap-drop=SYS_RESOURCE", "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined", "--security-opt=systempaths=unconfined", "--device-cgroup-rule=a *:* rwm",
)  # fmt: skip
ALWAYS = ("--cgroupns=private", "--tmpfs=/run", "--tmpfs=/run/lock", "--volume=/var/lib/docker",
          "--volume=/var/lib/containerd", "--stop-signal=SIGRTMIN+3", "--env=container=docker")  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiveHost:
    """A running host and how it is reached."""

    name: str
    address: str
    key_path: Path

    def sh(self, script: str, *, check: bool = True) -> str:
        """Run a script as root, behind ssh's back if that can be; its output.

        Where the host's systemd has controllers of its own beside cgroup v1, nothing more can enter the container.
        """
        done = docker("exec", "-i", self.name, "sh", "-c", script, check=False)
        if done.returncode and CLOSED in done.stdout + done.stderr:
            done = subprocess.run(self._ssh(script), capture_output=True, text=True, check=False, timeout=600)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return (done.stdout + done.stderr).strip()

    def _ssh(self, script: str) -> list[str]:
        trusting = (
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "LogLevel=ERROR",
        )
        return [
            "ssh",
            "-i",
            str(self.key_path),
            *trusting,
            f"root@{self.address}",
            shlex.join(["sh", "-c", script]),
        ]

    def target(self, user: str = "root") -> Target:
        """How ssh reaches it."""
        return Target(
            self.address,
            user=user,
            key_path=self.key_path,
            known_hosts=self.key_path.parent / f"{self.name}.known",
        )

    @contextmanager
    def connection(self, user: str = "root") -> Iterator[Connection]:
        """A kept ssh connection."""
        connection = Connection(self.target(user), ask=ScriptedAsk(), seconds=30.0)
        try:
            yield connection
        finally:
            connection.close()


def docker(*words: str, check: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess:
    """Run docker on the engine of this computer."""
    return subprocess.run(
        ["docker", *words], input=stdin, capture_output=True, text=True, check=check, timeout=600
    )


def image(instructions: str, base: str = BASE) -> str:
    """The name of the image with these instructions; built when it is missing."""
    text = f"FROM {base}\n{instructions}"
    base_id = docker("image", "inspect", "-f", "{{.Id}}", base).stdout
    name = "machsh-test-host:" + hashlib.sha256((base_id + text).encode()).hexdigest()[:12]
    if docker("image", "inspect", name, check=False).returncode:
        done = docker("build", "-q", "-t", name, "-", stdin=text, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return name


def bare_image(base: str = BASE) -> str:
    """Debian with systemd and sshd."""
    return image(BARE, base)


def engine_image() -> str:
    """The same with Debian's docker.io, its socket unit included."""
    return image(ENGINE, bare_image())


@contextmanager
def running(image_name: str, folder: Path, prefix: str = "prov-test") -> Iterator[LiveHost]:
    """A host that is up and lets root, admin (with sudo) and guest (without) in by key; gone afterwards."""
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    key = folder / "id_ed25519"
    public = key.with_name("id_ed25519.pub").read_text() if key.exists() else make_key_pair(key)
    try:
        _start(name, image_name)
        for user, home in (("root", "/root"), ("admin", "/home/admin"), ("guest", "/home/guest")):
            script = 'install -d -m 700 -o "$1" "$2/.ssh" && cat > "$2/.ssh/authorized_keys" && chown "$1" "$2/.ssh/authorized_keys"'
            docker("exec", "-i", name, "sh", "-c", script, "sh", user, home, stdin=public + "\n")
        address = docker(
            "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name
        ).stdout.strip()
        _wait_until_up(name)
        yield LiveHost(name, address, key)
    finally:
        docker("rm", "-f", "-v", name, check=False)


def _start(name: str, image_name: str) -> None:
    """Start with full rights; where the engine below cannot give them, with the reduced ones that suffice."""
    for rights in (FULL, REDUCED):
        done = docker(
            "run",
            "-d",
            "--name",
            name,
            "--hostname",
            name,
            *ALWAYS,
            *rights,
            image_name,
            "sh",
            "-c",
            boot_script().decode(),
            check=False,
        )
        if done.returncode == 0:
            return
        docker("rm", "-f", "-v", name, check=False)
    raise AssertionError(done.stderr)


def _wait_until_up(name: str) -> None:
    def ask(*words: str) -> str:
        return docker("exec", name, *words, check=False).stdout.strip()

    def is_up() -> bool:
        is_booted = ask("systemctl", "is-system-running") in ("running", "degraded")
        return is_booted and bool(ask("ss", "-Htln", "sport", "22"))

    try:
        wait_until(is_up, f"the boot of {name}", 60)
    except DeadlineError as error:
        raise AssertionError(ask("systemctl", "list-jobs")) from error


@pytest.fixture
def bare_host(tmp_path: Path) -> Iterator[LiveHost]:
    """Stock Debian without an engine."""
    with running(bare_image(), tmp_path) as host:
        yield host


@pytest.fixture
def engine_host(tmp_path: Path) -> Iterator[LiveHost]:
    """Stock Debian with Debian's engine running, its socket unit included."""
    with running(engine_image(), tmp_path) as host:
        yield host
