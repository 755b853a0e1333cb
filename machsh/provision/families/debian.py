"""Debian, Ubuntu, Raspbian and what descends from them."""

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

# The package only recommends AppArmor's parser and the certificates, yet nothing runs or pulls without them.
PACKAGES = ("docker.io", "ca-certificates", "apparmor")
FIRST_WITH_CLI_APART = (13,)
"""The Debian whose docker.io no longer holds the docker CLI."""
FIRST_SYSTEMD = (15, 4)


class Debian(Standard):
    """Debian, and what names it in ID_LIKE."""

    name = "debian"
    ids = ("debian",)

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """The distribution's own package, and that of the docker CLI where it is another."""
        return Source(APT, (*PACKAGES, "docker-cli") if has_cli_apart(os_release) else PACKAGES)


class Raspbian(Debian):
    """Debian on a Raspberry Pi."""

    name = "raspbian"
    ids = ("raspbian",)


class Ubuntu(Debian):
    """Ubuntu since 15.04, and what names it in ID_LIKE."""

    name = "ubuntu(systemd)"
    ids = ("ubuntu",)

    def matches(self, os_release: Mapping[str, str]) -> int:
        """As its ID says; Ubuntu itself only since it has systemd."""
        return 0 if is_upstart(os_release) else super().matches(os_release)


class UbuntuUpstart(Scripted):
    """Ubuntu before 15.04."""

    name = "ubuntu(upstart)"
    ids = ("ubuntu",)
    service = init_systems.UPSTART
    options_file: ClassVar[str] = "/etc/default/docker"

    def matches(self, os_release: Mapping[str, str]) -> int:
        """As its ID says, for the versions that have upstart."""
        return super().matches(os_release) if is_upstart(os_release) else 0

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """The distribution's own package; its apt knows no option for downgrades."""
        return Source(replace(APT, downgrades=()), PACKAGES)


def has_cli_apart(os_release: Mapping[str, str]) -> bool:
    """Whether this is Debian or Raspbian since 13, or their next release, which has no number yet.

    Systems that only name Debian in ID_LIKE count their releases differently.
    """
    return identity(os_release) in ("debian", "raspbian") and (
        "VERSION_ID" not in os_release or version(os_release) >= FIRST_WITH_CLI_APART
    )


def is_upstart(os_release: Mapping[str, str]) -> bool:
    """Whether this is an Ubuntu that starts its services with upstart."""
    number = version(os_release)
    return identity(os_release) == "ubuntu" and bool(number) and number < FIRST_SYSTEMD
