"""Prints what several machines answer alike once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import TextIO

from machsh.environment import Environment
from machsh.output import console
from machsh.output.marked_lines import shown_line
from machsh.output.messages import note
from machsh.output.theme import Theme

HELD_IN_MEMORY = 1 << 20
"""Longer answers are held in a file, in bytes."""
_PIECE = 1 << 16


class GroupedAnswers:
    """Holds what machines answer, and prints it at the end: what several answer alike once."""

    def __init__(self, names: Sequence[str], environment: Environment) -> None:
        self._names = names
        self._environment = environment
        self._answers = {name: _Answer() for name in names}

    def put(self, name: str, stream: TextIO, lines: Sequence[bytes]) -> None:
        """Take whole lines of a machine."""
        self._answers[name].add(lines, is_error=stream is self._environment.stderr)

    def finish(self, codes: Mapping[str, int]) -> None:
        """Print the groups, and how many machines differ. `codes`: name -> exit code of those that ran."""
        groups: dict[tuple[str, int], list[str]] = {}
        for name in self._names:
            if name in codes:
                groups.setdefault((self._answers[name].digest, codes[name]), []).append(name)
        for names in groups.values():
            self._show(names)
        self._sum_up(list(groups.values()))

    def _show(self, names: Sequence[str]) -> None:
        out = self._environment.stdout
        count = f" ({len(names)} machines)" if len(names) > 1 else ""
        heading = Theme.of(self._environment, out).paint(f"{', '.join(names)}{count}:", "machine")
        console.put(out, f"{heading}\n")
        self._answers[names[0]].write(self._environment)

    def _sum_up(self, groups: Sequence[Sequence[str]]) -> None:
        most = max(groups, key=len, default=[])
        others = [name for names in groups if names is not most for name in names]
        if others and len(most) > 1:
            verb = "differs" if len(others) == 1 else "differ"
            text = f"{len(most)} the same, {len(others)} {verb}: {', '.join(others)}"
            note(self._environment, text)


class _Answer:
    """What one machine printed, on each of its streams."""

    def __init__(self) -> None:
        self._files = {
            is_error: tempfile.SpooledTemporaryFile(max_size=HELD_IN_MEMORY) for is_error in (False, True)
        }
        self._hashes = {is_error: hashlib.sha256() for is_error in (False, True)}

    def add(self, lines: Sequence[bytes], *, is_error: bool) -> None:
        """Take lines of one stream; each stream has a thread of its own."""
        text = b"".join(line + b"\n" for line in lines)
        self._files[is_error].write(text)
        self._hashes[is_error].update(text)

    @property
    def digest(self) -> str:
        """The same for the same text on the same streams."""
        return "".join(one.hexdigest() for one in self._hashes.values())

    def write(self, environment: Environment) -> None:
        """Print all of it."""
        for is_error, stream in ((False, environment.stdout), (True, environment.stderr)):
            file = self._files[is_error]
            file.seek(0)
            while lines := file.readlines(_PIECE):
                shown = [shown_line(line.rstrip(b"\n")) for line in lines]
                console.put(stream, "".join(f"{line}\n" for line in shown))
