"""Checks before a host is created; all raise PreCreateError with a hint."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from machsh.drivers.docker.carrier_api import CarrierApi, EngineRefusedError, container_path
from machsh.errors import PreCreateError

LONGEST_NAME = 63
"""Maximum length of a label in DNS, and so of a host name."""


def check_name(api: CarrierApi, name: str, container: str, seconds: float) -> None:
    """Raise PreCreateError if the name is too long, or its container exists already."""
    if len(name) > LONGEST_NAME:
        raise PreCreateError(
            f"a host's name has at most {LONGEST_NAME} characters, this one has {len(name)}",
            hint="choose a shorter name",
        )
    if _exists(api, f"{container_path(container)}/json", seconds):
        raise PreCreateError(
            f"the engine at {api.name} has a container {container} already",
            hint=f"choose another name; if nobody needs it any more: docker rm -f -v {container}",
        )


def check_network(api: CarrierApi, network: str, seconds: float) -> None:
    """Raise PreCreateError if the network does not exist, or gives a container no address of its own."""
    if not network:
        return
    if network in ("host", "none") or network.startswith("container:"):
        raise PreCreateError(
            f"--docker-network {network} gives the host no address of its own", hint="use a bridge network"
        )
    if not _exists(api, f"/networks/{quote(network, safe='')}", seconds):
        raise PreCreateError(
            f"the engine at {api.name} has no network {network}",
            hint=f"make it: docker network create {network}",
        )


def check_limits(information: dict[str, Any], cpus: float, disk: int, engine: str) -> None:
    """Raise PreCreateError for limits that the engine cannot enforce, or if it runs no Linux containers.

    `information` is the engine's `/info`, `disk` is in bytes.
    """
    most = int(information.get("NCPU") or 0)
    if most and cpus > most:
        raise PreCreateError(
            f"--docker-cpus {cpus:g}: the engine at {engine} has {most} CPUs", hint=f"ask for at most {most}"
        )
    if information.get("OSType", "linux") != "linux":
        raise PreCreateError(
            f"the engine at {engine} runs {information['OSType']} containers",
            hint="switch it to Linux containers",
        )
    status = {str(key): str(value) for key, value in information.get("DriverStatus") or ()}
    storage, files = str(information.get("Driver")), status.get("Backing Filesystem", "unknown")
    if disk and not (storage == "overlay2" and files == "xfs"):
        raise PreCreateError(
            f"--docker-disk: the engine at {engine} cannot limit a host's disk: that takes storage driver "
            f"overlay2 on xfs mounted with pquota, and it has {storage} on {files}",
            hint="leave --docker-disk out, or choose an engine whose data folder is such a file system",
        )


def _exists(api: CarrierApi, path: str, seconds: float) -> bool:
    try:
        api.get(path, seconds)
    except EngineRefusedError as error:
        if error.status == 404:
            return False
        raise
    return True
