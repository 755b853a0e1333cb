"""A certificate and its key on disk, replaced together or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machsh.errors import MachshError
from machsh.files import PRIVATE_FILE, explain, write_atomically
from machsh.regular_file import read_regular

if TYPE_CHECKING:
    from machsh.certs.signing import Pair

CERTIFICATE_FILE = 0o644
_BEGIN = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class PairFiles:
    """The paths of a certificate and its key.

    Two files cannot be renamed atomically, so `replace` first writes both to a hidden third file. If the
    process is killed before both are in place, `complete` finishes the replacement from that file.
    """

    certificate: Path
    key: Path

    @property
    def _pending(self) -> Path:
        return self.certificate.with_name(f".{self.certificate.name}.pending")

    @property
    def is_pending(self) -> bool:
        """Whether an interrupted replacement needs `complete`."""
        return self._pending.exists()

    @property
    def is_half(self) -> bool:
        """Whether exactly one of the two files exists."""
        return self.certificate.exists() != self.key.exists()

    def replace(self, pair: Pair, *, beside: bytes = b"") -> None:
        """Write both files; `beside` are more certificates (PEM) for the end of the certificate's file.

        Raises MachshError; then either the old files are unchanged or `complete` can install the new ones.
        """
        write_atomically(self._pending, pair.private_pem + pair.certificate_pem + beside, PRIVATE_FILE)
        try:
            write_atomically(self.key, pair.private_pem, PRIVATE_FILE)
        except MachshError:
            self._pending.unlink(missing_ok=True)
            raise
        self.complete()

    def complete(self) -> None:
        """Finish an interrupted replacement, if there is one. Raises MachshError."""
        try:
            key, begin, rest = read_regular(self._pending).partition(_BEGIN)
        except FileNotFoundError:
            return
        except OSError as error:
            raise explain(error, self._pending) from error
        write_atomically(self.key, key, PRIVATE_FILE)
        write_atomically(self.certificate, begin + rest, CERTIFICATE_FILE)
        self._pending.unlink(missing_ok=True)

    def put_aside(self) -> list[Path]:
        """Rename the existing files to `NAME.bak` (or `.bak2`, ...) and return the new paths.

        Raises MachshError.
        """
        kept = []
        for path in (self.certificate, self.key):
            if path.exists():
                try:
                    kept.append(path.rename(_free_name(path)))
                except OSError as error:
                    raise explain(error, path, "rename") from error
        return kept


def _free_name(path: Path) -> Path:
    name, number = path.with_name(f"{path.name}.bak"), 1
    while name.exists():
        number += 1
        name = path.with_name(f"{path.name}.bak{number}")
    return name
