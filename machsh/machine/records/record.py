"""The fields of `config.json`, version 3, with docker-machine's names and in its order.

A list that was never set is null and stays null; a list that was set to nothing is `[]`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from machsh.engine.address import SSH
from machsh.record import Record, checked, nested
from machsh.validators import COUNT, LINE, NAME, PATH, SECONDS, URL, WORD

VERSION = 3
INSTALL_URL = "https://get.docker.com"
SSH_ENDPOINT = SSH
"""Value of `OwnOptions.endpoint` for an engine that is reached over ssh."""

Texts = list[str] | None


@dataclass
class EngineOptions(Record):
    """Settings of the engine (`--engine-*`)."""

    arbitrary_flags: Texts = None
    dns: Texts = None
    graph_dir: str = checked(PATH)
    env: Texts = None
    ipv6: bool = False
    insecure_registry: Texts = None
    labels: Texts = None
    log_level: str = checked(WORD)
    storage_driver: str = checked(WORD)
    selinux_enabled: bool = False
    tls_verify: bool = True
    registry_mirror: Texts = None
    install_url: str = checked(URL)

    names: ClassVar[dict[str, str]] = {"install_url": "InstallURL"}


@dataclass
class SwarmOptions(Record):
    """Classic swarm (`--swarm*`): stored as docker-machine stores it."""

    is_swarm: bool = False
    address: str = checked(LINE)
    discovery: str = checked(LINE)
    agent: bool = False
    master: bool = False
    host: str = checked(LINE)
    image: str = checked(LINE)
    strategy: str = checked(LINE)
    heartbeat: int = 0
    overcommit: float = 0
    arbitrary_flags: Texts = None
    arbitrary_join_flags: Texts = None
    env: Texts = None
    is_experimental: bool = False


@dataclass
class AuthOptions(Record):
    """Paths of the certificates, and additional names for the server's."""

    cert_dir: str = checked(PATH)
    ca_cert_path: str = checked(PATH)
    ca_private_key_path: str = checked(PATH)
    ca_cert_remote_path: str = checked(PATH)
    server_cert_path: str = checked(PATH)
    server_key_path: str = checked(PATH)
    client_key_path: str = checked(PATH)
    server_cert_remote_path: str = checked(PATH)
    server_key_remote_path: str = checked(PATH)
    client_cert_path: str = checked(PATH)
    server_cert_sans: Texts = field(default=None, metadata={"rule": WORD})
    store_path: str = checked(PATH)

    names: ClassVar[dict[str, str]] = {"server_cert_sans": "ServerCertSANs"}


@dataclass
class HostOptions(Record):
    """The options of `create`, grouped as docker-machine stores them."""

    driver: str = checked(LINE)
    memory: int = 0
    disk: int = 0
    engine_options: EngineOptions = nested(EngineOptions)
    swarm_options: SwarmOptions = nested(SwarmOptions)
    auth_options: AuthOptions = nested(AuthOptions)


@dataclass
class OwnOptions(Record):
    """Fields that docker-machine does not have, in an object of their own; empty values are not written."""

    phase: str = checked(WORD)
    """Phase of an unfinished creation; see `machsh.machine.records.phase`."""
    wait_seconds: int = checked(SECONDS, 0)
    """The user's limit for each wait on this machine, in seconds; 0 is the default."""
    engine_version: str = checked(WORD)
    """Pinned engine version."""
    install: str = checked(WORD)
    """How the engine is installed; if empty, the install URL decides."""
    key_kind: str = checked(WORD)
    """Key type of the machine's certificates; empty is ECDSA."""
    valid_days: int = checked(COUNT, 0)
    """Validity of the machine's certificates in days; 0 is the default."""
    driver_program: str = checked(PATH)
    """Path of the program that serves the driver, if the driver's name alone does not find it."""
    protected: bool = False
    """Whether the name must be typed before the machine is destroyed (`protect`)."""
    cluster: str = checked(NAME)
    """Name of the cluster that it is in (`cluster`)."""
    node_id: str = checked(WORD)
    """Its node's identity in that cluster's swarm."""
    endpoint: str = checked(WORD)
    """How the engine is reached: empty for TLS at a port, `ssh` for its socket over ssh."""
    adopted: bool = False
    """Whether the machine was adopted: nothing on its host is changed before `provision --take-over`."""
    engine_socket: str = checked(PATH)
    """The path of the engine's socket on the host, for an endpoint over ssh; empty for Docker's own."""
    new_name: str = checked(NAME)
    """The name that the folder is about to get; see `machsh.machine.records.renamed_record`."""
    former_name: str = checked(NAME)
    """The name before a `rename` that the host, or another machine's record, does not know of yet."""
    trusted_authorities: str = checked(WORD)
    """What the engine was last seen to trust; see `machsh.machine.renewal.authority_rotation`."""
    fleet: str = checked(NAME)
    """Name of the fleet whose manifest made the machine, or took it over (`apply`)."""
    engine_id: str = checked(WORD)
    """What the engine calls itself wherever it is reached; empty if it did not say."""

    def to_json(self) -> dict[str, Any]:
        """Return the object without empty values."""
        return {key: value for key, value in super().to_json().items() if value not in ("", 0, None, [], {})}


@dataclass
class MachineRecord(Record):
    """The whole `config.json` of a machine."""

    config_version: int = VERSION
    driver: dict[str, Any] = field(default_factory=dict)
    """The driver's object as in the file, with its order of keys: only the driver knows the fields."""
    driver_name: str = checked(NAME)
    host_options: HostOptions = nested(HostOptions)
    name: str = checked(LINE)
    machsh: OwnOptions = nested(OwnOptions)

    @property
    def engine(self) -> EngineOptions:
        """Settings of the engine."""
        return self.host_options.engine_options

    @property
    def swarm(self) -> SwarmOptions:
        """Classic swarm."""
        return self.host_options.swarm_options

    @property
    def auth(self) -> AuthOptions:
        """Paths of the certificates."""
        return self.host_options.auth_options

    def to_json(self) -> dict[str, Any]:
        """Return docker-machine's keys in its order; `Machsh` is left out if it is empty."""
        document = super().to_json()
        if not document["Machsh"]:
            del document["Machsh"]
        return document
