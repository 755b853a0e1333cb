"""What `config.json` keeps of a host in a container, and the options that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from machsh.drivers.docker.image import BASE
from machsh.drivers.driver import DriverRecord
from machsh.options import Option
from machsh.record import checked
from machsh.validators import NAME, PATH, PORT, WORD

AUTO = "auto"


@dataclass
class DockerRecord(DriverRecord):
    """A host in a container; `engine`, `memory` and the like are kept as the user wrote them."""

    engine: str = checked(WORD)
    """The engine that carries it: empty for this computer's, a machine's name, or a URL."""
    certificates: str = checked(PATH)
    """Folder of the client pair for an engine given as tcp URL."""
    container: str = checked(NAME)
    owner: str = checked(WORD)
    """Token in the container's labels: what does not carry it is not ours."""
    image: str = checked(WORD)
    """The user's own image; empty for ours."""
    base: str = checked(WORD, BASE)
    cpus: str = checked(WORD)
    memory: str = checked(WORD)
    disk: str = checked(WORD)
    network: str = checked(WORD)
    privileges: str = checked(WORD, AUTO)
    """`auto` until the first start has shown what the engine grants."""
    engine_port: int = checked(PORT, 0)
    """Published port of the host's own engine; 0 where the host's address can be reached."""

    names: ClassVar[dict[str, str]] = {**DriverRecord.names}


OPTIONS = (
    Option(
        "docker-image",
        "Image of your own for the host, with systemd and sshd (default: one is built)",
        variable="MACHSH_DOCKER_IMAGE",
    ),
    Option(
        "docker-base",
        "Image that the host's image is built from",
        default=BASE,
        variable="MACHSH_DOCKER_BASE",
    ),
    Option("docker-cpus", "Number of CPUs, such as 2 or 0.5 (default: all)", variable="MACHSH_DOCKER_CPUS"),
    Option(
        "docker-memory", "Memory, in MB or such as 2g (default: no limit)", variable="MACHSH_DOCKER_MEMORY"
    ),
    Option(
        "docker-disk",
        "Disk, in MB or such as 20g, where the engine can limit it (default: no limit)",
        variable="MACHSH_DOCKER_DISK",
    ),
    Option("docker-network", "Network of the engine to join", variable="MACHSH_DOCKER_NETWORK"),
    Option(
        "docker-engine",
        "Engine that carries the host: a machine's name or a URL (default: this computer's)",
        variable="MACHSH_DOCKER_ENGINE",
        values="machine",
    ),
    Option(
        "docker-privileges",
        "Rights of the container: auto tries full, then reduced",
        default=AUTO,
        variable="MACHSH_DOCKER_PRIVILEGES",
        choices=(AUTO, "full", "reduced"),
    ),
)
