"""Alpine Linux, with OpenRC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from machsh.provision import init_systems
from machsh.provision.families.scripted import Scripted
from machsh.provision.install import Source
from machsh.provision.packages import APK
from machsh.provision.provisioner import EngineSpec, Facts, Step

# The package is in the community repository, which is commented out on a fresh system.
_COMMUNITY = "sed -i 's,^#[ ]*\\(.*/community\\)[ ]*$,\\1,' /etc/apk/repositories"


class Alpine(Scripted):
    """Alpine, and systems with it in ID_LIKE."""

    name = "alpine"
    ids = ("alpine",)
    service = init_systems.OPENRC
    options_file: ClassVar[str] = "/etc/conf.d/docker"

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Use the distribution's package, after enabling the community repository."""
        step = Step("enable the community repository", commands=(("sh", "-c", _COMMUNITY),))
        return Source(APK, ("docker",), (step,))
