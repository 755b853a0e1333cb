"""Records which statements of a batch are done, so that a later run can resume after them.

The file holds hashes of the statements, not their text: a batch may contain secrets.
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
    """The list of finished statements, written to a file after each one."""

    def __init__(self, path: Path, arguments: Sequence[str], *, resumes: bool = False) -> None:
        """With `resumes`, load the statements that an earlier run has finished.

        Raises RefusedError for a file of other arguments or of another kind, MachshError if unreadable.
        """
        self._path = path
        self._heading = f"{_HEADING} {_hash(chr(0).join(arguments))}"
        self._done: list[str] = []
        self._place = 0
        self._earlier = self._read() if resumes else []

    def is_done(self, text: str) -> bool:
        """Whether the earlier run has finished the next statement, whose text is `text`.

        Raises RefusedError if the statement's text has changed since then.
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
        """Record the next statement as done. Raises MachshError if the file cannot be written."""
        self._place += 1
        self._done.append(_hash(text))
        if self._place > len(self._earlier):
            write_atomically(self._path, "\n".join([self._heading, *self._done, ""]).encode())

    def finish(self) -> None:
        """Delete the file: the batch is complete, the next run starts at the beginning."""
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
