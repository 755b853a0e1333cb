"""Takes adopted machines over: they become ordinary ones, whose hosts machsh sets up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from machsh.drivers.capabilities import Capability
from machsh.engine.dial import ByteStream
from machsh.engine.engine_facts import EngineFacts
from machsh.errors import RefusedError
from machsh.machine.machine import Machine
from machsh.machine.upkeep.provisioning import preview
from machsh.options import Value

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What taking a machine over would do."""

    name: str
    steps: tuple[str, ...]
    """The lines of the plan; empty if the host is already as machsh would set it up."""
    notes: tuple[str, ...]
    stopping: int
    """How many running containers stop when the engine restarts."""


def plan_take_over(machine: Machine, changes: Mapping[str, Value]) -> TakeOver:
    """Return what taking the machine over with these options would do; nothing is changed.

    Raises RefusedError for a machine that is not adopted, or whose engine machsh cannot set up.
    """
    check_can_take_over(machine)
    facts = _facts(machine)
    if facts.is_podman or facts.is_rootless:
        raise _not_ours(machine, "Podman" if facts.is_podman else "a rootless engine")
    done = preview(machine, changes)
    stopping = 0 if facts.live_restores or not done.steps else facts.running
    return TakeOver(machine.name, done.steps, done.notes, stopping)


def check_can_take_over(machine: Machine) -> None:
    """Raise RefusedError for a machine that is not adopted, or whose engine machsh cannot set up."""
    if not machine.record.machsh.adopted:
        raise RefusedError(
            f'"{machine.name}" was not adopted, so it needs no --take-over',
            hint=f"machsh provision {machine.name}",
        )
    if not machine.driver.has(Capability.PROVISIONS):
        raise RefusedError(
            f'only the engine of "{machine.name}" is known, not its host',
            hint="adopt its host over ssh: machsh adopt --ssh USER@HOST NAME",
        )
    if machine.record.machsh.engine_socket:
        raise _not_ours(machine, f"an engine of its user's own, at {machine.record.machsh.engine_socket}")


def _not_ours(machine: Machine, what: str) -> RefusedError:
    return RefusedError(
        f'"{machine.name}" runs {what}: what machsh sets up is Docker as root, another engine beside it',
        hint="keep it as it is, or set up another engine there: machsh create -d generic --help",
    )


def _facts(machine: Machine) -> EngineFacts:
    from machsh.engine import engine_facts

    def dial(seconds: float) -> ByteStream:
        stream: ByteStream = machine.runner().open_unix(machine.engine_socket, seconds)
        return stream

    return engine_facts.ask(dial, min(SECONDS, machine.seconds))
