"""Ports of this computer that are forwarded to the guest. All of them listen on the loopback address only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from machsh.drivers.guest.loopback_ports import is_free
from machsh.errors import MachshError, UsageError


@dataclass(frozen=True, slots=True)
class Forward:
    """One forwarded port."""

    host_port: int
    guest_port: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.host_port}:{self.guest_port}/{self.protocol}"


def parse(text: str) -> Forward:
    """Read `PORT`, `HOSTPORT:GUESTPORT`, each with `/tcp` or `/udp` behind it. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,5})(?::(\d{1,5}))?(?:/(tcp|udp))?", text, re.ASCII)
    if found:
        host, guest = int(found[1]), int(found[2] or found[1])
        if 0 < host < 65536 and 0 < guest < 65536:
            return Forward(host, guest, found[3] or "tcp")
    raise UsageError(
        f"--qemu-open-port {text} is not a port",
        hint="write PORT or HOSTPORT:GUESTPORT, as in 8080:80 or 5353:53/udp",
    )


def check_distinct(forwards: Iterable[Forward]) -> None:
    """Raise UsageError if two of them listen on one port."""
    seen = set()
    for forward in forwards:
        if (forward.host_port, forward.protocol) in seen:
            raise UsageError(f"--qemu-open-port: port {forward.host_port} is forwarded twice")
        seen.add((forward.host_port, forward.protocol))


def check_free(forwards: Iterable[Forward]) -> None:
    """Raise MachshError for a port that another program listens on, or that the user may not take."""
    for forward in forwards:
        if not is_free(forward.host_port, forward.protocol):
            raise MachshError(
                f"port {forward.host_port} ({forward.protocol}) of this computer cannot be forwarded: "
                "it is taken",
                hint="end the program that listens there, or choose another port (below 1024 only root may)",
            )
