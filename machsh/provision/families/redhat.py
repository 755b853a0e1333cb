"""Red Hat Enterprise Linux, CentOS, Rocky, Alma, Oracle, Fedora, Amazon Linux."""

from __future__ import annotations

from collections.abc import Mapping

from machsh.provision.install import Source
from machsh.provision.os_release import identity, version
from machsh.provision.packages import DNF, YUM, PackageManager
from machsh.provision.provisioner import EngineSpec, Facts, Step
from machsh.provision.standard import Standard

CE_PACKAGES = ("docker-ce", "docker-ce-cli", "containerd.io")
REPOSITORY = "/etc/yum.repos.d/docker-ce.repo"
FIRST_DNF = 8
FIRST_DNF_AMAZON = 2022


def manager(os_release: Mapping[str, str]) -> PackageManager:
    """Return dnf, or yum for versions without it."""
    number = version(os_release)
    first = FIRST_DNF_AMAZON if identity(os_release) == "amzn" else FIRST_DNF
    return YUM if number and number[0] < first else DNF


def repository(system: str) -> Step:
    """Return the step that adds Docker's repository, for systems without an engine package."""
    url = f"https://download.docker.com/linux/{system}/docker-ce.repo"
    command = ("curl", "-fsSL", "-o", REPOSITORY, url)
    return Step("add Docker's package repository", commands=(command,), seconds=60.0)


class CentOS(Standard):
    """CentOS, and systems with it in ID_LIKE."""

    name = "centos"
    ids = ("centos",)
    repository = "centos"

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Use Docker's packages."""
        return Source(manager(os_release), CE_PACKAGES, (repository(self.repository),))


class RedHat(CentOS):
    """Red Hat Enterprise Linux, and systems with `rhel` in ID_LIKE."""

    name = "redhat"
    ids = ("rhel",)
    repository = "rhel"


class Rocky(CentOS):
    """Rocky Linux."""

    name = "rocky"
    ids = ("rocky",)


class Alma(CentOS):
    """AlmaLinux."""

    name = "almalinux"
    ids = ("almalinux",)


class Oracle(CentOS):
    """Oracle Linux."""

    name = "ol"
    ids = ("ol",)


class Fedora(Standard):
    """Fedora, and systems with it in ID_LIKE."""

    name = "fedora"
    ids = ("fedora",)

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Use the distribution's package."""
        return Source(DNF, ("moby-engine",))


class Amazon(Standard):
    """Amazon Linux 2 and later."""

    name = "amazon"
    ids = ("amzn",)

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Use the distribution's package; on Amazon Linux 2 it is an extra to enable first."""
        extras = Step("enable the docker extra", commands=(("amazon-linux-extras", "enable", "docker"),))
        has_extras = "amazon-linux-extras" in facts.get("tools", "").split()
        return Source(manager(os_release), ("docker",), (extras,) if has_extras else ())
