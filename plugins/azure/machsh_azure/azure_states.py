"""What Azure says of a virtual machine's state, and what machsh calls it."""

from __future__ import annotations

from machsh.api import State
from machsh_azure.azure_answers import Json, entries

_POWER = {
    "running": State.RUNNING,
    "starting": State.STARTING,
    "stopping": State.STOPPING,
    "deallocating": State.STOPPING,
    "stopped": State.STOPPED,
    "deallocated": State.STOPPED,
}
_PROVISIONING = {"creating": State.STARTING, "updating": State.STARTING, "deleting": State.STOPPING}


def state_of(view: Json) -> State:
    """Return the state from an instance view, whose codes are such as `PowerState/running`."""
    codes = [str(one.get("code", "")) for one in entries(view, "statuses")]
    found = dict(one.lower().split("/", 1) for one in codes if "/" in one)
    power = _POWER.get(found.get("powerstate", ""))
    provisioning = found.get("provisioningstate", "").partition("/")[0]
    return power or _PROVISIONING.get(provisioning, State.ERROR)
