"""Steps that set a host's name."""

from __future__ import annotations

import re

from machsh.provision.provisioner import Facts, Step

_LOOPBACK = re.compile(r"^127\.0\.1\.1\s.*$", re.MULTILINE)


def steps(facts: Facts, name: str) -> list[Step]:
    """Return the steps that set the host name, as far as it is not set; none if `name` is empty."""
    if not name:
        return []
    found: list[Step] = []
    if facts.get("hostname", "").partition(".")[0] != name.partition(".")[0]:
        found.append(Step(f"set the host name to {name}", commands=(_command(facts, name),)))
    if facts.get("file:/etc/hostname", "").partition(".")[0] != name.partition(".")[0]:
        found.append(Step("keep the host name", file="/etc/hostname", content=f"{name}\n"))
    hosts = facts.get("file:/etc/hosts", "")
    if name not in _names(hosts):
        found.append(Step("name the host in /etc/hosts", file="/etc/hosts", content=with_name(hosts, name)))
    return found


def _command(facts: Facts, name: str) -> tuple[str, ...]:
    """Use `hostname` if the system has it, else the kernel's file."""
    if "hostname" in facts.get("tools", "").split():
        return ("hostname", name)
    return ("sh", "-c", 'printf "%s" "$1" > /proc/sys/kernel/hostname', "sh", name)


def _names(hosts: str) -> set[str]:
    return {name for line in hosts.splitlines() for name in line.partition("#")[0].split()[1:]}


def with_name(hosts: str, name: str) -> str:
    """Return the hosts file with `name` on its 127.0.1.1 line, which is added if missing."""
    line = f"127.0.1.1 {name}"
    text = hosts.rstrip("\n")
    if _LOOPBACK.search(text):
        return _LOOPBACK.sub(line, text) + "\n"
    return f"{text}\n{line}\n" if text else f"127.0.0.1 localhost\n{line}\n"
