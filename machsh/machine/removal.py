"""Removing machines: the host first, then what the store keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress

from machsh.errors import DeadlineError, MachshError
from machsh.machine.errors import prefixed, reason
from machsh.machine.machine import Machine
from machsh.machine.store import Store

LOCK_SECONDS = 10.0


def remove(name: str, load: Callable[[str], Machine], store: Store, *, force: bool) -> list[MachshError]:
    """Destroy the machine and delete its folder, while no other process works on it.

    Returns what went wrong: with `force` the folder is deleted whatever the driver said, without it only when
    the host is gone. With `force` a machine that is held for longer is removed under its holder's hands; a
    creation then undoes itself. Raises MachshError, and destroys nothing, when the folder cannot be deleted.
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
        with suppress(MachshError):  # the driver and the store are asked whoever holds it
            stack.enter_context(store.take_from_holder(name))
        return [MachshError(text)]
    except MachshError as error:
        return [] if force else [_reported(name, error)]  # loading it says the same
    return []


def _remove_host(name: str, load: Callable[[str], Machine]) -> list[MachshError]:
    try:
        machine = load(name)
        machine.driver.remove()
        machine.close()
    except Exception as error:  # a driver may be foreign code, and -f must go on whatever it raises
        return [_reported(name, reason(error))]
    return []


def _forget(name: str, store: Store) -> list[MachshError]:
    try:
        store.remove(name)
    except MachshError as error:
        return [error]
    return []


def _reported(name: str, error: MachshError) -> MachshError:
    reported = prefixed(f'Error removing host "{name}"', error)
    reported.hint = reported.hint or f"forget it without destroying the host: machsh rm -f {name}"
    return reported
