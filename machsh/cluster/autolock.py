"""The key of a locked cluster: managers that restart take part again only once it was given.

The key is kept in the store, in `STORE/clusters/NAME.key`, which only its owner can read.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from machsh.cluster.members import manager_of, members
from machsh.cluster.nodes import LOCKED
from machsh.cluster.swarm_api import connected
from machsh.errors import MachshError
from machsh.files import make_private_folder, write_atomically
from machsh.machine.errors import raise_all, reason
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.machine.parallel import run_all
from machsh.machine.records.store import Store
from machsh.regular_file import read_text


def key_path(store: Store, cluster: str) -> Path:
    """Return where a cluster's key is kept."""
    return store.folder / "clusters" / f"{cluster}.key"


def set_lock(machines: Machines, cluster: str, *, is_on: bool) -> None:
    """Let managers need a key when they start, and keep it; or let them need none. Raises MachshError."""
    with manager_of(machines, cluster) as api:
        api.set_autolock(is_on=is_on)
        key = api.unlock_key() if is_on else ""
    if is_on:
        _keep(machines.store, cluster, key)
    else:
        key_path(machines.store, cluster).unlink(missing_ok=True)


def unlock_key(machines: Machines, cluster: str, *, rotates: bool = False) -> str:
    """Return and keep the key that a manager tells, a new one with `rotates`. Raises MachshError."""
    with manager_of(machines, cluster) as api:
        if rotates:
            api.rotate_unlock_key()
        key = api.unlock_key()
    if not key:
        raise MachshError(
            f'the cluster "{cluster}" is not locked', hint=f"lock it: machsh cluster lock {cluster}"
        )
    _keep(machines.store, cluster, key)
    return key


def unlock(machines: Machines, cluster: str, key: str = "") -> list[str]:
    """Give the key to all managers that wait for it, side by side; return their machines.

    `key` is the kept one unless it is given. Raises MachshError, SeveralError.
    """
    names = members(machines, cluster)
    key = key or kept_key(machines.store, cluster)
    outcomes = run_all([partial(unlock_machine, machines.get(name), key) for name in names])
    raise_all([reason(one.error, machines.environment) for one in outcomes if one.error])
    return [name for name, one in zip(names, outcomes, strict=True) if one.value]


def unlock_machine(machine: Machine, key: str) -> bool:
    """Give the key to one machine's engine if it waits for it; return whether it did."""
    with connected(machine) as api:
        is_locked = api.swarm().state == LOCKED
        if is_locked:
            api.unlock(key)
        return is_locked


def kept_key(store: Store, cluster: str) -> str:
    """Return the key in the store. Raises MachshError if there is none."""
    try:
        return read_text(key_path(store, cluster)).strip()
    except OSError as error:
        raise MachshError(
            f'the key of the cluster "{cluster}" is not in this store',
            hint=f"give it in a file: machsh cluster unlock --key-file FILE {cluster}",
        ) from error


def _keep(store: Store, cluster: str, key: str) -> None:
    path = key_path(store, cluster)
    make_private_folder(path.parent)
    write_atomically(path, f"{key}\n".encode())
