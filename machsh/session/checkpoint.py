"""Which statements of a batch are done, so that a later run can go on after them.

The file holds no text of the batch, only its hashes: a batch may hold secrets.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Sequence
from pathlib import Path

from machsh.errors import RefusedError
from machsh.files import explain, write_atomically
from machsh.regular_file import read_text

_HEADING = "machsh checkpoint 1"


class Checkpoint:
    """Notes done statements in a file."""

    def __init__(self, path: Path, arguments: Sequence[str], *, resumes: bool = False) -> None:
        """With `resumes`, what the file says is done is skipped. Raises RefusedError, MachshError."""
        self._path = path
        self._heading = f"{_HEADING} {_hash(chr(0).join(arguments))}"
        self._done: list[str] = []
        self._place = 0
        self._earlier = self._read() if resumes else []

    def is_done(self, text: str) -> bool:
        """Whether the next statement, of this text, was done by the run that is resumed.

        Raises RefusedError when it was another text then.
        """
        if self._place >= len(self._earlier):
            return False
        if self._earlier[self._place] != _hash(text):
            raise RefusedError(
                "this statement has changed since the checkpoint was written",
                hint=f"run without --resume, or remove {self._path}",
            )
        return True

    def note(self, text: str) -> None:
        """The next statement, of this text, is done. Raises MachshError when that cannot be written."""
        self._place += 1
        self._done.append(_hash(text))
        if self._place > len(self._earlier):
            write_atomically(self._path, "\n".join([self._heading, *self._done, ""]).encode())

    def finish(self) -> None:
        """The batch came to its end: the next run begins anew."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> list[str]:
        try:
            lines = read_text(self._path).splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._foreign() if error.errno == errno.EILSEQ else explain(error, self._path) from error
        if not lines or not lines[0].startswith(_HEADING):
            raise self._foreign()
        if lines[0] != self._heading:
            raise RefusedError(
                "the checkpoint is from a run with other arguments",
                hint=f"give the same arguments, or remove {self._path}",
            )
        return lines[1:]

    def _foreign(self) -> RefusedError:
        return RefusedError(f"{self._path} is not a checkpoint", hint="name another file with --checkpoint")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
