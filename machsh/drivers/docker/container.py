"""Converts a host's spec to the create request and the first files of its container. No I/O."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from machsh.drivers.host_size import memory_bytes
from machsh.errors import UsageError

if TYPE_CHECKING:
    import tarfile

BOOT = "/usr/local/sbin/machsh-boot"
MACHINE_LABEL, STORE_LABEL = "machsh.machine", "machsh.store"
"""Contain the name of the machine and the folder of the store that made the container."""
STORE_ID_LABEL = "machsh.store-id"
"""Contains the identity of that store; see `store_identity`."""
OWNER_LABEL = "machsh.owner"
"""Contains the token of the machine's record; a container without it is never removed."""
STOP_SIGNAL = "SIGRTMIN+3"
"""The signal for systemd to halt."""
FULL = "full"
REDUCED = "reduced"
SSH_PORT = 22
_DATA = ("/var/lib/docker", "/var/lib/containerd")
"""Folders of the engine's layers, which need volumes: overlay file systems cannot be stacked."""


def name_of(machine: str) -> str:
    """Return the name of a machine's container."""
    return f"machsh-{machine}"


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """The desired container."""

    name: str
    """Host name."""
    image: str
    owner: str
    store: str
    store_id: str = ""
    cpus: float = 0.0
    """0 means all."""
    memory: int = 0
    """Bytes; 0 means no limit."""
    disk: int = 0
    """Bytes; 0 means no limit."""
    network: str = ""
    ports: tuple[tuple[int, int], ...] = ()
    """Published ports: (port in the container, port on the carrier's computer)."""
    published_at: str = ""
    """Address that the published ports are bound to; empty for all."""


def arguments(spec: ContainerSpec, privileges: str) -> dict[str, Any]:
    """Return the body of the create request; `privileges` is `full` or `reduced`."""
    return {
        "Image": spec.image,
        "Hostname": spec.name,
        "Entrypoint": [BOOT],
        "Cmd": [],
        "Env": ["container=docker"],
        "StopSignal": STOP_SIGNAL,
        "Labels": _labels(spec),
        "ExposedPorts": {f"{inner}/tcp": {} for inner, _ in spec.ports},
        "HostConfig": _host_config(spec) | _rights(privileges),
    }


def _labels(spec: ContainerSpec) -> dict[str, str]:
    """Return the labels of the container and its volumes, which tell whose they are if they are left over."""
    return {
        OWNER_LABEL: spec.owner,
        MACHINE_LABEL: spec.name,
        STORE_LABEL: spec.store,
        STORE_ID_LABEL: spec.store_id,
    }


def _host_config(spec: ContainerSpec) -> dict[str, Any]:
    config: dict[str, Any] = {
        "CgroupnsMode": "private",
        "Tmpfs": {"/run": "", "/run/lock": ""},
        # Provisioning needs the host's name in /etc/hosts, but the carrier owns that file.
        "ExtraHosts": [f"{spec.name}:127.0.1.1"],
        "Mounts": [_volume(place, spec) for place in _DATA],
        "PortBindings": {
            f"{inner}/tcp": [{"HostIp": spec.published_at, "HostPort": str(outer)}]
            for inner, outer in spec.ports
        },
    }
    if spec.cpus:
        config["NanoCpus"] = round(spec.cpus * 1e9)
    if spec.memory:
        config["Memory"] = spec.memory
    if spec.disk:
        config["StorageOpt"] = {"size": str(spec.disk)}
    if spec.network:
        config["NetworkMode"] = spec.network
    return config


def _volume(place: str, spec: ContainerSpec) -> dict[str, Any]:
    """Return an anonymous volume, which the engine creates and removes together with the container."""
    options: dict[str, Any] = {"Labels": _labels(spec)}
    if spec.disk:
        options["DriverConfig"] = {"Name": "local", "Options": {"size": str(spec.disk)}}
    return {"Type": "volume", "Target": place, "VolumeOptions": options}


def _rights(privileges: str) -> dict[str, Any]:
    if privileges == FULL:
        return {"Privileged": True}
    return {
        "CapAdd": ["ALL"],
        "CapDrop": ["SYS_RESOURCE"],
        "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
        "MaskedPaths": [],
        "ReadonlyPaths": [],
        "DeviceCgroupRules": ["a *:* rwm"],
    }


def first_files(spec: ContainerSpec, public_key: str, boot_script: bytes) -> bytes:
    """Return the tar to unpack in a new container: the ssh key, the first process, network settings."""
    import tarfile  # late: only a new host needs it, and it is slow to load

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("root/.ssh")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        archive.addfile(folder)
        _add(archive, "root/.ssh/authorized_keys", f"{public_key.strip()}\n".encode(), 0o600)
        _add(archive, BOOT.lstrip("/"), boot_script, 0o755)
        if spec.ports:
            settings = json.dumps(_own_networks(spec.owner), indent=4).encode()
            _add(archive, "etc/docker/daemon.json", settings, 0o644)
    return buffer.getvalue()


def _own_networks(owner: str) -> dict[str, Any]:
    """Return engine settings for networks that do not collide with clients of the published ports.

    The address of such a client is often in the default range of the engine's bridge, and the host would look
    for it among its own containers. The range is derived from the record's token, so that nested hosts have
    different ones.
    """
    import hashlib

    digest = hashlib.sha256(owner.encode()).digest()
    base = f"10.{64 + digest[0] % 128}"
    return {
        "bip": f"{base}.0.1/20",
        "default-address-pools": [{"base": f"{base}.128.0/17", "size": 24}],
    }


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    import tarfile

    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def address(container: dict[str, Any]) -> str:
    """Return the address of a running container, preferably IPv4; empty if it has none."""
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    for key in ("IPAddress", "GlobalIPv6Address"):
        for network in networks.values():
            if network.get(key):
                return str(network[key])
    return ""


def size(text: str, option: str) -> int:
    """Parse an option's `512m`, `2g` or a number of megabytes to bytes; see `memory_bytes`."""
    return memory_bytes(text, f"--{option} {text}")


def cpus(text: str, shown: str = "--docker-cpus ") -> float:
    """Parse a number of CPUs such as `2` or `0.5`; 0 for an empty text. Raises UsageError."""
    if not re.fullmatch(r"([0-9]+(\.[0-9]+)?)?", text.strip(), re.ASCII):
        raise UsageError(f"{shown}{text} is not a number", hint="write 2 or 0.5")
    return float(text or 0)
