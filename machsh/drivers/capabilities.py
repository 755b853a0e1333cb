"""The capabilities of drivers, as data. Code tests for a capability, never for a driver's name.

This module imports nothing from machsh, so that commands which must start fast can use it.
"""

from __future__ import annotations

from enum import Enum


class Capability(Enum):
    """A property of all machines of a driver."""

    SSH = "ssh"
    """Hosts are reached over ssh; `ssh_target` returns how."""
    PROVISIONS = "provisions"
    """`create` installs and configures an engine after making the host; requires SSH."""
    FIXED_ADDRESS = "fixed address"
    """The user specified the address, which is the record's `IPAddress`; it never changes."""
    STORED_URL = "stored url"
    """The user specified the engine's URL, which is the record's `URL`."""
    REPLACES_IMAGE = "replaces image"
    """The engine is part of a boot image, which `replace_image` replaces."""
    SNAPSHOTS = "snapshots"
    """Disks, and the memory of running hosts, can be saved and restored; see `Driver.snapshots`."""
    CONSOLE = "console"
    """Hosts have a serial console whose log can be read without ssh; see `Driver.console_log`."""
    HOST_FILES = "host files"
    """A host is a set of files of the store, which can be copied while it is off; see `Driver.host_files`."""
    RENAMES = "renames"
    """A machine can get another name; see `Driver.rename_host`."""
    RESIZES = "resizes"
    """The number of CPUs and the memory of a host can be changed; see `Driver.resize`."""
    IN_FOLDER = "in folder"
    """The hosts' disks lie in the machines' folders of the store: no host outlives its folder."""
    NO_PORT = "no port"
    """Hosts open no port for the engine, which is reached over ssh only."""
    PROGRAM = "program"
    """Calls are made by another program, which is started for them: only a few are asked at a time."""


Capabilities = frozenset[Capability]

PROMISED_METHODS: dict[Capability, tuple[str, ...]] = {
    Capability.REPLACES_IMAGE: ("replace_image",),
    Capability.SNAPSHOTS: ("snapshots", "save_snapshot", "restore_snapshot", "delete_snapshot"),
    Capability.CONSOLE: ("console_log",),
    Capability.HOST_FILES: ("host_files",),
    Capability.RENAMES: ("rename_host",),
    Capability.RESIZES: ("size", "check_size", "resize"),
}
"""Capability -> the methods of `Driver` that a driver must implement if it declares it, and only then."""

DEFAULT_CAPABILITIES: Capabilities = frozenset({Capability.SSH, Capability.PROVISIONS})
"""The capabilities of a driver that declares none."""

BUILT_IN: dict[str, Capabilities] = {
    "docker": DEFAULT_CAPABILITIES | {Capability.RENAMES, Capability.RESIZES},
    "generic": DEFAULT_CAPABILITIES | {Capability.FIXED_ADDRESS, Capability.RENAMES},
    "qemu": DEFAULT_CAPABILITIES
    | {Capability.SNAPSHOTS, Capability.CONSOLE, Capability.HOST_FILES, Capability.IN_FOLDER}
    | {Capability.RENAMES, Capability.RESIZES},
    "virtualbox": DEFAULT_CAPABILITIES
    | {Capability.REPLACES_IMAGE, Capability.SNAPSHOTS, Capability.CONSOLE}
    | {Capability.IN_FOLDER, Capability.RENAMES, Capability.RESIZES},
    "none": frozenset({Capability.FIXED_ADDRESS, Capability.STORED_URL, Capability.RENAMES}),
}
"""Name of a built-in driver -> its capabilities, to which the driver's class refers."""


OWN_PREFIX = "machsh-"
"""Before the name of a driver of ours, where docker-machine has one of the same name or wants another one."""


def own_name(driver_name: str) -> str:
    """Return our name of a driver: `docker` for `machsh-docker`, as which docker-machine stores it."""
    short = driver_name.removeprefix(OWN_PREFIX)
    return short if short in BUILT_IN else driver_name


def known(driver_name: str) -> Capabilities:
    """Return a driver's capabilities without importing it: an empty set unless it is built in."""
    return BUILT_IN.get(own_name(driver_name), frozenset())
