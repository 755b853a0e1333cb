"""What an engine is asked for: a host's spec turned into the arguments of a container. Pure."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from dataclasses import dataclass
from typing import Any

from machsh.errors import UsageError

BOOT = "/usr/local/sbin/machsh-boot"
OWNER_LABEL = "machsh.owner"
"""Holds the token of the record that made the container; without it nothing is ever removed."""
STOP_SIGNAL = "SIGRTMIN+3"
"""Tells systemd to halt."""
FULL = "full"
REDUCED = "reduced"
SSH_PORT = 22
_DATA = ("/var/lib/docker", "/var/lib/containerd")
"""Where an engine keeps layers: they need a file system that is not itself made of layers."""
_SIZE = re.compile(r"([0-9]+)([bkmgt]?)b?", re.IGNORECASE)
_UNITS = {"": 2**20, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """What the container shall be."""

    name: str
    """Host name."""
    image: str
    owner: str
    store: str
    cpus: float = 0.0
    """0 stands for all."""
    memory: int = 0
    """Bytes; 0 stands for no limit."""
    disk: int = 0
    """Bytes; 0 stands for no limit."""
    network: str = ""
    ports: tuple[tuple[int, int], ...] = ()
    """Published: port of the host, port of the engine's computer."""
    published_at: str = ""
    """Address that the ports are bound to; empty for all."""


def arguments(spec: ContainerSpec, privileges: str) -> dict[str, Any]:
    """The body of the create request, with `full` or `reduced` rights."""
    return {
        "Image": spec.image,
        "Hostname": spec.name,
        "Entrypoint": [BOOT],
        "Cmd": [],
        "Env": ["container=docker"],
        "StopSignal": STOP_SIGNAL,
        "Labels": {OWNER_LABEL: spec.owner, "machsh.machine": spec.name, "machsh.store": spec.store},
        "ExposedPorts": {f"{inner}/tcp": {} for inner, _ in spec.ports},
        "HostConfig": _host_config(spec) | _rights(privileges),
    }


def _host_config(spec: ContainerSpec) -> dict[str, Any]:
    config: dict[str, Any] = {
        "CgroupnsMode": "private",
        "Tmpfs": {"/run": "", "/run/lock": ""},
        # Provisioning wants the host's own name there; the file itself belongs to the engine.
        "ExtraHosts": [f"{spec.name}:127.0.1.1"],
        "Mounts": [_volume(place, spec.disk) for place in _DATA],
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


def _volume(place: str, size: int) -> dict[str, Any]:
    """An anonymous volume: it comes and goes with its container, in one request each."""
    volume: dict[str, Any] = {"Type": "volume", "Target": place}
    if size:
        volume["VolumeOptions"] = {"DriverConfig": {"Name": "local", "Options": {"size": str(size)}}}
    return volume


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
    """The tar that makes a container a host of ours: the key that opens it, and its first process."""
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
    """Engine settings that keep its networks away from whoever comes through published ports.

    Such a client's address is often in the range that every engine takes first for its bridge; the host would
    then look for the client among its own containers. The range follows from the record's token, so that a
    host on a host on a host still has another one.
    """
    digest = hashlib.sha256(owner.encode()).digest()
    base = f"10.{64 + digest[0] % 128}"
    return {
        "bip": f"{base}.0.1/20",
        "default-address-pools": [{"base": f"{base}.128.0/17", "size": 24}],
    }


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def address(container: dict[str, Any]) -> str:
    """The address of a running container, IPv4 before IPv6; empty when it has none."""
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    for key in ("IPAddress", "GlobalIPv6Address"):
        for network in networks.values():
            if network.get(key):
                return str(network[key])
    return ""


def size(text: str, option: str) -> int:
    """Bytes of `512m`, `2g`, or a plain number of megabytes; 0 for an empty text. Raises UsageError."""
    if not text:
        return 0
    match = _SIZE.fullmatch(text.strip())
    if not match or not int(match[1]):
        raise UsageError(f"--{option} {text} is not a size", hint="write 2048 (megabytes), 512m or 2g")
    return int(match[1]) * _UNITS[match[2].lower()]


def cpus(text: str) -> float:
    """The number of CPUs in `2` or `0.5`; 0 for an empty text. Raises UsageError."""
    if not re.fullmatch(r"([0-9]+(\.[0-9]+)?)?", text.strip()):
        raise UsageError(f"--docker-cpus {text} is not a number", hint="write 2 or 0.5")
    return float(text or 0)
