"""Look at a host, plan, do the steps, look again: until it is as wished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.drivers.driver import State
from machsh.errors import MachineNotRunningError, MachshError
from machsh.machine.machine import Machine
from machsh.machine.waiting import wait_for_ssh

if TYPE_CHECKING:
    from machsh.provision.provisioner import Facts, Plan, Provisioner, Wish

MOST = 4
"""An installation, the settings, and what a package's own scripts may still have changed."""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine's host that has told about itself."""

    machine: Machine
    provisioner: Provisioner
    facts: Facts

    @property
    def engine_version(self) -> str:
        """The installed engine's version, empty without one."""
        return self.facts.get("engine-version", "")


@dataclass(frozen=True, slots=True)
class Done:
    """What the rounds did."""

    changes: tuple[str, ...] = ()
    """Titles of the steps done; none when the host was as wished."""
    image: str = ""
    """See `Plan.image`."""


def look(machine: Machine) -> Host:
    """Wait for ssh, ask the host about itself and find who knows it.

    Raises MachineNotRunningError, or MachshError, `OS type not recognized` among them.
    """
    from machsh.provision.facts import gather
    from machsh.provision.osrelease import parse
    from machsh.provision.registry import choose

    if machine.state() is not State.RUNNING:
        raise MachineNotRunningError(hint=f"start it first: machsh start {machine.name}")
    wait_for_ssh(machine)
    machine.progress.info("Detecting the provisioner...")
    known = gather(machine.runner())
    provisioner = choose(parse(known["os-release"]), machine.surroundings.catalog)
    missing = [name for name in provisioner.facts if name not in known]
    more = gather(machine.runner(), missing) if missing else {}
    return Host(machine, provisioner, {**known, **more})


def carry_out(host: Host, first: Callable[[Facts, Wish], Plan], wish: Wish) -> Done:
    """Do the first plan, then plan anew as long as a plan asks for it. Raises MachshError naming the step."""
    from machsh.provision.apply import apply
    from machsh.provision.facts import gather

    machine = host.machine
    changes: list[str] = []
    plan = first(host.facts, wish)
    for _ in range(MOST):
        _tell(machine, plan)
        apply(plan, machine.runner(), machine.progress, name=machine.name, at_least=machine.least_seconds)
        changes += [step.title for step in plan.steps]
        if not plan.again:
            return Done(tuple(changes), plan.image)
        plan = host.provisioner.plan(gather(machine.runner(), host.provisioner.facts), wish)
    raise MachshError(
        f'"{machine.name}" is not as wished after {MOST} rounds',
        hint=f"see what is still to do: machsh provision --dry-run {machine.name}",
    )


def _tell(machine: Machine, plan: Plan) -> None:
    """Say what a plan costs and leaves undone, before it is done; docker-machine has no such lines."""
    if plan.again or machine.surroundings.environment.is_docker_machine:
        return
    for note in plan.notes:
        machine.progress.info(f"Note: {note}")
