"""Goes on with a creation that failed, was interrupted or killed."""

from __future__ import annotations

from collections.abc import Mapping

from machsh.errors import RefusedError
from machsh.machine import phase
from machsh.machine.create_request import correct
from machsh.machine.machine import Machine
from machsh.machine.record import MachineRecord
from machsh.options import Value


def check_unfinished(record: MachineRecord) -> None:
    """Raise RefusedError if the machine's creation is complete."""
    if record.machsh.phase == phase.DONE:
        raise RefusedError(
            f'The creation of "{record.name}" is complete: there is nothing to go on with',
            hint=f"what its host lacks, `machsh provision {record.name}` sets up",
        )


def resume(machine: Machine, changes: Mapping[str, Value]) -> None:
    """Correct the record by `changes`, options of `create`, and finish the creation.

    Raises RefusedError if it is complete, UsageError for an invalid option, MachshError naming the phase.
    """
    from machsh.machine.creation import finish
    from machsh.machine.provisioning import check_engine_options

    check_unfinished(machine.record)
    correct(machine.record, changes)
    check_engine_options(machine.record)
    finish(machine, again=True)
