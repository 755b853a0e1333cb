"""Changes the limits of a host's container, without a restart."""

from __future__ import annotations

from machsh.drivers.docker import container
from machsh.drivers.docker.carrier_api import Body, CarrierApi
from machsh.drivers.host_size import HostSize, memory_bytes
from machsh.errors import UsageError

LEAST_BYTES = 6 * 2**20
"""The least memory that an engine gives a container."""


def check(size: HostSize, before: HostSize, api: CarrierApi, seconds: float) -> None:
    """Raise UsageError for limits that the engine cannot give, or for one that is to go.

    An engine takes 0 in an update for "as it is".
    """
    for key, new, old in (("cpus", size.cpus, before.cpus), ("memory", size.memory, before.memory)):
        if old and not new:
            raise UsageError(
                f"{key}=: an engine cannot take a limit away from a container", hint="give a higher number"
            )
    cpus = container.cpus(size.cpus, "cpus=")
    if size.cpus and cpus < 0.01:
        raise UsageError(f"cpus={size.cpus}: that is too little", hint="write 2 or 0.5")
    memory = memory_bytes(size.memory, f"memory={size.memory}")
    if size.memory and memory < LEAST_BYTES:
        raise UsageError(f"memory={size.memory}: that is too little", hint="a host needs 512m or more")
    information = api.get("/info", seconds)
    for key, wanted, most in (
        ("cpus", cpus, int(information.get("NCPU") or 0)),
        ("memory", memory, int(information.get("MemTotal") or 0)),
    ):
        if most and wanted > most:
            given = size.cpus if key == "cpus" else size.memory
            shown = str(most) if key == "cpus" else f"{most >> 20} MB"
            raise UsageError(
                f"{key}={given}: the engine at {api.name} has {shown}", hint=f"give at most {shown}"
            )


def change(size: HostSize, api: CarrierApi, path: str, seconds: float) -> None:
    """Update the container at this API path."""
    limits: dict[str, int] = {}
    if size.cpus:
        limits["NanoCpus"] = round(container.cpus(size.cpus) * 1e9)
    if size.memory:
        memory = memory_bytes(size.memory, size.memory)
        # Twice the memory is what an engine gives a new container; it refuses more memory than both.
        limits.update({"Memory": memory, "MemorySwap": 2 * memory})
    api.send("POST", f"{path}/update", seconds, Body.of(limits))
