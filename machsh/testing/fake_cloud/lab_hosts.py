"""Servers of a fake cloud that are whole hosts: containers with systemd and sshd on this computer's engine.

What a cloud does at a first boot is done before the container starts: the keys that may log in, and the host
keys of the user data. Nothing else of the user data is carried out.
"""

from __future__ import annotations

import email
import io
import json
import subprocess
import tarfile
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from machsh.drivers.docker.image import BASE, boot_script, dockerfile, tag

SECONDS = 120.0
BUILD_SECONDS = 600.0
_BOOT = "usr/local/sbin/machsh-boot"
_ALWAYS = (
    "--cgroupns=private", "--tmpfs=/run", "--tmpfs=/run/lock", "--volume=/var/lib/docker",
    "--volume=/var/lib/containerd", "--stop-signal=SIGRTMIN+3", "--env=container=docker",
)  # fmt: skip
_RIGHTS = (
    ("--privileged",),
    ("--cap-add=ALL", "--cap-drop=SYS_RESOURCE", "--security-opt=seccomp=unconfined",
     "--security-opt=apparmor=unconfined", "--security-opt=systempaths=unconfined",
     "--device-cgroup-rule=a *:* rwm"),
)  # fmt: skip


def lab_image(base: str = BASE) -> str:
    """Return the name of the image of the driver `docker`, with an engine inside; built if it is missing."""
    name = tag(base)
    try:
        _docker("image", "inspect", name)
    except RuntimeError:
        words = ("build", "-q", "--label=machsh.image=host", f"--build-arg=BASE={base}", "-t", name, "-")
        _docker(*words, stdin=dockerfile(), seconds=BUILD_SECONDS)
    return name


class LabHosts:
    """Hosts from one image, which has systemd and sshd. `close` removes all that are left."""

    def __init__(self, image: str) -> None:
        self._image = image
        self._mark = f"lab-{uuid.uuid4().hex[:8]}"

    def create(self, name: str, keys: Iterable[str], user_data: str = "") -> str:
        """Create and boot a host that lets root in by these public keys; return its container's ID."""
        files = _first_files(keys, user_data)
        for rights in _RIGHTS:
            words = (*_ALWAYS, *rights, *self._named(name))
            container = _docker("create", *words, self._image, f"/{_BOOT}").strip()
            try:
                _docker("cp", "-", f"{container}:/", stdin=files)
                _docker("start", container)
                return container
            except RuntimeError as error:
                last = error
                self.remove(container)
        raise last

    def _named(self, name: str) -> tuple[str, ...]:
        # Provisioning needs the host's name in /etc/hosts, but the engine owns that file.
        return f"--hostname={name}", f"--add-host={name}:127.0.1.1", f"--label=machsh.lab={self._mark}"

    def address(self, container: str) -> str:
        """Return the host's address, which may be another one after each start; "" if it is off."""
        shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return _docker("inspect", "-f", shown, container).strip()

    def stop(self, container: str, *, is_graceful: bool = True) -> None:
        """Switch a host off."""
        _docker(*(("stop", "-t", "20") if is_graceful else ("kill",)), container)

    def start(self, container: str) -> None:
        """Switch a host on."""
        _docker("start", container)

    def remove(self, container: str) -> None:
        """Remove a host and its volumes."""
        _docker("rm", "-f", "-v", container)

    def close(self) -> None:
        """Remove all hosts that are left."""
        for container in _docker("ps", "-aq", f"--filter=label=machsh.lab={self._mark}").split():
            self.remove(container)


def _docker(*words: str, stdin: bytes = b"", seconds: float = SECONDS) -> str:
    done = subprocess.run(["docker", *words], input=stdin, capture_output=True, check=False, timeout=seconds)
    if done.returncode:
        raise RuntimeError(f"docker {words[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


def cloud_config(user_data: str) -> Mapping[str, Any]:
    """Return the first `#cloud-config` of user data that is written as JSON; {} if there is none."""
    parts = [user_data]
    if user_data.startswith(("Content-Type:", "MIME-Version:")):
        walked = email.message_from_string(user_data).walk()
        payloads = [one.get_payload(decode=True) for one in walked if not one.is_multipart()]
        parts = [one.decode() for one in payloads if isinstance(one, bytes)]
    for one in parts:
        if one.startswith("#cloud-config\n{"):
            found: Mapping[str, Any] = json.loads(one.partition("\n")[2])
            return found
    return {}


def _first_files(keys: Iterable[str], user_data: str) -> bytes:
    config = cloud_config(user_data)
    allowed = [*keys, *config.get("ssh_authorized_keys", [])]
    files = {
        _BOOT: (boot_script(), 0o755),
        "root/.ssh/authorized_keys": ("".join(f"{one.strip()}\n" for one in allowed).encode(), 0o600),
    }
    for name, content in config.get("ssh_keys", {}).items():
        kind, _, half = name.partition("_")
        path = f"etc/ssh/ssh_host_{kind}_key" + (".pub" if half == "public" else "")
        files[path] = (content.encode(), 0o600)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("root/.ssh")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        archive.addfile(folder)
        for path, (content, mode) in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
