"""Whether a record is one that the quick answers may read: right types, and texts without surprises.

It repeats the types of `machsh.machine.record`, whose classes take longer to load than a quick command takes;
a test holds the two together. A record that is good in another way is read by the ordinary way.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

INTEGERS = {
    "ConfigVersion",
    "Disk",
    "EnginePort",
    "Heartbeat",
    "Memory",
    "SSHPort",
    "ValidDays",
    "WaitSeconds",
}
FLAGS = {
    *("Agent", "Ipv6", "IsExperimental", "IsSwarm", "Master", "Protected", "SelinuxEnabled", "SwarmMaster"),
    *("SSHAgent", "SSHConfig", "TlsVerify"),
}
NUMBERS = {"Overcommit"}
LISTS = {
    *("ArbitraryFlags", "ArbitraryJoinFlags", "Dns", "Env", "InsecureRegistry", "Labels", "RegistryMirror"),
    "ServerCertSANs",
}
SECTIONS = {
    "": {"Driver", "HostOptions", "Machsh"},
    "HostOptions": {"AuthOptions", "EngineOptions", "SwarmOptions"},
}
ADDRESSES = {"IPAddress", "ServerCertSANs"}
WORDS = {
    *("DriverName", "EngineVersion", "Install", "KeyKind", "LogLevel", "MachineName", "Phase", "SSHUser"),
    "StorageDriver",
}
"""Names and words; all other texts may be any line that is no option."""
UNBROKEN = {"Base", "Container", "Cpus", "Engine", "Image", "Network", "Owner", "Privileges"}
"""Texts without blanks."""
TEXTS = {"docker": {"Disk", "Memory"}}
"""What a driver keeps as the user wrote it, although the machine's own key of that name is a number."""
WRITTEN = {
    "": ("ConfigVersion", "Driver", "DriverName", "HostOptions", "Name"),
    "HostOptions": ("Driver", "Memory", "Disk", "EngineOptions", "SwarmOptions", "AuthOptions"),
    "EngineOptions": (
        *("ArbitraryFlags", "Dns", "GraphDir", "Env", "Ipv6", "InsecureRegistry", "Labels", "LogLevel"),
        *("StorageDriver", "SelinuxEnabled", "TlsVerify", "RegistryMirror", "InstallURL"),
    ),
    "SwarmOptions": (
        *("IsSwarm", "Address", "Discovery", "Agent", "Master", "Host", "Image", "Strategy", "Heartbeat"),
        *("Overcommit", "ArbitraryFlags", "ArbitraryJoinFlags", "Env", "IsExperimental"),
    ),
    "AuthOptions": (
        *("CertDir", "CaCertPath", "CaPrivateKeyPath", "CaCertRemotePath", "ServerCertPath", "ServerKeyPath"),
        *("ClientKeyPath", "ServerCertRemotePath", "ServerKeyRemotePath", "ClientCertPath", "ServerCertSANs"),
        "StorePath",
    ),
}
"""The keys of each section in their order; unknown ones come after them."""
_ADDRESS = re.compile(r"[\w:\[][\w.:\[\]-]*")
_WORD = re.compile(r"\w[\w.-]*")
_MOST_DIGITS = 1 << 31


def check(record: Any) -> None:
    """Raise ValueError unless every value surely is what its key stands for."""
    _check_section("", record)
    if {"Driver", "HostOptions", "ConfigVersion"} - record.keys():
        raise ValueError("incomplete")


def is_as_written(record: dict[str, Any]) -> bool:
    """Whether a good record has every key in its place: loaded and written again, it would be the same."""
    if "Machsh" in record:
        return False
    host = record["HostOptions"]
    sections = {
        "": record,
        "HostOptions": host,
        **{name: host.get(name, {}) for name in SECTIONS["HostOptions"]},
    }
    return all(tuple(sections[name])[: len(keys)] == keys for name, keys in WRITTEN.items())


def _check_section(name: str, section: Any, texts: Collection[str] = ()) -> None:
    if type(section) is not dict:
        raise ValueError(name)
    for key, value in section.items():
        if key in SECTIONS.get(name, ()):
            _check_section(key, value, TEXTS.get(section["DriverName"], ()) if key == "Driver" else ())
        elif not (_is_text(key, value) and " " not in value if key in texts else _is_plain(key, value)):
            raise ValueError(key)


def _is_plain(key: str, value: Any) -> bool:
    if key in INTEGERS:
        return type(value) is int and 0 <= value < (65536 if key.endswith("Port") else 1_000_000)
    if key in FLAGS:
        return type(value) is bool
    if key in NUMBERS:
        return type(value) in (int, float) and abs(value) < _MOST_DIGITS
    if key in LISTS:
        return value is None or (type(value) is list and all(_is_text(key, one) for one in value))
    return _is_text(key, value)


def _is_text(key: str, value: Any) -> bool:
    if type(value) is not str or len(value) > 4096 or not value.isprintable() or value.startswith("-"):
        return False
    if key in UNBROKEN:
        return " " not in value
    pattern = _ADDRESS if key in ADDRESSES else _WORD if key in WORDS else None
    return not value or pattern is None or bool(pattern.fullmatch(value))
