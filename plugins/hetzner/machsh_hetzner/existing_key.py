"""Takes a key of the user's for a machine: a copy in its folder, and its public half."""

from __future__ import annotations

from pathlib import Path

from machsh.api import UsageError, make_private_folder, read_regular, write_atomically

KEY = "id_existing"
_MOST_BYTES = 64 << 10


def public_half(path: Path) -> tuple[bytes, str]:
    """Return a private key file's content and its public key, one line. Raises UsageError."""
    from cryptography.hazmat.primitives import serialization as form

    try:
        content = read_regular(path, _MOST_BYTES)
        is_openssh = b"BEGIN OPENSSH" in content
        key = (form.load_ssh_private_key if is_openssh else form.load_pem_private_key)(content, None)
        line = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
    except OSError as error:
        text = f"--hetzner-existing-key-path {path}: {error.strerror or error}"
        raise UsageError(text, hint="give the path of a private key") from error
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"--hetzner-existing-key-path {path} is no private ssh key without a passphrase",
            hint="machsh logs in by itself: give a key that needs no passphrase",
        ) from error
    return content, line.decode()


def copy_key(path: Path, folder: Path) -> tuple[str, str]:
    """Copy the key into the machine's folder, and return its public half and the copy's path."""
    content, public = public_half(path)
    make_private_folder(folder)
    write_atomically(folder / KEY, content)
    return public, str(folder / KEY)
