"""A port that a machine's firewall lets everybody reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from machsh.errors import UsageError


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
        number, _, protocol = text.partition("/")
        if not (number.isascii() and number.isdigit() and 0 < int(number) < 65536):
            raise UsageError(f"--{option} {text} is not a port", hint="write 80 or 53/udp")
        if protocol not in ("", "tcp", "udp"):
            raise UsageError(f"--{option} {text}: {protocol} is not known", hint="write tcp or udp")
        return cls(int(number), protocol or "tcp")

    @classmethod
    def parse_all(cls, texts: Iterable[str] | None, option: str) -> list[OpenPort]:
        """Read the ports of an option or a record. Raises UsageError that names the `option`."""
        return [cls.parse(text, option) for text in texts or []]
