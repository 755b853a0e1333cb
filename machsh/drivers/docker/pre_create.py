"""Checks before a host is created; all raise PreCreateError with a hint."""

from __future__ import annotations

import os
import shlex
from typing import Any
from urllib.parse import quote

from machsh.drivers.docker.carrier_api import CarrierApi, EngineRefusedError, container_path
from machsh.drivers.docker.container import MACHINE_LABEL, STORE_LABEL
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
    found = _find(api, f"{container_path(container)}/json", seconds)
    if found is not None:
        raise _taken(f"the engine at {api.name} has a container {container} already", container, found)


def _taken(text: str, container: str, found: dict[str, Any]) -> PreCreateError:
    """Return the error for a name that is taken; the labels of a container of machsh's tell whose it is."""
    config = found.get("Config")
    labels = config.get("Labels") if isinstance(config, dict) else None
    store, machine = (
        str(labels.get(label) or "") if isinstance(labels, dict) else ""
        for label in (STORE_LABEL, MACHINE_LABEL)
    )
    if not (store and machine and os.path.isdir(os.path.join(store, "machines", machine))):
        hint = f"choose another name; if nobody needs it any more: docker rm -f -v {container}"
        return PreCreateError(text, hint=hint)
    return PreCreateError(
        f"{text}: it is the machine {machine} of the store {store}",
        hint="choose another name, or remove that machine: "
        + shlex.join(["machsh", "--storage-path", store, "rm", machine]),
    )


def check_network(api: CarrierApi, network: str, seconds: float) -> None:
    """Raise PreCreateError if the network does not exist, or gives a container no address of its own."""
    if not network:
        return
    if network in ("host", "none") or network.startswith("container:"):
        raise PreCreateError(
            f"--docker-network {network} gives the host no address of its own", hint="use a bridge network"
        )
    if _find(api, f"/networks/{quote(network, safe='')}", seconds) is None:
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


def _find(api: CarrierApi, path: str, seconds: float) -> dict[str, Any] | None:
    """Return what the engine says of an object; None if it does not exist."""
    try:
        return api.get(path, seconds)
    except EngineRefusedError as error:
        if error.status == 404:
            return None
        raise
