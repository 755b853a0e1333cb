"""The ssh key pair with which machsh logs in to a host that is a container."""

from __future__ import annotations

from pathlib import Path

from machsh.files import explain, make_private_folder
from machsh.progress import Progress
from machsh.regular_file import read_text


def ensure(public: Path, comment: str, progress: Progress) -> str:
    """Return the public key at a path, made with its private half beside it unless both are there.

    The pinned host key is forgotten: the host is a new one. Raises MachshError.
    """
    path = public.with_suffix("")
    if not (path.exists() and public.exists()):
        from machsh.ssh.keys import make_key_pair

        progress.info("Creating SSH key...")
        make_private_folder(path.parent)
        make_key_pair(path, comment=comment)
    (path.parent / "known_hosts").unlink(missing_ok=True)
    try:
        return read_text(public)
    except OSError as error:
        raise explain(error, public) from error
