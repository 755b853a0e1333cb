"""RancherOS and its heir BurmillaOS."""

from __future__ import annotations

from machsh.errors import RefusedError
from machsh.provision import hostname, init_systems
from machsh.provision.families.appliance import Appliance, appliance_facts, engine_flags
from machsh.provision.options_file import shell_variable
from machsh.provision.provisioner import EngineSpec, Facts, Plan, Step

OPTIONS = "/var/lib/rancher/conf/docker"
CLOUD_CONFIG = "/var/lib/rancher/conf/cloud-config.d/machine-hostname.yml"
STORAGE_DRIVERS = ("", "overlay", "overlay2")


class RancherOS(Appliance):
    """RancherOS, BurmillaOS, and what names them in ID_LIKE."""

    name = "rancheros"
    ids = ("rancheros", "burmillaos", "burmilla")
    folder = "/var/lib/rancher/conf"
    options_file = OPTIONS
    service = init_systems.SYSTEM_DOCKER
    facts = appliance_facts("/var/lib/rancher/conf", OPTIONS, CLOUD_CONFIG)

    def plan(self, facts: Facts, spec: EngineSpec) -> Plan:
        """As every appliance; the system knows only overlay as storage driver."""
        if spec.storage_driver not in STORAGE_DRIVERS:
            raise RefusedError(
                f"Unsupported storage driver: {spec.storage_driver}",
                hint="leave --engine-storage-driver away: RancherOS has overlay2",
            )
        return super().plan(facts, spec)

    def name_steps(self, facts: Facts, name: str) -> list[Step]:
        """The name now, and the cloud-config that the system reads at boot."""
        steps = [step for step in hostname.steps(facts, name) if step.file != "/etc/hostname"]
        content = f"#cloud-config\n\nhostname: {name}\n"
        if facts.get(f"file:{CLOUD_CONFIG}", "") != content.strip():
            steps.append(Step("keep the host name", file=CLOUD_CONFIG, content=content))
        return steps

    def options(self, spec: EngineSpec) -> list[str]:
        """The engine's flags."""
        words = engine_flags(spec)
        if spec.storage_driver:
            words = [f"--storage-driver={spec.storage_driver}", *words]
        if spec.server_pem:
            pair = (f"--tlscert={self.folder}/server.pem", f"--tlskey={self.folder}/server-key.pem")
            listeners = (f"-H tcp://0.0.0.0:{spec.engine_port}", "-H unix:///var/run/docker.sock")
            words = [*listeners, "--tlsverify", f"--tlscacert={self.folder}/ca.pem", *pair, *words]
        return [shell_variable("DOCKER_OPTS", " ".join(words))]

    def upgrade(self, facts: Facts, spec: EngineSpec) -> Plan:
        """The system's own upgrade and a reboot, unless the machine boots from an image of its driver."""
        if spec.replaces_image:
            return Plan(image=self.name)
        upgrade = Step(
            "upgrade RancherOS", commands=(("ros", "os", "upgrade", "-f", "--no-reboot"),), seconds=900.0
        )
        # The answer must come back before the connection goes down with the system.
        reboot = Step("reboot", commands=(("sh", "-c", "(sleep 2; reboot) >/dev/null 2>&1 &"),))
        return Plan((upgrade, reboot), notes=("the machine restarts into the new system",))
