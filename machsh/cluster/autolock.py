"""The unlock key of a cluster with autolock: restarted managers rejoin only after it was given.

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
    """Turn autolock on, and store the key; or turn it off. Raises MachshError."""
    with manager_of(machines, cluster) as api:
        api.set_autolock(is_on=is_on)
        key = api.unlock_key() if is_on else ""
    if is_on:
        _keep(machines.store, cluster, key)
    else:
        key_path(machines.store, cluster).unlink(missing_ok=True)


def unlock_key(machines: Machines, cluster: str, *, rotates: bool = False) -> str:
    """Ask a manager for the key, a new one with `rotates`; store and return it. Raises MachshError."""
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
    """Unlock all locked managers in parallel; return their machines.

    The default for `key` is the stored one. Raises MachshError, SeveralError.
    """
    names = members(machines, cluster)
    key = key or kept_key(machines.store, cluster)
    outcomes = run_all([partial(unlock_machine, machines.get(name), key) for name in names])
    raise_all([reason(one.error, machines.environment) for one in outcomes if one.error])
    return [name for name, one in zip(names, outcomes, strict=True) if one.value]


def unlock_machine(machine: Machine, key: str) -> bool:
    """Unlock one machine's engine if it is locked; return whether it was."""
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
