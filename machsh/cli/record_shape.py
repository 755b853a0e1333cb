"""Checks whether a record is simple enough for the fast path: expected types and harmless texts.

It repeats the types of `machsh.machine.records.record`, whose classes take longer to load than a fast
command; a test keeps the two in step. A record that fails here may still be valid: the normal path decides.
"""

from __future__ import annotations

import re

from machsh.drivers.capabilities import own_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

INTEGERS = {
    *("BootSeconds", "ConfigVersion", "CPU", "Disk", "DiskSize", "EnginePort", "Heartbeat", "Memory"),
    *("SSHPort", "ValidDays", "WaitSeconds"),
}
FLAGS = {
    *("Adopted", "Agent", "Ipv6", "IsExperimental", "IsSwarm", "Master", "Protected", "SelinuxEnabled"),
    "SwarmMaster",
    *("DNSProxy", "HostDNSResolver", "HostOnlyNoDHCP", "NoShare", "NoVTXCheck"),
    *("SSHAgent", "SSHConfig", "TlsVerify"),
}
NUMBERS = {"Overcommit"}
LISTS = {
    *("ArbitraryFlags", "ArbitraryJoinFlags", "Dns", "Env", "InsecureRegistry", "Labels", "RegistryMirror"),
    *("OpenPorts", "ServerCertSANs", "Shares"),
}
OBJECTS = {"HostInterfaces", "VBoxManager"}
"""Keys whose objects are always empty."""
SECTIONS = {
    "": {"Driver", "HostOptions", "Machsh"},
    "HostOptions": {"AuthOptions", "EngineOptions", "SwarmOptions"},
}
ADDRESSES = {"IPAddress", "ServerCertSANs"}
MAC_ADDRESSES = {"MACAddress"}
ARCHITECTURES = {"Arch"}
WORDS = {
    *("Bridge", "Cluster", "Container", "DriverName", "Endpoint", "EngineVersion", "Fleet"),
    *("FormerName", "Install"),
    *("KeyKind", "LogLevel", "MachineName", "NewName", "NodeId", "Phase", "SSHUser", "StorageDriver"),
    "TrustedAuthorities",
}
"""Keys whose texts are names or words; other texts may be any line that does not begin with a dash."""
UNBROKEN = {
    *("Accelerator", "Base", "Cpus", "Engine", "EngineId", "Image", "ImageSHA256", "Interface", "Network"),
    *("OpenPorts", "Owner", "Privileges", "VMID"),
}
"""Keys whose texts have no blanks."""
TEXTS = {"docker": {"Disk", "Memory"}}
"""Driver -> keys that it keeps as the user wrote them, although they are numbers elsewhere in a record."""
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
"""Section -> its keys in the order in which they are written; unknown keys follow."""
_PATTERNS = (
    (ADDRESSES, re.compile(r"[\w:\[][\w.:\[\]-]*")),
    (MAC_ADDRESSES, re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")),
    (ARCHITECTURES, re.compile(r"x86_64|aarch64")),
    (WORDS, re.compile(r"\w[\w.-]*")),
)
_MOST_DIGITS = 1 << 31


def check(record: Any) -> None:
    """Raise ValueError unless every value certainly has the type and form that its key requires."""
    _check_section("", record)
    if {"Driver", "HostOptions", "ConfigVersion"} - record.keys():
        raise ValueError("incomplete")


def is_as_written(record: dict[str, Any]) -> bool:
    """Whether a checked record has all keys in order, so that loading and writing it would change nothing."""
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
            driver = own_name(str(section.get("DriverName"))) if key == "Driver" else ""
            _check_section(key, value, TEXTS.get(driver, ()))
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
    if key in OBJECTS:
        return type(value) is dict and not value
    return _is_text(key, value)


def _is_text(key: str, value: Any) -> bool:
    if type(value) is not str or len(value) > 4096 or not value.isprintable() or value.startswith("-"):
        return False
    if key in UNBROKEN:
        return " " not in value
    return not value or all(pattern.fullmatch(value) for keys, pattern in _PATTERNS if key in keys)
