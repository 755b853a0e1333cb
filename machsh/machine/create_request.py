"""The input of `create`, and its conversion to a new machine's record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from machsh.engine.address import ENDPOINTS
from machsh.errors import RefusedError, UsageError
from machsh.machine.records.record import (
    INSTALL_URL,
    SSH_ENDPOINT,
    AuthOptions,
    EngineOptions,
    HostOptions,
    MachineRecord,
    OwnOptions,
    SwarmOptions,
)
from machsh.machine.records.store import Store
from machsh.options import Value, Values

_DISCOVERY = re.compile(r"[^:]*://.*")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Values of the global `--tls-*` options; an empty path selects the store's own file."""

    ca_cert: str = ""
    ca_key: str = ""
    client_cert: str = ""
    client_key: str = ""


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """A machine to create: its name, its driver, and the values of `create`'s and the driver's options.

    Option names are those of docker-machine without dashes in front (`engine-label`, `tls-san`, ...), and
    machsh's own: `engine-install`, `engine-version`, `cert-key-type`, `cert-days`, `endpoint` (`tls` or
    `ssh`), `timeout` (seconds).
    """

    name: str
    driver: str
    values: Values = field(default_factory=Values)
    tls: TlsFiles = TlsFiles()
    fleet: str = ""
    """The fleet whose manifest asks for it; see `machsh.manifest`."""


def check_discovery(request: CreateRequest) -> None:
    """Raise RefusedError if `--swarm-discovery` is given and is not a URL."""
    discovery = request.values.text("swarm-discovery")
    if discovery and not _DISCOVERY.search(discovery):
        raise RefusedError(
            f"Error parsing swarm discovery: Swarm Discovery URL was in the wrong format: {discovery}",
            hint="it looks like token://CLUSTER or consul://HOST:PORT",
        )


def new_record(request: CreateRequest, store: Store) -> MachineRecord:
    """Return the record for a request; the driver's object is still empty."""
    options = HostOptions(
        engine_options=_engine(request.values),
        swarm_options=_swarm(request.values),
        auth_options=_auth(request, store),
    )
    own = _own(request.values)
    own.fleet = request.fleet
    return MachineRecord(driver_name=request.driver, host_options=options, name=request.name, machsh=own)


def _engine(values: Values) -> EngineOptions:
    return EngineOptions(
        arbitrary_flags=values.texts("engine-opt"),
        env=values.texts("engine-env"),
        insecure_registry=values.texts("engine-insecure-registry"),
        labels=values.texts("engine-label"),
        storage_driver=values.text("engine-storage-driver"),
        registry_mirror=values.texts("engine-registry-mirror"),
        install_url=values.text("engine-install-url") or INSTALL_URL,
    )


def change_engine(record: MachineRecord, changes: Mapping[str, Value]) -> None:
    """Set `--engine-*` options in a record; each replaces the former values of that option.

    An empty value removes the option.
    """
    new = _engine(Values(dict(changes)))
    for name, field_name in ENGINE_FIELDS.items():
        if name in changes:
            value = getattr(new, field_name)
            kept = [one for one in value if one] if isinstance(value, list) else value
            setattr(record.engine, field_name, kept)


ENGINE_FIELDS = {
    "engine-opt": "arbitrary_flags",
    "engine-env": "env",
    "engine-insecure-registry": "insecure_registry",
    "engine-label": "labels",
    "engine-storage-driver": "storage_driver",
    "engine-registry-mirror": "registry_mirror",
    "engine-install-url": "install_url",
}
"""Option of `create` and `provision` -> field of `EngineOptions`."""
OWN_ENGINE_FIELDS = {"engine-version": "engine_version", "engine-install": "install"}
"""Option of `create` for the engine -> field of `OwnOptions`, which is empty for the default."""
OWN_ENGINE_DEFAULTS = {"install": "auto"}
"""Field of `OwnOptions` -> the value that is stored as an empty text."""


OWN_FIELDS = {
    "engine-install": "install",
    "engine-version": "engine_version",
    "cert-key-type": "key_kind",
    "cert-days": "valid_days",
    "timeout": "wait_seconds",
}
"""Option of `create` -> field of `OwnOptions`."""

CORRECTIONS = {*ENGINE_FIELDS, *OWN_FIELDS, "tls-san"}
"""The options of `create` that can still be changed when a creation is gone on with."""


def correct(record: MachineRecord, changes: Mapping[str, Value]) -> None:
    """Set options of `create` in the record of an unfinished creation; those not given stay as they are."""
    change_engine(record, changes)
    if "tls-san" in changes:
        record.auth.server_cert_sans = Values(dict(changes)).texts("tls-san")
    new = _own(Values(dict(changes)))
    for option, name in OWN_FIELDS.items():
        if option in changes:
            setattr(record.machsh, name, getattr(new, name))


def change_endpoint_field(record: MachineRecord, changes: Mapping[str, Value]) -> None:
    """Set `--endpoint` in a record, if it is among the changes. Raises UsageError for an unknown kind."""
    if "endpoint" in changes:
        record.machsh.endpoint = endpoint_field(str(changes["endpoint"]))


def endpoint_field(kind: str) -> str:
    """Return the record's value for `ssh` or `tls` (also ""). Raises UsageError for another kind."""
    if kind not in ("", *ENDPOINTS):
        raise UsageError(
            f"--endpoint {kind} is not known", hint="write tls (a port with certificates) or ssh (no port)"
        )
    return SSH_ENDPOINT if kind == SSH_ENDPOINT else ""


def _swarm(values: Values) -> SwarmOptions:
    agent, master = values.flag("swarm"), values.flag("swarm-master")
    return SwarmOptions(
        is_swarm=agent or master,
        address=values.text("swarm-addr"),
        discovery=values.text("swarm-discovery"),
        agent=agent,
        master=master,
        host=values.text("swarm-host") or "tcp://0.0.0.0:3376",
        image=values.text("swarm-image") or "swarm:latest",
        strategy=values.text("swarm-strategy") or "spread",
        arbitrary_flags=values.texts("swarm-opt"),
        arbitrary_join_flags=values.texts("swarm-join-opt"),
        is_experimental=values.flag("swarm-experimental"),
    )


def _auth(request: CreateRequest, store: Store) -> AuthOptions:
    certs, machine, tls = store.certs_folder, store.machine_folder(request.name), request.tls
    return AuthOptions(
        cert_dir=str(certs),
        ca_cert_path=tls.ca_cert or str(certs / "ca.pem"),
        ca_private_key_path=tls.ca_key or str(certs / "ca-key.pem"),
        server_cert_path=str(machine / "server.pem"),
        server_key_path=str(machine / "server-key.pem"),
        client_key_path=tls.client_key or str(certs / "key.pem"),
        client_cert_path=tls.client_cert or str(certs / "cert.pem"),
        server_cert_sans=request.values.texts("tls-san"),
        store_path=str(machine),
    )


def _own(values: Values) -> OwnOptions:
    install = values.text("engine-install")
    kind, days = values.text("cert-key-type"), values.number("cert-days")
    return OwnOptions(
        wait_seconds=max(0, values.number("timeout")),
        engine_version=values.text("engine-version"),
        install="" if install == OWN_ENGINE_DEFAULTS["install"] else install,
        key_kind="" if kind == "ecdsa" else kind,
        valid_days=0 if days == 1080 else days,
    )
