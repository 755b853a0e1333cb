"""The paths of the authority's and the client's files, and copying them to a machine's folder."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from machsh.certs.pair_files import PairFiles
from machsh.errors import MachshError
from machsh.files import explain, make_private_folder, write_atomically
from machsh.regular_file import read_regular


@dataclass(frozen=True, slots=True)
class AuthorityPaths:
    """The paths of the authority's certificate and key, and of the client certificate and key it signed."""

    ca: Path
    ca_key: Path
    cert: Path
    key: Path

    @classmethod
    def in_folder(cls, folder: Path) -> AuthorityPaths:
        """Return the paths in one folder under docker-machine's file names."""
        return cls(folder / "ca.pem", folder / "ca-key.pem", folder / "cert.pem", folder / "key.pem")

    @property
    def authority(self) -> PairFiles:
        """The files of the authority's certificate and key."""
        return PairFiles(self.ca, self.ca_key)

    @property
    def client(self) -> PairFiles:
        """The files of the client's certificate and key."""
        return PairFiles(self.cert, self.key)

    @property
    def lock(self) -> Path:
        """The file to lock while any of the files is replaced."""
        return self.ca.parent / ".certs.lock"

    @property
    def former_ca(self) -> Path:
        """The certificate of the authority that is being replaced; it exists only during a rotation."""
        return self.ca.with_name(f"former-{self.ca.name}")

    def copies_in(self, machine_folder: Path) -> tuple[tuple[Path, Path], ...]:
        """Return (source, copy) of the three files that a docker client needs, `ca.pem` last."""
        named = ((self.key, "key.pem"), (self.cert, "cert.pem"), (self.ca, "ca.pem"))
        return tuple((source, machine_folder / name) for source, name in named)

    def copy_to(self, machine_folder: Path) -> None:
        """Copy the files that a docker client needs into a machine's folder, as far as they differ.

        Keeps their modes. While the pair is replaced there is no `ca.pem`: a folder without it is not used
        (`Machine.endpoint_at`), so that a kill leaves no certificate with another's key in use. Raises
        MachshError.
        """
        make_private_folder(machine_folder)
        changed = [
            (copy, *found)
            for source, copy in self.copies_in(machine_folder)
            if source != copy and (found := _read(source, copy.name)) != _present(copy)
        ]
        *_, (_, ca_copy) = self.copies_in(machine_folder)
        if any(copy != ca_copy for copy, _, _ in changed) and self.ca != ca_copy:
            changed = [one for one in changed if one[0] != ca_copy] + [(ca_copy, *_read(self.ca, "ca.pem"))]
            _remove(ca_copy)
        for copy, content, mode in changed:
            _write(copy, content, mode)


def _read(path: Path, name: str) -> tuple[bytes, int]:
    """Return content and mode of a file that is copied to `name`."""
    try:
        return read_regular(path), stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise _failed(name, explain(error, path)) from error


def _present(copy: Path) -> tuple[bytes, int] | None:
    try:
        return read_regular(copy), stat.S_IMODE(copy.stat().st_mode)
    except OSError:
        return None


def _remove(copy: Path) -> None:
    try:
        copy.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(copy.name, explain(error, copy, "remove")) from error


def _write(copy: Path, content: bytes, mode: int) -> None:
    try:
        write_atomically(copy, content, mode)
    except MachshError as error:
        raise _failed(copy.name, error) from error


def _failed(name: str, error: MachshError) -> MachshError:
    return MachshError(f"Copying {name} to machine dir failed: {error}", hint=error.hint)
