"""Takes the user's own private key for a machine: a copy in its folder."""

from __future__ import annotations

from pathlib import Path

from machsh.api import UsageError, make_private_folder, read_regular, write_atomically

KEY_COPY = "id_existing"
_MOST_BYTES = 64 << 10


def read_key(path: Path) -> bytes:
    """Return the file's content. Raises UsageError."""
    try:
        content = read_regular(path, _MOST_BYTES)
    except OSError as error:
        text = f"--openstack-private-key-file {path}: {error.strerror or error}"
        raise UsageError(text, hint="give the path of a private key") from error
    if b"PRIVATE KEY" not in content:
        raise UsageError(f"--openstack-private-key-file {path} is no private key")
    return content


def copy_key(path: Path, folder: Path) -> str:
    """Copy the key into the machine's folder, and return the copy's path."""
    content = read_key(path)
    make_private_folder(folder)
    write_atomically(folder / KEY_COPY, content, 0o600)
    return str(folder / KEY_COPY)
