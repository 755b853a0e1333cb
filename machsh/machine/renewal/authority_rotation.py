"""Renews the store's authority while its machines stay within reach; `certs/rotation.py` has the phases.

An engine is never given a certificate that the client does not trust yet, and the client none that an engine
does not trust yet. What an engine trusts is noted in its machine's record once it was seen to work, so that
after a crash, or when a machine was not running, the same steps go on where they ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import State
from machsh.errors import InterruptedByUserError, MachshError
from machsh.machine.certificates import authority_paths, refresh_copies
from machsh.machine.context import MachineContext
from machsh.machine.errors import prefixed
from machsh.machine.machine import Machine
from machsh.machine.upkeep.engine_trust import GO_ON, is_behind
from machsh.machine.upkeep.provisioning import apply, detect

if TYPE_CHECKING:
    from machsh.certs.authority_paths import AuthorityPaths

Act = Callable[[Sequence[str], Callable[[Machine], object]], object]
"""Runs an action on the named machines in parallel, under their locks, and saves their records."""


def leaves_out(machine: Machine, paths: AuthorityPaths) -> str:
    """Return why a rotation of this authority does not affect the machine; empty if it does."""
    if authority_paths(machine.record) != paths:
        return f"has an authority of its own, {machine.record.auth.ca_cert_path}"
    if not machine.driver.has(Capability.PROVISIONS):
        return f"its driver, {machine.record.driver_name}, does not let machsh set up the engine"
    if machine.record.machsh.adopted:
        return "was adopted as it is"
    url = machine.driver.known_url()
    scheme = "ssh" if machine.is_over_ssh else url.partition("://")[0]
    return f"its engine is reached by {scheme}" if scheme not in ("", "tcp") else ""


@dataclass(frozen=True, slots=True)
class AuthorityRotation:
    """Advances a rotation as far as possible."""

    paths: AuthorityPaths
    context: MachineContext
    act: Act

    def run(self) -> list[str]:
        """Begin a rotation or continue one; return the machines it waits for, none if it is complete.

        Raises MachshError if a machine fails; the others are then done, and the next run continues.
        """
        from machsh.certs import rotation
        from machsh.certs.authority import like_authority
        from machsh.certs.rotation import RotationPhase

        user, now = self.context.environment.user, self.context.environment.now
        rotation.begin(self.paths, like_authority(self.paths), user, now=now)
        if rotation.phase(self.paths) is RotationPhase.SPREADING:
            if waiting := self._move("Bringing the new authority to the machines, beside the former one..."):
                return waiting
            self._renew_client()
        if rotation.phase(self.paths) is RotationPhase.WITHDRAWING:
            if waiting := self._move("Taking the former authority from the machines..."):
                return waiting
            rotation.narrow(self.paths)
        self._copy()
        rotation.end(self.paths)
        return []

    def members(self) -> tuple[list[Machine], list[str]]:
        """Return the machines of this authority, and the names of those that cannot be read."""
        found, broken = [], []
        for name in self.context.store.names():
            try:
                machine = Machine(self.context.store.load(name), self.context)
                if not leaves_out(machine, self.paths):
                    found.append(machine)
            except MachshError:
                broken.append(name)
        return found, broken

    def _copy(self) -> None:
        refresh_copies(self.members()[0], self.paths)

    def _move(self, title: str) -> list[str]:
        """Bring all running machines to this phase; return those that are still behind."""
        self._copy()
        behind, _ = self._behind()
        running = [machine.name for machine in behind if _is_running(machine)]
        if running:
            self.context.progress.step(title)
            try:
                self.act(running, _follow)
            except MachshError as error:
                error.hint = "; then ".join(filter(None, [error.hint, f"go on with: {GO_ON}"]))
                raise
            except KeyboardInterrupt:
                raise InterruptedByUserError(
                    "Stopped while the authority is renewed: until it goes on, both are trusted",
                    hint=f"go on with: {GO_ON}",
                ) from None
        behind, broken = self._behind()
        return [machine.name for machine in behind] + broken

    def _behind(self) -> tuple[list[Machine], list[str]]:
        machines, broken = self.members()
        return [machine for machine in machines if is_behind(machine)], broken

    def _renew_client(self) -> None:
        from machsh.certs.authority import like_authority, renew_authority

        user, now = self.context.environment.user, self.context.environment.now
        renew_authority(self.paths, like_authority(self.paths), user, self.context.progress, now=now)


def _is_running(machine: Machine) -> bool:
    try:
        return machine.state() is State.RUNNING
    except MachshError:
        return False


def _follow(machine: Machine) -> None:
    try:
        apply(machine, detect(machine))
    except MachshError as error:
        raise prefixed(machine.name, error) from error
