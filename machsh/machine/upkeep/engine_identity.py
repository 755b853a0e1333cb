"""Records the identity of a machine's engine, by which `adopt` recognises it."""

from __future__ import annotations

from contextlib import suppress

from machsh.errors import MachshError
from machsh.machine.contact.engine_dial import engine_dialer
from machsh.machine.machine import Machine
from machsh.machine.records import phase

SECONDS = 5.0


def note_identity(machine: Machine) -> None:
    """Keep the engine's identity in the record, which the caller saves.

    A new engine is asked, and one that was never asked. One that does not tell is asked the next time:
    nothing but `adopt` needs to know.
    """
    noted = machine.record.machsh
    if noted.engine_id and noted.phase == phase.DONE:
        return
    from machsh.engine import engine_facts

    with suppress(MachshError, OSError):
        dial = engine_dialer(machine, machine.endpoint())
        noted.engine_id = engine_facts.ask(dial, min(SECONDS, machine.seconds)).identity
