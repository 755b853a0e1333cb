"""Resumes a creation that failed, was interrupted or killed."""

from __future__ import annotations

from collections.abc import Mapping

from machsh.errors import DeadlineError, RefusedError
from machsh.machine.create_request import correct
from machsh.machine.machine import Machine
from machsh.machine.records import phase
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store
from machsh.options import Value

BUSY_SECONDS = 1.0
"""How long another process may hold the machine; a creation that goes on holds it for minutes."""


def check_unfinished(record: MachineRecord) -> None:
    """Raise RefusedError if the machine's creation is complete."""
    if record.machsh.phase == phase.DONE:
        raise RefusedError(
            f'The creation of "{record.name}" is complete: there is nothing to go on with',
            hint=f"what its host lacks, `machsh provision {record.name}` sets up",
        )


def check_idle(name: str, store: Store) -> None:
    """Raise RefusedError if another process works on the machine, which is most likely its creation."""
    try:
        with store.lock(name, BUSY_SECONDS):
            return
    except DeadlineError as error:
        raise RefusedError(
            f'Another process still works on "{name}"',
            hint="its creation may just take long: wait for it, or look for a hung machsh",
        ) from error


def resume(machine: Machine, changes: Mapping[str, Value]) -> None:
    """Correct the record by `changes`, options of `create`, and finish the creation.

    Raises RefusedError if it is complete, UsageError for an invalid option, MachshError naming the phase.
    """
    from machsh.machine.creating.creation import finish
    from machsh.machine.upkeep.provisioning import check_engine_options

    check_unfinished(machine.record)
    correct(machine.record, changes)
    check_engine_options(machine.record)
    finish(machine, again=True)
