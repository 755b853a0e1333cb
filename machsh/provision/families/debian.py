"""Debian, Ubuntu, Raspbian and their derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from machsh.provision import init_systems
from machsh.provision.families.scripted import Scripted
from machsh.provision.install import Source
from machsh.provision.os_release import identity, version
from machsh.provision.packages import APT
from machsh.provision.provisioner import EngineSpec, Facts
from machsh.provision.standard import Standard

# docker.io only recommends AppArmor's parser and the CA certificates, but containers and pulls need them.
PACKAGES = ("docker.io", "ca-certificates", "apparmor")
FIRST_WITH_CLI_APART = (13,)
"""The first Debian whose docker.io package does not contain the docker CLI."""
FIRST_SYSTEMD = (15, 4)


class Debian(Standard):
    """Debian, and systems with it in ID_LIKE."""

    name = "debian"
    ids = ("debian",)

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Use the distribution's package, and that of the docker CLI if it is separate."""
        return Source(APT, (*PACKAGES, "docker-cli") if has_cli_apart(os_release) else PACKAGES)


class Raspbian(Debian):
    """Debian on a Raspberry Pi."""

    name = "raspbian"
    ids = ("raspbian",)


class Ubuntu(Debian):
    """Ubuntu since 15.04, and systems with it in ID_LIKE."""

    name = "ubuntu(systemd)"
    ids = ("ubuntu",)

    def matches(self, os_release: Mapping[str, str]) -> int:
        """Match ID and ID_LIKE, except Ubuntu versions with upstart."""
        return 0 if is_upstart(os_release) else super().matches(os_release)


class UbuntuUpstart(Scripted):
    """Ubuntu before 15.04."""

    name = "ubuntu(upstart)"
    ids = ("ubuntu",)
    service = init_systems.UPSTART
    options_file: ClassVar[str] = "/etc/default/docker"

    def matches(self, os_release: Mapping[str, str]) -> int:
        """Match Ubuntu versions with upstart."""
        return super().matches(os_release) if is_upstart(os_release) else 0

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Use the distribution's package; this apt has no option for downgrades."""
        return Source(replace(APT, downgrades=()), PACKAGES)


def has_cli_apart(os_release: Mapping[str, str]) -> bool:
    """Whether this is Debian or Raspbian 13 or later, or their unreleased version, which has no VERSION_ID.

    Derivatives are excluded, as they number their releases differently.
    """
    return identity(os_release) in ("debian", "raspbian") and (
        "VERSION_ID" not in os_release or version(os_release) >= FIRST_WITH_CLI_APART
    )


def is_upstart(os_release: Mapping[str, str]) -> bool:
    """Whether this is an Ubuntu that starts its services with upstart."""
    number = version(os_release)
    return identity(os_release) == "ubuntu" and bool(number) and number < FIRST_SYSTEMD
