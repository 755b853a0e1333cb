"""A certificate and its key on disk: both are replaced, or neither."""

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
    """Where a certificate and its key are kept.

    Two files cannot be renamed at once, so both are first written to a hidden third one. Whoever finds that
    file completes the replacement: a process that was killed between the two leaves nothing half-done.
    """

    certificate: Path
    key: Path

    @property
    def _pending(self) -> Path:
        return self.certificate.with_name(f".{self.certificate.name}.pending")

    @property
    def is_pending(self) -> bool:
        """Whether a replacement was cut off."""
        return self._pending.exists()

    @property
    def is_half(self) -> bool:
        """Whether one of the two files is there without the other."""
        return self.certificate.exists() != self.key.exists()

    def replace(self, pair: Pair) -> None:
        """Write both. Raises MachshError; the old files are then still there, or the new ones are pending."""
        write_atomically(self._pending, pair.private_pem + pair.certificate_pem, PRIVATE_FILE)
        try:
            write_atomically(self.key, pair.private_pem, PRIVATE_FILE)
        except MachshError:
            self._pending.unlink(missing_ok=True)
            raise
        self.complete()

    def complete(self) -> None:
        """Finish a replacement that was cut off; nothing is done without one. Raises MachshError."""
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
        """Rename what is there of the two, so that nothing is lost; the new names. Raises MachshError."""
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
