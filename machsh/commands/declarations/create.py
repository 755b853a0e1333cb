"""The options of `create` that do not depend on the driver."""

from __future__ import annotations

from dataclasses import replace

from machsh.engine.address import ENDPOINTS
from machsh.options import Kind, Option

ENGINE = (
    Option(
        "engine-install-url",
        "Custom URL to use for engine installation",
        default="https://get.docker.com",
        variable="MACHINE_DOCKER_INSTALL_URL",
    ),
    Option(
        "engine-opt",
        "Specify arbitrary flags to include with the created engine in the form flag=value",
        Kind.LIST,
    ),
    Option(
        "engine-insecure-registry", "Specify insecure registries to allow with the created engine", Kind.LIST
    ),
    Option(
        "engine-registry-mirror",
        "Specify registry mirrors to use",
        Kind.LIST,
        variable="ENGINE_REGISTRY_MIRROR",
    ),
    Option("engine-label", "Specify labels for the created engine", Kind.LIST),
    Option("engine-storage-driver", "Specify a storage driver to use with the engine"),
    Option("engine-env", "Specify environment variables to set in the engine", Kind.LIST),
)

ENGINE_CHANGES = tuple(
    replace(option, ours=True, variable="", default=None, help=f"{option.help} (instead of what it has)")
    for option in ENGINE
)
"""The engine options of `provision`: each one given replaces the machine's value."""

SWARM = (
    Option("swarm", "Configure Machine to join a Swarm cluster", Kind.BOOL),
    Option(
        "swarm-image",
        "Specify Docker image to use for Swarm",
        default="swarm:latest",
        variable="MACHINE_SWARM_IMAGE",
    ),
    Option("swarm-master", "Configure Machine to be a Swarm master", Kind.BOOL),
    Option("swarm-discovery", "Discovery service to use with Swarm"),
    Option("swarm-strategy", "Define a default scheduling strategy for Swarm", default="spread"),
    Option("swarm-opt", "Define arbitrary flags for Swarm master", Kind.LIST),
    Option("swarm-join-opt", "Define arbitrary flags for Swarm join", Kind.LIST),
    Option("swarm-host", "ip/socket to listen on for Swarm master", default="tcp://0.0.0.0:3376"),
    Option("swarm-addr", "addr to advertise for Swarm (default: detect and use the machine IP)"),
    Option("swarm-experimental", "Enable Swarm experimental features", Kind.BOOL),
)

DRIVER_PROGRAM = Option(
    "driver-program",
    "Program that has the driver inside, such as another docker-machine",
    values="file",
    ours=True,
)

RESUME = Option(
    "resume",
    "Go on with a creation that failed, was interrupted or killed; --engine-* options given are corrected",
    Kind.BOOL,
    ours=True,
)

ENDPOINT = Option(
    "endpoint",
    "How the engine is reached: tls at a port, or ssh by its socket, without port and certificates",
    choices=ENDPOINTS,
    default_words="the setting, else tls",
    ours=True,
)
ENDPOINT_CHANGE = replace(ENDPOINT, help=f"{ENDPOINT.help} (instead of what it has)", default_words="")

OWN = (
    DRIVER_PROGRAM,
    RESUME,
    ENDPOINT,
    Option("dry-run", "Check everything, and list what would be made", Kind.BOOL, ours=True),
    Option("if-missing", "Do nothing when a machine of that name exists already", Kind.BOOL, ours=True),
    Option(
        "engine-install",
        "How to install the engine where there is none",
        default="auto",
        choices=("auto", "package", "script", "none"),
        ours=True,
    ),
    Option("engine-version", "Install this engine version and keep to it in upgrades", ours=True),
    Option(
        "cert-key-type",
        "Key type of new certificates",
        default="ecdsa",
        choices=("ecdsa", "rsa"),
        ours=True,
    ),
    Option("cert-days", "How long new certificates are valid, in days", Kind.INT, default=1080, ours=True),
    Option("timeout", "How long one step on the machine may take, in seconds", Kind.INT, ours=True),
)

DRIVER = Option(
    "driver",
    "Driver to create machine with.",
    default="virtualbox",
    own_default="",
    default_words="what works here",
    variable="MACHINE_DRIVER",
    short="d",
    values="driver",
)

CREATE = (
    DRIVER,
    *ENGINE,
    *SWARM,
    Option("tls-san", "Support extra SANs for TLS certs", Kind.LIST),
    *OWN,
)
