"""Chooses the files of a machine that belong into an archive, and their names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from machsh.files import explain
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import CONFIG

LARGEST = 1 << 20
"""Larger files are disks and images: the state of the host."""
AUTHORITY_KEY = "ca-key.pem"
SSH_KEY = "ssh_key"
"""The ssh key's name in the archive if it lies outside the machine's folder."""
_STATE = (
    ".fd", ".img", ".iso", ".log", ".ova", ".pid", ".qcow2", ".raw", ".sock", ".vbox", ".vdi", ".vhd",
    ".vhdx", ".vmdk", ".vmx", ".vswp",
)  # fmt: skip
"""Suffixes of files that are part of the host, or left by it while it runs."""

Find = Callable[[str], Path | None]
"""Returns where the file of a recorded path is now; None if it is not there."""


def key_files(
    folder: Path, record: MachineRecord, find: Find, *, with_authority: bool
) -> tuple[dict[str, Path], list[str]]:
    """Return the machine's files as name -> path, and the names of the files left out: the host's state.

    They are the small files of the folder and, under their usual names, the certificates and keys that the
    record names elsewhere. The authority's key is among them only `with_authority`. Raises MachshError.
    """
    chosen, left = _small_files(folder)
    if not with_authority:
        chosen.pop(AUTHORITY_KEY, None)
    auth = record.auth
    for name, text in (
        ("ca.pem", auth.ca_cert_path),
        ("cert.pem", auth.client_cert_path),
        ("key.pem", auth.client_key_path),
        ("server.pem", auth.server_cert_path),
        ("server-key.pem", auth.server_key_path),
        *([(AUTHORITY_KEY, auth.ca_private_key_path)] if with_authority else []),
    ):
        if text and (path := find(text)):
            chosen[name] = path
    key = record.driver.get("SSHKeyPath")
    if isinstance(key, str) and key and (path := find(key)) and path not in chosen.values():
        chosen[SSH_KEY] = path
    return chosen, left


def _small_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    chosen, left = {}, []
    try:
        with os.scandir(folder) as entries:
            found = sorted((one for one in entries if not one.name.startswith(".")), key=lambda one: one.name)
        for entry in found:
            is_file = entry.is_file(follow_symlinks=False)
            if is_file and entry.stat().st_size <= LARGEST and not entry.name.endswith(_STATE):
                chosen[entry.name] = Path(entry.path)
            elif is_file or entry.is_dir(follow_symlinks=False):
                left.append(entry.name)
    except OSError as error:
        raise explain(error, folder) from error
    for name in [name for name in chosen if name.partition(".json")[0] == CONFIG.removesuffix(".json")]:
        del chosen[name]
    return chosen, left
