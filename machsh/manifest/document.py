"""A manifest as TOML: its content, and the line of each key for error messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machsh.files import explain
from machsh.manifest.manifest_error import ManifestError
from machsh.regular_file import read_text

LARGEST = 1 << 20
"""Of a manifest, in bytes; 1000 machines written out one by one take a tenth of it."""
LONGEST_STATEMENT = 200
"""Lines of one value; the lines of keys behind a longer one are not known."""
_AT_END = " (at end of document)"
_YAML = re.compile(r"(---|[\w.\"'-]+:)(\s|$)")
_COUNT = re.compile(r"\s*\[[^\"'\[\]]+\[")
_KEYS = re.compile(r"\(('[^()]*),?\)")
"""How tomllib names a key: `('machines', 'web')`."""

Keys = tuple[str, ...]
"""The way to a value: `("machines", "web", "driver")`."""


@dataclass(frozen=True, slots=True)
class ManifestDocument:
    """A file that was read."""

    path: Path
    text: str
    content: dict[str, Any]

    def error(self, keys: Keys, text: str, *, hint: str = "") -> ManifestError:
        """Return an error about a value, or about the nearest table around it that has a line."""
        lines = dict(_places(self.text))
        while keys and keys not in lines:
            keys = keys[:-1]
        return ManifestError(self.path, lines.get(keys, 0), text, hint=hint)


def read(path: Path) -> ManifestDocument:
    """Read a file. Raises ManifestError if it is no TOML, MachshError if it cannot be read."""
    try:
        text = read_text(path, LARGEST, takes_pipe=True)
    except OSError as error:
        raise explain(error, path) from error
    try:
        return ManifestDocument(path, text, tomllib.loads(text))
    except RecursionError:
        raise ManifestError(path, 0, "it is nested too deep") from None
    except ValueError as error:  # a TOMLDecodeError, or a number with thousands of digits
        said, number = _place_of(str(error), text)
        raise ManifestError(
            path,
            number,
            said,
            hint=_hint(text, number),
        ) from error


def _hint(text: str, number: int) -> str:
    if number and _COUNT.match(text.split("\n")[number - 1]):
        return 'a name with a count stands in quotes: [machines."web[1-3]"]'
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    if _YAML.match(next(lines, "")):
        return 'this looks like YAML, and the file is TOML: [machines.web], and below it driver = "docker"'
    return "the file is TOML: texts stand in quotes, [tables] in brackets"


def _place_of(said: str, text: str) -> tuple[str, int]:
    """Return what tomllib says without the place, and the line, counted from 1; 0 if it names none."""
    said = _KEYS.sub(lambda match: f"[{match[1].replace(chr(39), '').replace(', ', '.').rstrip(',')}]", said)
    if said.endswith(_AT_END):
        return f"{said.removesuffix(_AT_END)}: the file ends here", len(text.rstrip().split("\n"))
    before, _, place = said.rpartition(" (at line ")
    line, _, _ = place.partition(",")
    return (before, int(line)) if before and line.isdigit() else (said, 0)


def _places(text: str) -> Iterator[tuple[Keys, int]]:
    """Give each key with the line on which it stands."""
    found: dict[Keys, int] = {}
    table: Keys = ()
    for number, statement in _statements(text):
        content = tomllib.loads(statement)
        is_table = statement.lstrip().startswith("[")
        for keys in _ways(content):
            place = keys if is_table else (*table, *keys)
            found.setdefault(place, number)
        if is_table:
            table = max(_ways(content), key=len, default=())
    yield from found.items()


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Give each table's head and each assignment, which may take several lines, with its first line."""
    pending: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        pending.append(line)
        if len(pending) > LONGEST_STATEMENT:
            return
        statement = "\n".join(pending)
        try:
            tomllib.loads(statement)
        except ValueError:
            continue
        if statement.strip():
            yield number - len(pending) + 1, statement
        pending = []


def _ways(content: Any) -> Iterator[Keys]:
    """Give the ways to all values and tables in decoded TOML; `[[table]]` counts as its table."""
    if isinstance(content, list):
        content = content[0] if len(content) == 1 else None
    if isinstance(content, dict):
        for key, value in content.items():
            yield (key,)
            for rest in _ways(value):
                yield (key, *rest)
