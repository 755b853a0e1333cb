"""The provisioner `mageia`: installs an engine with urpmi."""

from collections.abc import Mapping

from machsh.api import EngineSpec, Facts, PackageManager, Source, Standard

URPMI = PackageManager(
    name="urpmi",
    refreshes=(("urpmi.update", "-a"),),
    installs=("urpmi", "--auto"),
    upgrades=("urpmi", "--auto"),
    busy="database locked",
)


class Mageia(Standard):
    """Mageia, and what names it in ID_LIKE."""

    name = "mageia"
    ids = ("mageia",)

    def source(self, os_release: Mapping[str, str], facts: Facts, spec: EngineSpec) -> Source:
        """Where the engine comes from: these packages; an empty Source leaves it to the install script."""
        return Source(URPMI, ("docker",))


PROVISIONERS = [Mageia]
