"""openSUSE and SUSE Linux Enterprise."""

from __future__ import annotations

from collections.abc import Mapping

from machsh.provision.install import Source
from machsh.provision.os_release import identity
from machsh.provision.packages import ZYPPER
from machsh.provision.provisioner import EngineSpec, Facts, Step
from machsh.provision.standard import Standard


class Suse(Standard):
    """All variants of openSUSE and SUSE Linux Enterprise, and systems with one of them in ID_LIKE."""

    name = "SUSE"
    ids = (
        "opensuse",
        "opensuse-leap",
        "opensuse-tumbleweed",
        "opensuse-microos",
        "sles",
        "sled",
        "sle-micro",
        "suse",
    )

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Use the distribution's package; in SLES and SLED it is in a module to enable first."""
        if identity(os_release) not in ("sles", "sled"):
            return Source(ZYPPER, ("docker",))
        module = f"sle-module-containers/{os_release.get('VERSION_ID', '15')}/{facts.get('arch', 'x86_64')}"
        step = Step(
            "enable the containers module (the host must be registered with SUSE)",
            commands=(("SUSEConnect", "-p", module),),
            seconds=300.0,
        )
        return Source(ZYPPER, ("docker",), (step,))
