"""The result of examining an engine to adopt, with the limits that it will have as a machine."""

from __future__ import annotations

from dataclasses import dataclass, field

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import Driver
from machsh.engine.engine_facts import EngineFacts
from machsh.machine.records.record import MachineRecord

CHANGING = ("provision", "regenerate-certs", "upgrade")
"""The commands that change a host, which an adopted machine refuses."""
SWITCHING = ("start", "stop", "kill")
ON_THE_HOST = ("ssh", "scp", "mount", "restart")


@dataclass(frozen=True, slots=True)
class FoundEngine:
    """An engine that answered, and the machine that it would become; nothing is stored yet."""

    record: MachineRecord
    """The new machine's record; its driver object is filled in when it is stored."""
    driver: Driver
    url: str
    """How the engine is reached: `tcp://HOST:PORT`, `unix:///PATH` or `ssh://USER@HOST:PORT[/PATH]`."""
    facts: EngineFacts
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    """The files for the machine's folder: name -> content. Some are private keys."""
    host_key: str = ""
    """The fingerprint of the host key that will be pinned; empty if it is not reached over ssh."""
    is_key_known: bool = False
    """Whether the user's own ssh knew that key before."""

    @property
    def name(self) -> str:
        """The machine's name."""
        return self.record.name

    @property
    def notes(self) -> list[str]:
        """Notes for the user about this kind of engine."""
        facts, notes = self.facts, []
        if facts.is_podman:
            notes.append(
                "this is Podman by its docker-compatible socket: docker's commands work as far as Podman "
                "has them, swarm and some plugins do not"
            )
        if facts.is_desktop:
            notes.append(
                "Docker Desktop starts and stops it; ports of containers are on that computer's localhost"
            )
        if facts.is_rootless:
            notes.append("it is rootless: ports below 1024 and some network and storage options need root")
        return notes

    @property
    def limits(self) -> dict[str, str]:
        """The commands that will not work on the machine -> the reason."""
        if not self.driver.has(Capability.SSH):
            why = "only the engine is known, not its host"
            return {", ".join((*ON_THE_HOST, *SWITCHING, *CHANGING)): why}
        return {
            ", ".join(SWITCHING): "the host is not machsh's: use its own tools",
            ", ".join(CHANGING): self._why_unchanged(),
        }

    def _why_unchanged(self) -> str:
        if self.facts.is_podman or self.facts.is_rootless:
            return (
                f"machsh sets up Docker as root, this is {'Podman' if self.facts.is_podman else 'rootless'}"
            )
        return f"they would change the host; `machsh provision --take-over {self.name}` allows them"
