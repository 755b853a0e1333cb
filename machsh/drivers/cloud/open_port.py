"""A port that a machine's firewall opens to everybody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from machsh.errors import UsageError

_PORT = re.compile(r"(\d{1,5})(?:/(tcp|udp))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class OpenPort:
    """A port and its protocol, `tcp` or `udp`; as a text `80/tcp`."""

    port: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.port}/{self.protocol}"

    @classmethod
    def parse(cls, text: str, option: str) -> OpenPort:
        """Read `80` or `53/udp`. Raises UsageError that names the `option`."""
        match = _PORT.fullmatch(text)
        if not match or not 0 < int(match[1]) < 65536:
            raise UsageError(f"--{option} {text} is not a port", hint="write 80 or 53/udp")
        return cls(int(match[1]), match[2] or "tcp")

    @classmethod
    def parse_all(cls, texts: Iterable[str] | None, option: str) -> list[OpenPort]:
        """Read the ports of an option or a record. Raises UsageError that names the `option`."""
        return [cls.parse(text, option) for text in texts or []]
