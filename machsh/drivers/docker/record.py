"""The docker driver's fields in `config.json`, and its options of `create`."""

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
    """A host in a container; `engine`, `cpus`, `memory` and `disk` are stored as the user wrote them."""

    engine: str = checked(WORD)
    """The carrier: empty for the local engine, a machine's name, or a URL."""
    certificates: str = checked(PATH)
    """Folder of the client certificates for a carrier given as tcp URL."""
    container: str = checked(NAME)
    owner: str = checked(WORD)
    """Random token, also in the container's labels, which identifies the machine's container."""
    image: str = checked(WORD)
    """The image that the user chose; empty for the one that machsh builds."""
    base: str = checked(WORD, BASE)
    cpus: str = checked(WORD)
    memory: str = checked(WORD)
    disk: str = checked(WORD)
    network: str = checked(WORD)
    privileges: str = checked(WORD, AUTO)
    """`full`, `reduced`, or `auto` until `create` has found out what the engine grants."""
    engine_port: int = checked(PORT, 0)
    """Published port of the host's own engine; 0 if the host is reached at its own address."""

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
