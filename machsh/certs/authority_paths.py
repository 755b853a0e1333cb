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

    def copy_to(self, machine_folder: Path) -> None:
        """Copy the three files that a docker client needs into a machine's folder, keeping their modes.

        Raises MachshError.
        """
        make_private_folder(machine_folder)
        for source, name in ((self.ca, "ca.pem"), (self.cert, "cert.pem"), (self.key, "key.pem")):
            if source != machine_folder / name:
                _copy(source, machine_folder / name)


def _copy(source: Path, copy: Path) -> None:
    prefix = f"Copying {copy.name} to machine dir failed"
    try:
        content, mode = read_regular(source), stat.S_IMODE(source.stat().st_mode)
    except OSError as error:
        reported = explain(error, source)
        raise MachshError(f"{prefix}: {reported}", hint=reported.hint) from error
    try:
        write_atomically(copy, content, mode)
    except MachshError as error:
        raise MachshError(f"{prefix}: {error}", hint=error.hint) from error
