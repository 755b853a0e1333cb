"""Reads what VBoxManage prints: its three kinds of lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from machsh.drivers.virtualbox.hypervisors.hypervisor import VmInfo, state_of

_COLON = re.compile(r"([^:]+):[ \t]*(.*)")
_MACHINE = re.compile(r'"?([^"=]+)"?=(?:"(.*)"|(.*))')
_LONG_NAME = re.compile(r"Name:[ \t]+(.*)")
_LONG_STATE = re.compile(r"State:[ \t]+([a-z -]+?)(?: \(since (.*)\))?")
_LONG_UUID = re.compile(r"UUID:[ \t]+([0-9a-f-]{36})")


def without_warnings(text: str) -> str:
    """Return the output without the block that comes first when VirtualBox's kernel module is missing.

    It is on standard output: a line that begins with `WARNING:`, and the indented or empty lines after it.
    """
    lines = text.splitlines(keepends=True)
    first = 0
    while first < len(lines) and lines[first].startswith("WARNING:"):
        first += 1
        while first < len(lines) and (not lines[first].strip() or lines[first].startswith(("\t", " "))):
            first += 1
    return "".join(lines[first:])


def colon_lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of `KEY:   VALUE` lines, the indented ones left out."""
    for line in text.splitlines():
        found = _COLON.fullmatch(line.rstrip())
        if found and not line.startswith((" ", "\t")):
            yield found[1], found[2]


def machine_values(text: str) -> dict[str, str]:
    """Return the values of `showvminfo --machinereadable` by their keys, without quotes.

    A value may hold quotes: `name="a"b"` is `a"b`. Of a key that stands there twice the first counts.
    """
    values: dict[str, str] = {}
    for line in text.splitlines():
        found = _MACHINE.fullmatch(line)
        if found:
            values.setdefault(found[1], found[2] if found[2] is not None else found[3])
    return values


def vm_info(text: str, asked: str) -> VmInfo:
    """Return what `showvminfo --machinereadable` says; `asked` is the name if it says none."""
    values = machine_values(text)
    return VmInfo(
        name=values.get("name", asked),
        uuid=values.get("UUID", ""),
        state=state_of(values.get("VMState", "")),
        changed=values.get("VMStateChangeTime", ""),
        values=values,
    )


def long_list(text: str) -> dict[str, VmInfo]:
    """Return the VMs in the answer of `list vms --long` by name.

    Shared folders have a line `Name:` too, but after the line `State:` of their VM.
    """
    found: dict[str, VmInfo] = {}
    name = uuid = ""
    for line in text.splitlines():
        if hit := _LONG_NAME.fullmatch(line):
            name, uuid = hit[1], ""
        elif (hit := _LONG_UUID.fullmatch(line)) and not uuid:
            uuid = hit[1]
        elif (hit := _LONG_STATE.fullmatch(line)) and name:
            found.setdefault(name, VmInfo(name, uuid, state_of(hit[1]), hit[2] or ""))
    return found
