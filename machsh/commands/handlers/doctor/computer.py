"""Checks what machsh uses on this computer: Python packages, docker, ssh, hypervisors."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import machsh
from machsh.commands.handlers.doctor import probe
from machsh.commands.handlers.doctor.finding import Finding, Health
from machsh.engine import docker_cli, local_engine
from machsh.environment import Environment

PLUGINS = {"buildx": "docker build with BuildKit", "compose": "docker compose"}
"""Plugin of the docker CLI -> its use."""
PACKAGES = ("prompt_toolkit", "pygments", "paramiko", "cryptography", "docker")
SSH_PROGRAMS = {
    "scp": ("openssh-client", "machsh scp"),
    "sshfs": ("sshfs", "machsh mount"),
    "rsync": ("rsync", "machsh scp --delta"),
}
"""Program -> its package, and the command that needs it."""


def findings(environment: Environment) -> Iterator[Finding]:
    """Yield all findings about this computer, section by section."""
    yield from _machsh(environment)
    yield from _docker(environment)
    yield _engine(environment)
    yield from _ssh(environment)
    yield from _hypervisors(environment)


def _machsh(environment: Environment) -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    yield Finding("machsh", "machsh", Health.GOOD, f"{machsh.__version__}, {Path(machsh.__file__).parent}")
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Finding("machsh", "python", Health.GOOD, f"{platform.python_version()}, {sys.executable}, {system}")
    for package in PACKAGES:
        try:
            yield Finding("machsh", package, Health.GOOD, version(package))
        except PackageNotFoundError:
            remedy = f"{sys.executable} -m pip install {package}"
            yield Finding("machsh", package, Health.BAD, "is not installed", remedy)


def _docker(environment: Environment) -> Iterator[Finding]:
    program = docker_cli.find(environment)
    if program is None:
        package = "docker.io" if probe.find("apt-get", environment) else "docker-cli"
        remedy = probe.install_command(package, environment, brew="docker")
        text = "is not on PATH: common docker commands work without it, the others do not"
        yield Finding("Docker", "docker CLI", Health.ABSENT, text, remedy)
        return
    version = probe.first_line([str(program), "--version"], environment)
    if not version:
        remedy = f"try it: {program} --version"
        yield Finding("Docker", "docker CLI", Health.BAD, f"{program} does not answer", remedy)
        return
    yield Finding("Docker", "docker CLI", Health.GOOD, f"{version}, {program}")
    for name, use in PLUGINS.items():
        version = probe.first_line([str(program), name, "version"], environment)
        if version:
            yield Finding("Docker", name, Health.GOOD, version)
        else:
            remedy = probe.install_command(f"docker-{name}", environment)
            yield Finding("Docker", name, Health.ABSENT, f"is not installed; it is for {use}", remedy)


def _engine(environment: Environment) -> Finding:
    """Check the engine of this computer, which runs the docker driver's machines."""
    url = local_engine.endpoint(environment).url
    if local_engine.answers(environment):
        return Finding("Docker", "local engine", Health.GOOD, f"answers on {url}")
    socket = Path(url.removeprefix("unix://"))
    if socket.exists() and not os.access(socket, os.W_OK):
        text = f"{socket} may not be opened by {environment.user}"
        return Finding(
            "Docker", "local engine", Health.BAD, text, "sudo usermod -aG docker $USER, then log in again"
        )
    if socket.exists():
        text = f"{socket} is there, but nothing answers"
        return Finding("Docker", "local engine", Health.BAD, text, "sudo systemctl restart docker")
    remedy = "open -a Docker" if environment.platform == "darwin" else "sudo systemctl start docker"
    text = "does not run; the driver docker needs one, here or on another machine"
    return Finding("Docker", "local engine", Health.ABSENT, text, remedy)


def _ssh(environment: Environment) -> Iterator[Finding]:
    path = probe.find("ssh", environment)
    version = probe.first_line([path, "-V"], environment) if path else ""
    if version:
        yield Finding("ssh", "ssh", Health.GOOD, f"{version}, {path}")
    else:
        remedy = probe.install_command("openssh-client", environment)
        text = "is not on PATH: machsh uses its own client"
        yield Finding("ssh", "ssh", Health.ABSENT, text, remedy)
    for name, (package, use) in SSH_PROGRAMS.items():
        path = probe.find(name, environment)
        if path:
            yield Finding("ssh", name, Health.GOOD, path)
        else:
            remedy = probe.install_command(package, environment)
            yield Finding("ssh", name, Health.ABSENT, f"is not on PATH; {use} needs it", remedy)
    socket = environment.variable("SSH_AUTH_SOCK")
    if socket and not Path(socket).is_socket():
        text = f"SSH_AUTH_SOCK names {socket}, which is no socket"
        yield Finding("ssh", "agent", Health.BAD, text, 'eval "$(ssh-agent)", then ssh-add')
    else:
        yield Finding("ssh", "agent", Health.GOOD, socket or "none; keys without a passphrase need none")


def _hypervisors(environment: Environment) -> Iterator[Finding]:
    """Yield the versions of those that are there; what else the drivers need their own `lacks` tells."""
    machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    # VBoxManage's warnings come before its version.
    for name, program, number in (("QEMU", f"qemu-system-{machine}", 0), ("VirtualBox", "VBoxManage", -1)):
        path = probe.find(program, environment)
        lines = probe.lines([path, "--version"], environment) if path else []
        if lines:
            yield Finding("Virtualization", name, Health.GOOD, f"{lines[number]}, {path}")
