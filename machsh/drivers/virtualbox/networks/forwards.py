"""NAT forwards: ports of this computer's loopback address that lead to the guest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from machsh.drivers.guest.loopback_ports import LOOPBACK
from machsh.drivers.virtualbox.record import VirtualBoxRecord
from machsh.engine.address import ENGINE_PORT
from machsh.ssh.host_keys import SSH_PORT

SSH, ENGINE = "ssh", "docker"
"""The names of the rules; docker-machine's is `ssh`."""


@dataclass(frozen=True, slots=True)
class ForwardRule:
    """A rule of the first adapter, which is always NAT's."""

    name: str
    host_port: int
    guest_port: int

    def __str__(self) -> str:
        return f"{self.name},tcp,{LOOPBACK},{self.host_port},,{self.guest_port}"

    @property
    def is_ssh(self) -> bool:
        """Whether it leads to the guest's sshd; the other one leads to its engine."""
        return self.name == SSH

    @property
    def words(self) -> tuple[str, str]:
        """The words of `modifyvm` that add the rule."""
        return "--natpf1", str(self)


def rules(record: VirtualBoxRecord, *, with_engine: bool) -> list[ForwardRule]:
    """Return the rules that the machine needs; a port that is 0 is still to be chosen.

    `with_engine` is false for an engine that is reached over ssh.
    """
    needed = [ForwardRule(SSH, record.ssh_port, SSH_PORT)]
    if record.is_nat_only and with_engine:
        needed.append(ForwardRule(ENGINE, record.engine_port, ENGINE_PORT))
    return needed


def present_rules(values: Mapping[str, str]) -> Iterator[ForwardRule]:
    """Yield the TCP rules on loopback among the values of `showvminfo`."""
    for key, value in values.items():
        parts = value.split(",") if key.startswith("Forwarding(") else []
        if len(parts) == 6 and parts[1:3] == ["tcp", LOOPBACK] and parts[3].isdigit() and parts[5].isdigit():
            yield ForwardRule(parts[0], int(parts[3]), int(parts[5]))
