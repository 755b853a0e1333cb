"""A manifest as TOML: its content, and the line of each key for error messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machsh.errors import MachshError
from machsh.files import explain
from machsh.manifest.manifest_error import ManifestError
from machsh.regular_file import read_text

LARGEST = 1 << 20
"""Size limit of a manifest in bytes; 1000 machines written out one by one take a tenth of it."""
LONGEST_STATEMENT = 200
"""Limit for the lines of one value; after a longer one, errors have no line numbers."""
_AT_END = " (at end of document)"
_YAML = re.compile(r"(---|[\w.\"'-]+:)(\s|$)")
_COUNT = re.compile(r"\s*\[[^\"'\[\]]+\[")
_KEYS = re.compile(r"\(('[^()]*),?\)")
"""How tomllib names a key: `('machines', 'web')`."""

Keys = tuple[str, ...]
"""The path to a value: `("machines", "web", "driver")`."""


@dataclass(frozen=True, slots=True)
class ManifestDocument:
    """A file that was read."""

    path: Path
    text: str
    content: dict[str, Any]

    def error(self, keys: Keys, text: str, *, hint: str = "") -> ManifestError:
        """Return an error with the line of a value, or of the nearest enclosing table whose line is known."""
        lines = dict(_lines_of_keys(self.text))
        while keys and keys not in lines:
            keys = keys[:-1]
        return ManifestError(self.path, lines.get(keys, 0), text, hint=hint)

    @contextmanager
    def located(self, keys: Keys) -> Iterator[None]:
        """Convert a MachshError of the block to an error at a value."""
        try:
            yield
        except MachshError as error:
            raise self.error(keys, str(error), hint=error.hint) from error


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
        message, number = _place_of(str(error), text)
        raise ManifestError(
            path,
            number,
            message,
            hint=_hint(text, number),
        ) from error


def _hint(text: str, number: int) -> str:
    if number and _COUNT.match(text.split("\n")[number - 1]):
        return 'a name with a count stands in quotes: [machines."web[1-3]"]'
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    if _YAML.match(next(lines, "")):
        return 'this looks like YAML, and the file is TOML: [machines.web], and below it driver = "docker"'
    return "the file is TOML: texts stand in quotes, [tables] in brackets"


def _place_of(message: str, text: str) -> tuple[str, int]:
    """Split an error message of tomllib into the text and the line, counted from 1; 0 if it has none."""
    message = _KEYS.sub(_as_table, message)
    if message.endswith(_AT_END):
        return f"{message.removesuffix(_AT_END)}: the file ends here", len(text.rstrip().split("\n"))
    before, _, place = message.rpartition(" (at line ")
    line, _, _ = place.partition(",")
    return (before, int(line)) if before and line.isdigit() else (message, 0)


def _as_table(keys: re.Match[str]) -> str:
    return f"[{keys[1].replace(chr(39), '').replace(', ', '.').rstrip(',')}]"


def _lines_of_keys(text: str) -> Iterator[tuple[Keys, int]]:
    """Yield each key with its line."""
    found: dict[Keys, int] = {}
    table: Keys = ()
    for number, statement in _statements(text):
        content = tomllib.loads(statement)
        is_table = statement.lstrip().startswith("[")
        for keys in _key_paths(content):
            place = keys if is_table else (*table, *keys)
            found.setdefault(place, number)
        if is_table:
            table = max(_key_paths(content), key=len, default=())
    yield from found.items()


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each table header and each assignment, perhaps of several lines, with its first line."""
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


def _key_paths(content: Any) -> Iterator[Keys]:
    """Yield the paths to all values and tables in decoded TOML; `[[table]]` counts as its table."""
    if isinstance(content, list):
        content = content[0] if len(content) == 1 else None
    if isinstance(content, dict):
        for key, value in content.items():
            yield (key,)
            for rest in _key_paths(value):
                yield (key, *rest)
