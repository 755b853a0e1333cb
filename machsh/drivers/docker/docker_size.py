"""Changes the limits of a host's container, without a restart.

An engine takes 0 in an update for "as it is", and so cannot take a limit away. What ends one is a limit
of all that the computer has.
"""

from __future__ import annotations

from machsh.drivers.docker import container
from machsh.drivers.docker.carrier_api import Body, CarrierApi
from machsh.drivers.host_size import HostSize, memory_bytes
from machsh.errors import UsageError

LEAST_BYTES = 6 * 2**20
"""The least memory that an engine gives a container."""


def check(size: HostSize, before: HostSize, api: CarrierApi, seconds: float) -> None:
    """Raise UsageError for limits that the engine cannot give, or for one that cannot end."""
    cpus = container.cpus(size.cpus, "cpus=")
    if size.cpus and cpus < 0.01:
        raise UsageError(f"cpus={size.cpus}: that is too little", hint="write 2 or 0.5")
    memory = memory_bytes(size.memory, f"memory={size.memory}")
    if size.memory and memory < LEAST_BYTES:
        raise UsageError(f"memory={size.memory}: that is too little", hint="a host needs 512m or more")
    most_cpus, most_memory = _most(api, seconds)
    for key, given, ends, wanted, most in (
        ("cpus", size.cpus, before.cpus and not size.cpus, cpus, most_cpus),
        ("memory", size.memory, before.memory and not size.memory, memory, most_memory),
    ):
        if ends and not most:
            raise UsageError(
                f"{key}=: the engine at {api.name} does not say how much it has", hint="give a higher number"
            )
        if most and wanted > most:
            shown = str(most) if key == "cpus" else f"{most >> 20} MB"
            raise UsageError(
                f"{key}={given}: the engine at {api.name} has {shown}",
                hint=f"give at most {shown}, or {key}= for no limit",
            )


def change(size: HostSize, before: HostSize, api: CarrierApi, path: str, seconds: float) -> None:
    """Update the container at this API path."""
    limits: dict[str, int] = {}
    if size.cpus:
        limits["NanoCpus"] = round(container.cpus(size.cpus) * 1e9)
    elif before.cpus:
        limits["NanoCpus"] = _most(api, seconds)[0] * 10**9
    if size.memory or before.memory:
        memory = memory_bytes(size.memory, size.memory) or _most(api, seconds)[1]
        # Twice the memory is what an engine gives a new container; it refuses more memory than both, and does
        # not pass on to a running container that there is no limit of both.
        limits.update({"Memory": memory, "MemorySwap": 2 * memory})
    api.send("POST", f"{path}/update", seconds, Body.of(limits))


def _most(api: CarrierApi, seconds: float) -> tuple[int, int]:
    """Return the number of CPUs and the bytes of memory of the engine's computer; 0 if it does not say."""
    information = api.get("/info", seconds)
    return int(information.get("NCPU") or 0), int(information.get("MemTotal") or 0)
