"""RancherOS and its successor BurmillaOS."""

from __future__ import annotations

from machsh.errors import RefusedError
from machsh.provision import hostname, init_systems
from machsh.provision.engine_config.options_file import shell_variable
from machsh.provision.families.appliance import Appliance, appliance_facts, engine_flags
from machsh.provision.provisioner import EngineSpec, Facts, Plan, Step

OPTIONS = "/var/lib/rancher/conf/docker"
CLOUD_CONFIG = "/var/lib/rancher/conf/cloud-config.d/machine-hostname.yml"
STORAGE_DRIVERS = ("", "overlay", "overlay2")


class RancherOS(Appliance):
    """RancherOS, BurmillaOS, and systems with them in ID_LIKE."""

    name = "rancheros"
    ids = ("rancheros", "burmillaos", "burmilla")
    folder = "/var/lib/rancher/conf"
    options_file = OPTIONS
    service = init_systems.SYSTEM_DOCKER
    facts = appliance_facts("/var/lib/rancher/conf", OPTIONS, CLOUD_CONFIG)

    def plan(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Plan as for every appliance. Raises RefusedError for a storage driver other than overlay(2)."""
        if spec.storage_driver not in STORAGE_DRIVERS:
            raise RefusedError(
                f"Unsupported storage driver: {spec.storage_driver}",
                hint="leave --engine-storage-driver away: RancherOS has overlay2",
            )
        return super().plan(facts, spec)

    def name_steps(self, facts: Facts, name: str) -> list[Step]:
        """Set the name now, and in the cloud-config that the system reads at boot."""
        steps = [step for step in hostname.steps(facts, name) if step.file != "/etc/hostname"]
        content = f"#cloud-config\n\nhostname: {name}\n"
        if facts.get(f"file:{CLOUD_CONFIG}", "") != content.strip():
            steps.append(Step("keep the host name", file=CLOUD_CONFIG, content=content))
        return steps

    def options(self, spec: EngineSpec) -> list[str]:
        """Return the variable with the engine's flags."""
        words = engine_flags(spec)
        if spec.storage_driver:
            words = [f"--storage-driver={spec.storage_driver}", *words]
        if spec.server_pem:
            pair = (f"--tlscert={self.folder}/server.pem", f"--tlskey={self.folder}/server-key.pem")
            listeners = (f"-H tcp://0.0.0.0:{spec.engine_port}", "-H unix:///var/run/docker.sock")
            words = [*listeners, "--tlsverify", f"--tlscacert={self.folder}/ca.pem", *pair, *words]
        return [shell_variable("DOCKER_OPTS", " ".join(words))]

    def upgrade(self, facts: Facts, spec: EngineSpec) -> Plan:
        """Plan the system's own upgrade and a reboot, or a new boot image if the driver provides it."""
        if spec.replaces_image:
            return Plan(image=self.name)
        upgrade = Step(
            "upgrade RancherOS", commands=(("ros", "os", "upgrade", "-f", "--no-reboot"),), seconds=900.0
        )
        # Delayed, so that the command returns before the connection breaks.
        reboot = Step("reboot", commands=(("sh", "-c", "(sleep 2; reboot) >/dev/null 2>&1 &"),))
        return Plan((upgrade, reboot), notes=("the machine restarts into the new system",))
