"""The configuration of a relay process, sent as a line of JSON to its standard input."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from machsh.engine.endpoint import Endpoint
from machsh.ssh.target import Target


@dataclass(frozen=True, slots=True)
class RelayPlan:
    """Where the relay listens, and how it reaches the engine."""

    name: str
    """The machine's name, for error messages."""
    url: str
    """The engine's URL; see `Endpoint.url`."""
    folder: str
    """The socket's private folder, which the relay removes when it exits."""
    listener: int
    """The inherited file descriptor of the listening socket."""
    certificates: str = ""
    """The folder of the TLS client files; "" without TLS."""
    target: dict[str, str | int | bool | None] | None = None
    """The fields of the ssh target; None if the engine is not reached over ssh."""
    secret: str = dataclasses.field(default="", repr=False)
    """The passphrase of the target's key; "" if there is none."""
    spares: int = 3
    """How many idle connections to keep."""

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of the engine itself."""
        return Endpoint(self.url, Path(self.certificates) if self.certificates else None)

    @property
    def docker_socket(self) -> str:
        """The engine's socket on the ssh host."""
        return self.endpoint.remote_socket

    @property
    def ssh_target(self) -> Target | None:
        """The ssh target; None if the engine is not reached over ssh."""
        if self.target is None:
            return None
        values = dict(self.target)
        for name in ("key_path", "known_hosts"):
            values[name] = Path(str(values[name])) if values.get(name) else None  # type: ignore[assignment]
        return Target(**values)  # type: ignore[arg-type]

    def to_json(self) -> bytes:
        """Return the plan as one line of JSON, with a line feed."""
        return json.dumps(dataclasses.asdict(self), default=str).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> RelayPlan:
        """Parse the output of `to_json`."""
        return cls(**json.loads(line))


def target_values(target: Target) -> dict[str, str | int | bool | None]:
    """Return a target's fields as values that JSON can hold."""
    values = dataclasses.asdict(target)
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
