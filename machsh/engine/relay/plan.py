"""What a relay is told at its start, as JSON on its standard input."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from machsh.engine.endpoint import Endpoint
from machsh.ssh.target import Target

DOCKER_SOCKET = "/var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class RelayPlan:
    """Where the relay listens, and the engine behind it."""

    name: str
    """The machine, for error texts."""
    url: str
    folder: str
    """The private folder of the socket, removed at the end."""
    listener: int
    """File descriptor of the listening socket, inherited."""
    certificates: str = ""
    target: dict[str, str | int | bool | None] | None = None
    """The ssh target of an engine behind ssh."""
    secret: str = dataclasses.field(default="", repr=False)
    """The passphrase of the target's key, when the user gave one."""
    docker_socket: str = DOCKER_SOCKET
    spares: int = 3

    @property
    def endpoint(self) -> Endpoint:
        """The engine's real endpoint."""
        return Endpoint(self.url, Path(self.certificates) if self.certificates else None)

    @property
    def ssh_target(self) -> Target | None:
        """The ssh target, when the engine is behind ssh."""
        if self.target is None:
            return None
        values = dict(self.target)
        for name in ("key_path", "known_hosts"):
            values[name] = Path(str(values[name])) if values.get(name) else None  # type: ignore[assignment]
        return Target(**values)  # type: ignore[arg-type]

    def to_json(self) -> bytes:
        """One line."""
        return json.dumps(dataclasses.asdict(self), default=str).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> RelayPlan:
        """Read what `to_json` wrote."""
        return cls(**json.loads(line))


def target_values(target: Target) -> dict[str, str | int | bool | None]:
    """A target as JSON can hold it."""
    values = dataclasses.asdict(target)
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
