"""CoreOS Container Linux and Flatcar: the engine is part of the system."""

from __future__ import annotations

from machsh.provision.provisioner import EngineSpec, Facts, Plan
from machsh.provision.standard import Standard


class CoreOS(Standard):
    """CoreOS Container Linux."""

    name = "coreOS"
    ids = ("coreos",)

    def upgrade(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Plan no steps: a new engine comes with the next system image."""
        return Plan(
            notes=("the engine is part of the system and is upgraded with it (update_engine_client -update)",)
        )


class Flatcar(CoreOS):
    """Flatcar Container Linux, CoreOS's successor."""

    name = "flatcar"
    ids = ("flatcar",)
