"""The record of a machine whose folder got another name. Pure: nothing is read or written.

Renaming a folder and writing a record are two actions, between which a process may be killed. Before the
first one, the record notes the name to come; a record that lies in a folder of that name is put right
whenever it is read, until it is written.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from machsh.machine.naming import is_folder_name
from machsh.machine.records.record import MachineRecord

MACHINE_NAME = "MachineName"


def put_right(record: MachineRecord, former: str, machines_folder: Path) -> None:
    """Change names and paths in a record if its folder was renamed as the record had noted.

    `former` is the name in the file; `record.name` is the folder's. The former name is noted until the host
    and the other machines know the new one.
    """
    own = record.machsh
    if own.new_name != record.name or former == record.name or not is_folder_name(former):
        return
    own.new_name, own.former_name = "", former
    before, after = (str(machines_folder / name) for name in (former, record.name))
    record.driver = _moved(record.driver, before, after)
    if record.driver.get(MACHINE_NAME) == former:
        record.driver[MACHINE_NAME] = record.name
    auth = record.auth
    for field in vars(auth):
        if field != "unknown" and isinstance(value := getattr(auth, field), str):
            setattr(auth, field, _moved(value, before, after))


def _moved(value: Any, before: str, after: str) -> Any:
    """Return a decoded JSON value with all paths in the folder `before` leading into `after`."""
    if isinstance(value, dict):
        return {key: _moved(one, before, after) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, before, after) for one in value]
    if isinstance(value, str) and (value == before or value.startswith(before + os.sep)):
        return after + value.removeprefix(before)
    return value
