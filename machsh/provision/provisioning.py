"""Provisioning from the first question to the last step: gather, choose, plan, apply, and look again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machsh.errors import MachshError
from machsh.progress import Progress
from machsh.provision import apply, facts, osrelease, registry
from machsh.provision.provisioner import Facts, Plan, Provisioner, Wish
from machsh.provision.registry import Catalog
from machsh.ssh.target import Runner

ROUNDS = 4
"""An installation, the settings, and what a package's own scripts may still have changed."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host that has told about itself."""

    runner: Runner
    provisioner: Provisioner
    facts: Facts

    @property
    def engine_version(self) -> str:
        """The installed engine's version, empty without one."""
        return self.facts.get("engine-version", "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What provisioning did."""

    changes: tuple[str, ...]
    """Titles of the steps done, none when the host was as wished."""
    notes: tuple[str, ...]
    facts: Facts
    """The host as it was seen last; after an empty plan it is as it is now."""
    image: str = ""
    """See `Plan.image`."""


def look(runner: Runner, catalog: Catalog | None = None, *, seconds: float = facts.SECONDS) -> Host:
    """Ask the host and choose who knows it: one round trip, a second only for unusual facts."""
    known = facts.gather(runner, seconds=seconds)
    provisioner = registry.choose(osrelease.parse(known["os-release"]), catalog)
    missing = [name for name in provisioner.facts if name not in known]
    more = facts.gather(runner, missing, seconds=seconds) if missing else {}
    return Host(runner, provisioner, {**known, **more})


def provision(host: Host, wish: Wish, progress: Progress, *, at_least: float = 0.0) -> Outcome:
    """Make the wish true. A host that is as wished is not touched."""
    return _rounds(host, host.provisioner.plan, wish, progress, at_least)


def upgrade(host: Host, wish: Wish, progress: Progress, *, at_least: float = 0.0) -> Outcome:
    """Bring the engine to the wished or newest version, then make the rest of the wish true."""
    return _rounds(host, host.provisioner.upgrade, wish, progress, at_least)


def _rounds(
    host: Host, first: Callable[[Facts, Wish], Plan], wish: Wish, progress: Progress, at_least: float
) -> Outcome:
    changes: list[str] = []
    notes: list[str] = []
    known, plan = host.facts, first(host.facts, wish)
    for _ in range(ROUNDS):
        apply.apply(plan, host.runner, progress, name=wish.name or "NAME", at_least=at_least)
        changes += [step.title for step in plan.steps]
        notes += plan.notes
        if not plan.again:
            return Outcome(tuple(changes), tuple(notes), known, plan.image)
        known = facts.gather(host.runner, host.provisioner.facts)
        plan = host.provisioner.plan(known, wish)
    name = wish.name or "NAME"
    raise MachshError(
        "The engine was installed, yet the host still has none",
        hint=f"look at the host: machsh ssh {name}; then run: machsh provision {name}",
    )
