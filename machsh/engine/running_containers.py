"""Asks an engine which containers stop when it restarts."""

from __future__ import annotations

from typing import Any

from machsh.engine.dial import Dialer
from machsh.engine.http import HttpConnection
from machsh.errors import MachshError

_PATHS = ("/info", "/containers/json")
_NOT_TOLD = "the engine does not tell what runs"


def stopped_by_restart(dial: Dialer, seconds: float) -> tuple[str, ...]:
    """Return the names of the running containers, sorted; none if the engine keeps them (`live-restore`).

    Raises OSError or MachshError if the engine does not answer properly within `seconds`.
    """
    connection = HttpConnection(dial(seconds))
    try:
        info, containers = (
            one.json() if one.status == 200 else None for one in connection.ask(_PATHS, seconds)
        )
    finally:
        connection.close()
    if not isinstance(info, dict) or not isinstance(containers, list):
        raise MachshError(_NOT_TOLD)
    return () if info.get("LiveRestoreEnabled") is True else tuple(sorted(map(_name, containers)))


def _name(container: Any) -> str:
    names = container.get("Names") if isinstance(container, dict) else None
    if not (isinstance(names, list) and names and isinstance(names[0], str)):
        raise MachshError(_NOT_TOLD)
    return names[0].removeprefix("/")
