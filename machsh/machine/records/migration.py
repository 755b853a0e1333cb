"""Migrates older formats of `config.json` to version 3, one version at a time.

docker-machine's own migration sets some folders wrongly (to `certs`, to `.`, or to the store instead of the
machine's folder); this one sets them correctly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from machsh.machine.errors import PREFIX, BrokenRecordError
from machsh.machine.records.record import INSTALL_URL, VERSION

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """The location of a `config.json`."""

    store: str
    """The store's folder; used for files that do not contain the store's path."""
    name: str
    """Name of the machine's folder."""


def version_of(document: Document, name: str) -> int:
    """Return the document's version, 0 if it has none.

    Raises BrokenRecordError if it is not a number, or newer than VERSION.
    """
    version = document.get("ConfigVersion")
    if version is None:
        return 0
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise BrokenRecordError(
            name, f"{PREFIX}json: cannot unmarshal ConfigVersion into Go value of type int"
        )
    if version > VERSION:
        raise BrokenRecordError(
            name,
            f"{PREFIX}config version is from the future -- you should upgrade your Docker Machine client",
            hint=f"version {version} was written by a newer program; machsh reads versions 0 to {VERSION}",
        )
    return version


def migrate(document: Document, place: RecordPlace) -> Document:
    """Return the document in version 3; unknown keys are kept. Raises BrokenRecordError."""
    version = version_of(document, place.name)
    steps = (_from_0, _from_1, _from_2)
    try:
        for step in steps[version:]:
            document = step(dict(document), place)
    except (AttributeError, TypeError, ValueError) as error:
        message = f"{PREFIX}version {version} of the file has a value of the wrong type ({error})"
        raise BrokenRecordError(place.name, message) from error
    return document


_FLAT_AUTH = (
    "CaCertPath",
    "PrivateKeyPath",
    "ServerCertPath",
    "ServerKeyPath",
    "ClientCertPath",
    "ClientKeyPath",
)
_FLAT_SWARM = {"SwarmDiscovery": "Discovery", "SwarmHost": "Host", "SwarmMaster": "Master"}


def _from_0(document: Document, place: RecordPlace) -> Document:
    """Version 0 (docker-machine 0.1) has all fields at the top level; its HostOptions are ignored."""
    document.pop("HostOptions", None)
    auth = {key: document.pop(key) for key in _FLAT_AUTH if key in document}
    swarm = {new: document.pop(old) for old, new in _FLAT_SWARM.items() if old in document}
    document["HostOptions"] = {
        "EngineOptions": {"TlsVerify": True, "InstallURL": INSTALL_URL},
        "SwarmOptions": swarm,
        "AuthOptions": auth,
    }
    document["ConfigVersion"] = 1
    return document


def _from_1(document: Document, place: RecordPlace) -> Document:
    """Rename the authority's key path, and add the folders of the certificates."""
    options = dict(document.get("HostOptions") or {})
    auth = dict(options.get("AuthOptions") or {})
    if "PrivateKeyPath" in auth:
        auth["CaPrivateKeyPath"] = auth.pop("PrivateKeyPath")
    base = _base(document, place)
    auth["CertDir"] = str(base / "certs")
    auth["StorePath"] = str(base / "machines" / place.name)
    options["AuthOptions"] = auth
    for part in ("EngineOptions", "SwarmOptions"):
        kept = dict(options.get(part) or {})
        options[part] = {
            key: value for key, value in kept.items() if key not in ("TlsCaCert", "TlsCert", "TlsKey")
        }
    document.update(HostOptions=options, Name=place.name, ConfigVersion=2)
    return document


def _from_2(document: Document, place: RecordPlace) -> Document:
    """Add the store's path to the driver; sort the driver's keys, as docker-machine does."""
    base = _base(document, place)
    driver = {**(document.get("Driver") or {}), "StorePath": str(base)}
    options = dict(document.get("HostOptions") or {})
    auth = dict(options.get("AuthOptions") or {})
    if auth.get("StorePath") in (None, "", ".", str(base)):
        auth["StorePath"] = str(base / "machines" / place.name)
    document.pop("StorePath", None)
    options["AuthOptions"] = auth
    document.update(Driver=dict(sorted(driver.items())), HostOptions=options, ConfigVersion=VERSION)
    return document


def _base(document: Document, place: RecordPlace) -> PurePath:
    """Return the store that the file was written in: two levels above its StorePath, or the present store."""
    own = document.get("StorePath")
    if own and PurePath(own).parent.name == "machines":
        return PurePath(own).parent.parent
    return PurePath(place.store)
