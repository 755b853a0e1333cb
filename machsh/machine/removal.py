"""Removes machines: destroys the host, then deletes the folder in the store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress

from machsh.errors import FOREIGN, DeadlineError, MachineNotFoundError, MachshError
from machsh.machine.errors import prefixed, reason
from machsh.machine.machine import Machine
from machsh.machine.records.store import Store

LOCK_SECONDS = 10.0


def remove(name: str, load: Callable[[str], Machine], store: Store, *, force: bool) -> list[MachshError]:
    """Destroy the host and delete the machine's folder, holding the machine's lock.

    Returns the errors. Without `force` the folder is deleted only if the host is destroyed, with `force` in
    any case; with `force` the machine is also removed if another process keeps the lock for LOCK_SECONDS (a
    creation that runs there then destroys its host). Raises MachshError before anything is destroyed if the
    folder cannot be deleted.
    """
    try:
        store.check_removable(name)
    except MachshError as error:
        raise prefixed(f'Error removing host "{name}"', error) from error
    with ExitStack() as stack:
        errors = _hold(stack, name, store, force=force)
        if not errors or force:
            errors += _remove_host(name, load)
        if not errors or force:
            errors += _forget(name, store)
    return errors


def _hold(stack: ExitStack, name: str, store: Store, *, force: bool) -> list[MachshError]:
    try:
        stack.enter_context(store.lock(name, LOCK_SECONDS))
    except DeadlineError as error:
        if not force:
            return [_reported(name, error)]
        text = f'"{name}" is still held by another process after {LOCK_SECONDS:g} s: removing it all the same'
        with suppress(MachshError):  # remove it even without the lock
            stack.enter_context(store.take_from_holder(name))
        return [MachshError(text)]
    except MachshError as error:
        return [] if force else [_reported(name, error)]  # with force, loading it reports the same error
    return []


def _remove_host(name: str, load: Callable[[str], Machine]) -> list[MachshError]:
    try:
        machine = load(name)
        machine.driver.context.keep = lambda: _keep(machine)
        machine.driver.remove()
        machine.close()
    except FOREIGN as error:  # the driver may be a plugin, and -f must continue whatever it raises
        return [_reported(name, reason(error))]
    return []


def _keep(machine: Machine) -> None:
    """Store what is still there, for the next `rm`; a full disk holds no removal up."""
    with suppress(MachshError):
        machine.save()


def _forget(name: str, store: Store) -> list[MachshError]:
    try:
        store.remove(name)
    except MachshError as error:
        return [error]
    return []


def _reported(name: str, error: MachshError) -> MachshError:
    reported = prefixed(f'Error removing host "{name}"', error)
    if isinstance(error, MachineNotFoundError):
        return reported
    reported.hint = reported.hint or f"forget it without destroying the host: machsh rm -f {name}"
    return reported
