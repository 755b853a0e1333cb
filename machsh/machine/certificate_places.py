"""Checks where a machine's certificates may be written: only inside the store, whatever the record says.

Reading elsewhere is allowed, as in docker-machine: `--tls-ca-cert` may name any file, and the paths in a
moved store point to its old place.
"""

from __future__ import annotations

import os
from pathlib import Path

from machsh.errors import RefusedError
from machsh.machine.records.record import MachineRecord
from machsh.machine.records.store import Store

SUFFIX = ".pem"


def check_server_pair(record: MachineRecord, store: Store) -> None:
    """Raise RefusedError unless the server's certificate and key lie in the machine's own folder.

    A path that is also the machine's ssh key is refused, too.
    """
    folder = store.machine_folder(record.name)
    for key, text in (
        ("ServerCertPath", record.auth.server_cert_path),
        ("ServerKeyPath", record.auth.server_key_path),
    ):
        _check(record, key, Path(text), [folder])
        if text and text == record.driver.get("SSHKeyPath"):
            raise _refusal(record, key, text, "is the machine's ssh key")


def check_authority(record: MachineRecord, store: Store) -> None:
    """Raise RefusedError unless the authority and the client pair lie in `certs` or the machine's folder."""
    folders = [store.certs_folder, store.machine_folder(record.name)]
    auth = record.auth
    for key, text in (
        ("CaCertPath", auth.ca_cert_path),
        ("CaPrivateKeyPath", auth.ca_private_key_path),
        ("ClientCertPath", auth.client_cert_path),
        ("ClientKeyPath", auth.client_key_path),
    ):
        _check(record, key, Path(text), folders)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a file written to `path` ends up below `folder`, with symbolic links and `..` resolved."""
    if path.name in ("", "..") or not path.parent.name:
        return False
    real, parent = os.path.realpath(folder), os.path.realpath(path.parent)
    return parent == real or parent.startswith(real + os.sep)


def _check(record: MachineRecord, key: str, path: Path, folders: list[Path]) -> None:
    if not any(is_inside(path, folder) for folder in folders):
        raise _refusal(record, key, str(path), f"lies outside {folders[0]}")
    if path.suffix != SUFFIX:
        raise _refusal(record, key, str(path), f"does not end in {SUFFIX}")


def _refusal(record: MachineRecord, key: str, path: str, reason: str) -> RefusedError:
    return RefusedError(
        f'{key} of "{record.name}" {reason}: {path}: nothing is written there',
        hint=f"was the store moved, or did it come from somebody else? "
        f"Put {key} right in machines/{record.name}/config.json, or renew that file yourself",
    )
