"""Removing machines: the host first, then what the store keeps of it."""

from __future__ import annotations

from collections.abc import Callable

from machsh.errors import MachshError
from machsh.machine.errors import prefixed, reason
from machsh.machine.machine import Machine
from machsh.machine.store import Store

LOCK_SECONDS = 10.0


def remove(name: str, load: Callable[[str], Machine], store: Store, *, force: bool) -> list[MachshError]:
    """Destroy the machine and delete its folder.

    Returns what went wrong: with `force` the folder is deleted whatever the driver said, without it only when
    the host is gone.
    """
    errors = _remove_host(name, load, store, force=force)
    if errors and not force:
        return errors
    try:
        store.remove(name)
    except MachshError as error:
        errors.append(error)
    return errors


def _remove_host(
    name: str, load: Callable[[str], Machine], store: Store, *, force: bool
) -> list[MachshError]:
    try:
        machine = load(name)
        if force:
            machine.driver.remove()
        else:
            with store.lock(name, LOCK_SECONDS):
                machine.driver.remove()
        machine.close()
    except Exception as error:  # a driver may be foreign code, and -f must go on whatever it raises
        told = prefixed(f'Error removing host "{name}"', reason(error))
        told.hint = told.hint or f"forget it without destroying the host: machsh rm -f {name}"
        return [told]
    return []
