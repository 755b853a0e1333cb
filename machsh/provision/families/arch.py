"""Arch Linux and its derivatives."""

from __future__ import annotations

from collections.abc import Mapping

from machsh.provision.install import Source
from machsh.provision.packages import PACMAN
from machsh.provision.provisioner import EngineSpec, Facts
from machsh.provision.standard import Standard


class Arch(Standard):
    """Arch, and systems with it in ID_LIKE."""

    name = "arch"
    ids = ("arch", "archarm")

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Use the distribution's package, which is always the newest."""
        return Source(PACMAN, ("docker",))
