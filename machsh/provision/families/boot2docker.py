"""boot2docker and images derived from it."""

from __future__ import annotations

from collections.abc import Mapping

from machsh.provision import init_systems
from machsh.provision.engine_config.options_file import shell_variable
from machsh.provision.families.appliance import Appliance, appliance_facts, engine_flags
from machsh.provision.os_release import EXACT, identity
from machsh.provision.provisioner import EngineSpec, Facts, Plan, Step

HOSTNAME = "/var/lib/boot2docker/etc/hostname"
PROFILE = "/var/lib/boot2docker/profile"


class Boot2Docker(Appliance):
    """boot2docker, systems whose ID begins with that name, and systems with it in ID_LIKE."""

    name = "boot2docker"
    ids = ("boot2docker",)
    folder = "/var/lib/boot2docker"
    options_file = PROFILE
    service = init_systems.INIT_SCRIPT
    facts = appliance_facts("/var/lib/boot2docker", PROFILE, HOSTNAME)

    def matches(self, os_release: Mapping[str, str]) -> int:
        """Match ID and ID_LIKE; derivatives keep the name as a prefix of their ID."""
        known = super().matches(os_release)
        return known or (EXACT - 1 if identity(os_release).startswith("boot2docker") else 0)

    def name_steps(self, facts: Facts, name: str) -> list[Step]:
        """Set the name now, and in the file that the image reads at boot."""
        steps = []
        if facts.get("hostname") != name:
            steps.append(Step(f"set the host name to {name}", commands=(("/usr/bin/sethostname", name),)))
        if facts.get(f"file:{HOSTNAME}") != name:
            steps.append(Step("keep the host name", file=HOSTNAME, content=f"{name}\n"))
        return steps

    def options(self, spec: EngineSpec) -> list[str]:
        """Return the variables of the profile."""
        lines = [shell_variable("EXTRA_ARGS", " ".join(engine_flags(spec)))]
        if spec.storage_driver:
            lines.append(shell_variable("DOCKER_STORAGE", spec.storage_driver))
        if spec.server_pem:
            lines += [
                shell_variable("CACERT", f"{self.folder}/ca.pem"),
                shell_variable("DOCKER_HOST", f"-H tcp://0.0.0.0:{spec.engine_port}"),
                shell_variable("DOCKER_TLS", "auto"),
                shell_variable("SERVERKEY", f"{self.folder}/server-key.pem"),
                shell_variable("SERVERCERT", f"{self.folder}/server.pem"),
            ]
        return lines

    def upgrade(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Plan a new boot image, which contains the engine; the driver replaces it."""
        return Plan(image=self.name)
