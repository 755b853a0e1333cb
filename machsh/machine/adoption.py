"""Adopted machines: nothing on their hosts is changed before the user lets machsh take a machine over."""

from __future__ import annotations

from machsh.drivers.capabilities import Capability
from machsh.errors import RefusedError
from machsh.machine.machine import Machine


def check_may_change(machine: Machine, doing: str = "this") -> None:
    """Raise RefusedError if the machine was adopted and not taken over; `doing` is the command's name."""
    if not machine.record.machsh.adopted:
        return
    what = f'"{machine.name}" was adopted as it is: {doing} would change its host'
    if not machine.driver.has(Capability.PROVISIONS):
        raise RefusedError(
            f"{what}, and only its engine is known",
            hint="whoever owns the host renews and upgrades its engine",
        )
    raise RefusedError(
        what,
        hint=f"what it would change: machsh provision --dry-run {machine.name}; "
        f"to have the host set up from now on: machsh provision --take-over {machine.name}",
    )
