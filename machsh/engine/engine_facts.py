"""Asks an engine what it is: version, system, containers; rootless, Podman or Docker Desktop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from machsh.deadline import Deadline
from machsh.engine.dial import Dialer
from machsh.engine.http import HttpConnection, HttpResponse
from machsh.engine.json_fields import items, number, text
from machsh.errors import MachshError
from machsh.validators import WORD

MOST_BYTES = 4 << 20
"""Size limit of an answer; `/info` of an engine with many plugins and registries has some 20 KB."""
PODMAN = "Podman Engine"
"""The component that Podman's `/version` names in the place of Docker's `Engine`."""
DESKTOP = "Docker Desktop"
"""What `/info` of Docker Desktop calls its operating system."""
ROOTLESS = "name=rootless"
"""The security option that a rootless engine lists, Docker's and Podman's alike."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine says about itself; texts that it does not give are empty."""

    version: str
    api_version: str = ""
    """The newest API version that it speaks, such as `1.41`."""
    system: str = ""
    """Its operating system, such as `Debian GNU/Linux 12 (bookworm)`."""
    architecture: str = ""
    host_name: str = ""
    containers: int = 0
    """How many containers it has."""
    running: int = 0
    """How many of them run."""
    is_rootless: bool = False
    is_podman: bool = False
    is_desktop: bool = False
    live_restores: bool = False
    """Whether its containers go on while it restarts."""
    identity: str = ""
    """What it calls itself wherever it is reached; copies of a virtual machine share one. Podman has none."""

    @property
    def product(self) -> str:
        """`Docker Engine`, `Docker Desktop` or `Podman`."""
        if self.is_podman:
            return "Podman"
        return DESKTOP if self.is_desktop else "Docker Engine"


def ask(dial: Dialer, seconds: float) -> EngineFacts:
    """Ask an engine for its facts, within `seconds`.

    Raises OSError, or MachshError if it cannot be reached, refuses, or its answer is not an engine's.
    """
    deadline = Deadline.after(seconds)
    stream = dial(deadline.remaining)
    try:
        connection = HttpConnection(stream, most=MOST_BYTES)
        version, info = (_document(one) for one in connection.ask(["/version", "/info"], deadline.remaining))
    finally:
        stream.close()
    return _facts(version, info)


def _document(answer: HttpResponse) -> dict[str, Any]:
    if answer.status != 200:
        said = answer.body[:300].decode("utf-8", "replace").strip()
        raise MachshError(
            f"the engine refuses to be asked: {answer.status} {answer.reason}: {said}",
            hint="what stands before it (a proxy, an authorization plugin) must let /version and /info pass",
        )
    document = answer.json()
    if not isinstance(document, dict):
        raise MachshError("the engine's answer is not an engine's", hint="is another program on that port?")
    return document


def _facts(version: dict[str, Any], info: dict[str, Any]) -> EngineFacts:
    if not text(version, "Version"):
        raise MachshError("the engine's answer names no version", hint="is another program on that port?")
    system = text(info, "OperatingSystem")
    is_podman = any(
        isinstance(one, dict) and one.get("Name") == PODMAN for one in items(version, "Components")
    )
    return EngineFacts(
        version=text(version, "Version"),
        api_version=text(version, "ApiVersion"),
        system=system,
        architecture=text(info, "Architecture") or text(version, "Arch"),
        host_name=text(info, "Name"),
        containers=number(info, "Containers"),
        running=number(info, "ContainersRunning"),
        is_rootless=ROOTLESS in items(info, "SecurityOptions"),
        is_podman=is_podman,
        is_desktop=system == DESKTOP,
        live_restores=info.get("LiveRestoreEnabled") is True,
        identity="" if is_podman else _identity(text(info, "ID")),  # Podman's is a new one in each answer
    )


def _identity(text: str) -> str:
    return text if WORD.accepts(text) else ""
