"""Merges the spec into the host's `daemon.json`.

It is a three-way merge of the host's present file, the settings that machsh added last time (stored next to
it in `machsh.json`), and the spec. Settings of an earlier spec are removed, the host's own are kept. Lists
keep the host's items and get the spec's; for other values the spec wins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from machsh.engine.address import ENGINE_PORT
from machsh.errors import RefusedError
from machsh.provision.engine_config.dockerd_flags import Settings, settings_of
from machsh.provision.provisioner import EngineSpec

FILE = "/etc/docker/daemon.json"
OWN_FILE = "/etc/docker/machsh.json"
"""The settings in `FILE` that machsh added, so that a later spec can remove them."""
SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Merge:
    """The result of a merge: the settings to write, and those among them that machsh added."""

    settings: Settings
    added: Settings
    changed: tuple[str, ...]
    """Keys whose value differs from the host's."""
    notes: tuple[str, ...]


def read(text: str) -> Settings:
    """Decode the host's `daemon.json`, {} if it is empty. Raises RefusedError if it is not a JSON object."""
    if not text.strip():
        return {}
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise RefusedError(
            f"{FILE} on the host is not valid JSON: {error}",
            hint=f"the engine cannot start with it either: correct {FILE} on the host; nothing was changed",
        ) from error
    if not isinstance(settings, dict):
        raise RefusedError(
            f"{FILE} on the host is not a JSON object", hint="correct it on the host; nothing was changed"
        )
    return settings


def read_own(text: str) -> Settings:
    """Decode `machsh.json`; {} if it is missing or broken."""
    try:
        own = json.loads(text)
    except ValueError:
        return {}
    return own if isinstance(own, dict) else {}


def settings_of_spec(spec: EngineSpec, folder: str = "/etc/docker") -> Settings:
    """Return a spec's settings, except the listener on its TLS port. Raises UsageError for a bad option."""
    settings: Settings = {
        "labels": [*spec.labels, f"provider={spec.driver}"],
        "insecure-registries": list(spec.insecure_registries),
        "registry-mirrors": list(spec.registry_mirrors),
        "storage-driver": spec.storage_driver,
        **settings_of_tls(spec, folder),
    }
    for key, value in settings_of(spec.flags).items():
        old = settings.get(key)
        settings[key] = [*old, *value] if isinstance(old, list) and isinstance(value, list) else value
    return {key: value for key, value in settings.items() if value not in ("", [], {})}


def settings_of_tls(spec: EngineSpec, folder: str) -> Settings:
    """Return the TLS settings with which the engine accepts only clients of the machine's authority."""
    if not spec.server_pem:
        return {}
    return {
        "tls": True,
        "tlsverify": True,
        "tlscacert": f"{folder}/ca.pem",
        "tlscert": f"{folder}/server.pem",
        "tlskey": f"{folder}/server-key.pem",
    }


def joined(spec: Settings, moved: Settings) -> Settings:
    """Return the spec plus the settings moved from the engine's command line to the file; the spec wins."""
    result = dict(spec)
    for key, value in moved.items():
        result[key] = _plus(key, value, spec[key]) if key in spec else value
    return result


def hosts(current: Sequence[str], flagged: Sequence[str], wanted: Sequence[str], port: int) -> list[str]:
    """Return the addresses to listen on: the existing ones, the user's, and the TLS `port` on all interfaces.

    `current` comes from the file, `flagged` from the command line, `wanted` from the user's options. Other
    addresses with the same port are dropped, as listeners cannot share it. A local socket is always included.
    """
    listeners = [host for host in _unique([*(current or flagged), *wanted]) if _port(host) != port]
    if not any(host.startswith(("fd:", "unix:")) for host in listeners):
        listeners.insert(0, next((host for host in flagged if host.startswith(("fd:", "unix:"))), SOCKET))
    return [*listeners, f"tcp://0.0.0.0:{port}"]


def hosts_with_socket(current: Sequence[str], flagged: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the addresses to listen on so that a socket is among them; [] if it is without a change.

    The parameters are those of `hosts`. An engine without any address listens on its socket.
    """
    listeners = _unique([*(current or flagged), *wanted])
    if not listeners or any(host.startswith("fd:") or _is_socket(host) for host in listeners):
        return []
    return [*listeners, SOCKET]


def _is_socket(host: str) -> bool:
    return host in ("unix://", SOCKET, SOCKET.replace("/var/run", "/run"))


def _port(host: str) -> int | None:
    if not host.startswith("tcp://"):
        return None
    text = host.rpartition(":")[2].strip("/")
    return int(text) if text.isdigit() else ENGINE_PORT


def host_settings(host: Settings, before: Settings) -> Settings:
    """Return the host's own settings: `host` without those that an earlier spec added."""
    return {key: rest for key, value in host.items() if (rest := _minus(value, before.get(key))) is not _GONE}


def merge(host: Settings, before: Settings, spec: Settings) -> Merge:
    """Merge the spec into the host's settings; `before` are the settings that an earlier spec added."""
    settings = host_settings(host, before)
    notes: list[str] = []
    added: Settings = {}
    for key, value in spec.items():
        kept = settings.get(key)
        settings[key] = _as_it_stood(host.get(key), _plus(key, kept, value))
        if kept == value:
            continue
        added[key] = _gain(kept, settings[key]) if isinstance(value, list | dict) else value
        if kept is not None and not isinstance(value, list | dict):
            notes.append(f"{key} was {_shown(kept)} on the host, now {_shown(value)}")
    changed = [key for key in {**host, **settings} if host.get(key, _GONE) != settings.get(key, _GONE)]
    added = {key: value for key, value in added.items() if value not in ([], {})}
    return Merge(_in_order(host, settings), added, tuple(changed), tuple(notes))


_GONE: Any = object()


def _minus(value: Any, before: Any) -> Any:
    """Return a host's value without what an earlier spec added; _GONE if nothing is left."""
    if before is None:
        return value
    if isinstance(value, list) and isinstance(before, list):
        return [item for item in value if item not in before] or _GONE
    if isinstance(value, dict) and isinstance(before, dict):
        return {name: item for name, item in value.items() if before.get(name, _GONE) != item} or _GONE
    return _GONE if value == before else value


def _plus(key: str, kept: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return {**kept, **value} if isinstance(kept, dict) else dict(value)
    if not isinstance(value, list):
        return value
    if key == "hosts" or not isinstance(kept, list):
        return _unique(value)
    if key == "labels":
        names = {_label(item) for item in value}
        kept = [item for item in kept if item in value or _label(item) not in names]
    return _unique([*kept, *value])


def _as_it_stood(host: Any, merged: Any) -> Any:
    """Return the host's list if the merged one differs only in order, so that nothing is rewritten."""
    if isinstance(host, list) and isinstance(merged, list) and len(host) == len(merged):
        return host if all(item in host for item in merged) else merged
    return merged


def _label(item: Any) -> str:
    """Return a label's name, by which labels are replaced: the engine refuses two of the same name."""
    return str(item).partition("=")[0]


def _gain(kept: Any, value: Any) -> Any:
    """Return the part of a merged list or object that `kept` did not have."""
    if isinstance(value, list):
        return [item for item in value if not isinstance(kept, list) or item not in kept]
    return {
        name: item for name, item in value.items() if not isinstance(kept, dict) or kept.get(name) != item
    }


def _unique(items: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _in_order(host: Settings, settings: Settings) -> Settings:
    """Return the settings with the host's keys first, in its order."""
    first = {key: settings[key] for key in host if key in settings}
    return {**first, **settings}


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def text_of(settings: Settings) -> str:
    """Encode settings as the text of a file."""
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
