"""Ports of this computer that are forwarded to the guest. All of them listen on the loopback address only."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from machsh.errors import MachshError, UsageError

LOOPBACK = "127.0.0.1"
_PROTOCOLS = ("tcp", "udp")


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
    for one in forwards:
        if (one.host_port, one.protocol) in seen:
            raise UsageError(f"--qemu-open-port: port {one.host_port} is forwarded twice")
        seen.add((one.host_port, one.protocol))


def is_free(port: int, protocol: str = "tcp") -> bool:
    """Whether a program could listen on this port of the loopback address."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with contextlib.closing(socket.socket(socket.AF_INET, kind)) as trial:
        if protocol == "tcp":
            # As QEMU does: connections that ended a moment ago are no hindrance.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def check_free(forwards: Iterable[Forward]) -> None:
    """Raise MachshError for a port that another program listens on, or that the user may not take."""
    for one in forwards:
        if not is_free(one.host_port, one.protocol):
            raise MachshError(
                f"port {one.host_port} ({one.protocol}) of this computer cannot be forwarded: it is taken",
                hint="end the program that listens there, or choose another port (below 1024 only root may)",
            )


def choose(wanted: int, avoided: Iterable[int]) -> int:
    """Return the wanted port if it is free, else another free one, none of those to avoid."""
    taken = set(avoided)
    if wanted and wanted not in taken and is_free(wanted):
        return wanted
    while True:
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as trial:
            trial.bind((LOOPBACK, 0))
            port = int(trial.getsockname()[1])
        if port not in taken:
            return port
