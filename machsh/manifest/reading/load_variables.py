"""Reads the variables and secrets of a manifest, and files of variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from machsh.environment import Environment
from machsh.errors import UsageError
from machsh.manifest.reading.document import Keys, ManifestDocument, read
from machsh.manifest.reading.fields import SECRET, TABLE, check_fields, check_kind
from machsh.manifest.reading.variables import Variables, check_variable_name, fetcher
from machsh.suggest import did_you_mean


def variables_of(document: ManifestDocument, given: Mapping[str, str], environment: Environment) -> Variables:
    """Return the variables of a file; `given` ones override its own.

    Raises ManifestError, also for a variable without a value, and UsageError for a given one that is not
    declared.
    """
    declared = document.content.get("variables", {})
    secrets = document.content.get("secrets", {})
    for name in given:
        if name not in declared:
            hint = did_you_mean(name, list(declared)) or "the file declares them under [variables]"
            raise UsageError(f'{document.path} has no variable "{name}"', hint=hint)
    values = {
        name: given[name] if name in given else _default(document, ("variables", name), value)
        for name, value in declared.items()
    }
    fetchers = {}
    for name, source in secrets.items():
        _check_name(document, ("secrets", name))
        _check_source(document, ("secrets", name), source)
        if name in values:
            raise document.error(
                ("secrets", name), f'"{name}" is a variable, too', hint="choose another name"
            )
        fetchers[name] = fetcher(name, source, environment)
    return Variables(values, fetchers)


def read_variables(path: Path) -> dict[str, str]:
    """Read a file of variables, `NAME = value` each in TOML. Raises ManifestError, MachshError."""
    document = read(path)
    return {name: _text(document, (name,), value) for name, value in document.content.items()}


def parse_variable(word: str) -> tuple[str, str]:
    """Return name and value of `NAME=VALUE`. Raises UsageError."""
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageError(f"--var {word} gives no value", hint="write --var NAME=VALUE")
    check_variable_name(name)
    return name, value


def _default(document: ManifestDocument, place: Keys, value: Any) -> str:
    _check_name(document, place)
    if value == {}:
        name = place[-1]
        raise document.error(
            place, f'the variable "{name}" has no value', hint=f"give it: --var {name}=VALUE"
        )
    return _text(document, place, value)


def _text(document: ManifestDocument, place: Keys, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise document.error(place, f"{place[-1]} must be a text, a number, or true or false")
    return str(value)


def _check_name(document: ManifestDocument, place: Keys) -> None:
    with document.located(place):
        check_variable_name(place[-1])


def _check_source(document: ManifestDocument, place: Keys, source: Any) -> None:
    check_kind(document, place, source, TABLE)
    check_fields(document, place, source, SECRET)
    if len(source) != 1:
        raise document.error(
            place,
            f"the secret {place[-1]} comes from one place",
            hint='{ env = "NAME" } or { command = ["pass", "show", "x"] }',
        )
