"""Moves a record to another store, name or user by changing all paths into its old store."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from machsh.drivers.driver import DriverRecord
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store

PLACEHOLDER = "{{STORAGE}}"
"""The placeholder for the store's path in archives of machine-export."""


def old_store(record: MachineRecord) -> str:
    """Return the store's path when the record was written; "" if the record does not tell."""
    driver = record.driver.get("StorePath")
    if isinstance(driver, str) and driver:
        return driver
    *store, machines, _ = ("", "", *_parts(record.auth.store_path))
    return "/".join(store[2:]) if machines == "machines" else ""


def below_store(text: str, record: MachineRecord) -> tuple[str, ...] | None:
    """Return a path's parts below the record's old store; None if it leads elsewhere."""
    parts = _parts(text)
    for base in (old_store(record), PLACEHOLDER):
        above = _parts(base)
        if above and parts[: len(above)] == above and ".." not in parts:
            return parts[len(above) :]
    return None


def move(record: MachineRecord, store: Store, name: str) -> None:
    """Change the record in place so that it belongs to `store` under `name`.

    Paths below the old store lead to the same place below the new one; those into the machine's folder lead
    into its new one. Other paths stay. The certificates' paths lead into the machine's folder.
    """
    record.driver = _moved_all(record.driver, record, store, name)
    known = DriverRecord.from_json(record.driver)
    record.driver = {**record.driver, "StorePath": str(store.folder)}
    if "MachineName" in record.driver or known.machine_name:
        record.driver["MachineName"] = name
    record.name = name
    lead_to_own_certificates(record, store)
    record.auth.server_cert_path = str(store.machine_folder(name) / "server.pem")
    record.auth.server_key_path = str(store.machine_folder(name) / "server-key.pem")
    record.auth.store_path = str(store.machine_folder(name))
    if record.machsh.driver_program and not Path(record.machsh.driver_program).exists():
        record.machsh.driver_program = ""


def lead_to_own_certificates(record: MachineRecord, store: Store) -> None:
    """Set the authority's and the client's paths to the copies in the machine's folder."""
    _lead_to(record, store.machine_folder(record.name))


def lead_to_store_certificates(record: MachineRecord, store: Store) -> None:
    """Set the authority's and the client's paths to the store's files."""
    _lead_to(record, store.certs_folder)


def _lead_to(record: MachineRecord, folder: Path) -> None:
    auth = record.auth
    auth.cert_dir = str(folder)
    auth.ca_cert_path, auth.ca_private_key_path = str(folder / "ca.pem"), str(folder / "ca-key.pem")
    auth.client_cert_path, auth.client_key_path = str(folder / "cert.pem"), str(folder / "key.pem")


def _moved_all(value: Any, record: MachineRecord, store: Store, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _moved_all(one, record, store, name) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved_all(one, record, store, name) for one in value]
    return _moved(value, record, store, name) if isinstance(value, str) else value


def _moved(text: str, record: MachineRecord, store: Store, name: str) -> str:
    parts = below_store(text, record)
    if parts is None:
        return text
    if parts[:2] == ("machines", record.name):
        return str(store.machine_folder(name).joinpath(*parts[2:]))
    return str(store.folder.joinpath(*parts))


def _parts(text: str) -> tuple[str, ...]:
    r"""Split a path of any system: `C:\Users\me` and `/home/me` alike."""
    is_windows = re.match(r"[A-Za-z]:[\\/]|\\\\", text)
    found = re.split(r"[\\/]+" if is_windows else "/+", text.rstrip("/\\" if is_windows else "/"))
    return tuple(found) if found != [""] else ()
