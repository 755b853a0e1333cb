"""Finds and removes hosts' containers and volumes that no record knows any more, by their labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from machsh.drivers.docker.carrier import resolve
from machsh.drivers.docker.carrier_api import CarrierApi, EngineRefusedError, container_path
from machsh.drivers.docker.container import MACHINE_LABEL, OWNER_LABEL, STORE_ID_LABEL, STORE_LABEL
from machsh.drivers.docker.container_creation import WHOLE
from machsh.drivers.docker.record import DockerRecord
from machsh.drivers.driver import DriverContext, Orphan
from machsh.drivers.store_identity import known_store_id
from machsh.engine import local_engine
from machsh.errors import MachshError
from machsh.record import parse_json
from machsh.regular_file import read_text

SECONDS = 10.0
"""Limit for each question to an engine."""
CONTAINER, VOLUME = "container", "volume"
UNKNOWN_STORE = "an unknown store"
Labels = dict[str, str]


def find(context: DriverContext, store: Path, known: Sequence[DockerRecord]) -> list[Orphan]:
    """Return what is labelled as a host's, and whose token no known record has."""
    places = {(one.engine, one.certificates) for one in known} | set(_usual_places(context))
    owners, found = {one.owner for one in known}, dict[str, Orphan]()
    for engine, certificates in sorted(places):
        place = f"{engine} {certificates}".strip()
        try:
            api = resolve(engine, certificates, store, context).api(context)
            for orphan in _on_engine(api, min(SECONDS, context.seconds), store, owners):
                # Two places may be one engine.
                found.setdefault(orphan.identifier, replace(orphan, place=place))
        except MachshError as error:
            context.progress.warning(f"{engine or 'the local engine'} cannot be asked: {error}")
    return list(found.values())


def _usual_places(context: DriverContext) -> Iterator[tuple[str, str]]:
    """Yield the engines that new hosts are made on: the local one, if it answers, and the user's choice."""
    variable = context.environment.variable
    if local_engine.answers(context.environment):
        yield "", ""
    if chosen := variable("MACHSH_DOCKER_ENGINE"):
        yield chosen, (variable("DOCKER_CERT_PATH") or "" if chosen.startswith("tcp://") else "")


def _on_engine(api: CarrierApi, seconds: float, store: Path, owners: set[str]) -> Iterator[Orphan]:
    marked = urlencode({"all": 1, "filters": json.dumps({"label": [OWNER_LABEL]})})
    with_container = set(owners)
    for item in api.get(f"/containers/json?{marked}", seconds).get("items") or []:
        labels = _labels(item)
        with_container.add(labels[OWNER_LABEL])
        if _is_left(labels, owners):
            name = str((item.get("Names") or ["?"])[0]).lstrip("/")
            since = datetime.fromtimestamp(int(item.get("Created") or 0), UTC)
            yield _orphan(CONTAINER, name, str(item["Id"]), labels, store, since)
    # A volume whose container is there goes with it.
    for item in api.get(f"/volumes?{marked}", seconds).get("Volumes") or []:
        labels = _labels(item)
        if _is_left(labels, with_container):
            name = str(item["Name"])
            yield _orphan(VOLUME, name, name, labels, store, _date(str(item.get("CreatedAt") or "")))


def _labels(found: dict[str, Any]) -> Labels:
    labels = found.get("Labels") or {}
    keys = (OWNER_LABEL, MACHINE_LABEL, STORE_LABEL, STORE_ID_LABEL)
    return {key: str(labels.get(key) or "") for key in keys}


def _orphan(
    kind: str, name: str, identifier: str, labels: Labels, store: Path, since: datetime | None
) -> Orphan:
    identity = known_store_id(store)
    is_ours = bool(identity) and labels[STORE_ID_LABEL] == identity
    other = "" if is_ours else labels[STORE_LABEL] or UNKNOWN_STORE
    return Orphan(name, kind, identifier, labels[MACHINE_LABEL], since, store=other)


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_left(labels: Labels, owners: set[str]) -> bool:
    owner = labels[OWNER_LABEL]
    return bool(owner) and owner not in owners and not _is_in_use(labels)


def _is_in_use(labels: Labels) -> bool:
    """Whether a machine of the store that the labels name has this token, whatever its name is by now."""
    if not labels[STORE_LABEL]:
        return False
    records = Path(labels[STORE_LABEL]).glob("machines/*/config.json")
    return any(_owner_in(record) == labels[OWNER_LABEL] for record in records)


def _owner_in(record: Path) -> str:
    try:
        return str(parse_json(read_text(record))["Driver"]["Owner"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def remove(orphan: Orphan, context: DriverContext, store: Path) -> None:
    """Remove it by its ID, so that nothing that has its name meanwhile is meant. Raises MachshError."""
    engine, _, certificates = orphan.place.partition(" ")
    api = resolve(engine, certificates, store, context).api(context)
    path = (
        container_path(orphan.identifier)
        if orphan.kind == CONTAINER
        else f"/volumes/{quote(orphan.identifier, safe='')}"
    )
    try:
        api.send("DELETE", path, context.seconds, query=WHOLE if orphan.kind == CONTAINER else None)
    except EngineRefusedError as error:
        if error.status != 404:
            raise
