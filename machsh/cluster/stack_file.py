"""Renames the configs and secrets of a stack file by content, because swarm cannot change them in place.

docker reads the file itself; this module generates a second file that overrides configs and secrets.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machsh.errors import MachshError, UsageError
from machsh.files import explain
from machsh.regular_file import read_regular, read_text

CONTENT_LABEL = "machsh.content"
"""Label of a config or secret that is named by its content; holds the digest that is in the name."""
KINDS = ("configs", "secrets")
_DIGITS = 12
_LONGEST_NAME = 64
"""The engine's limit for the name of a config or secret."""
_LARGEST_OBJECT = 1 << 20
"""The engine accepts 500 kB for a secret and 1 MB for a config."""
_ROUNDS = 100_000
_NAMED_FROM = (3, 5)
"""The first version of the file format that has `name`."""
_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>\w+)|\{(?P<name>\w+)(?:(?P<sign>:?[-?])(?P<word>[^}]*))?\})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class StackFile:
    """A stack's file: its path, and what it says at the top level of configs and secrets."""

    path: Path
    version: Any = None
    """As in the file; None if it is missing."""
    configs: Mapping[str, Any] | None = None
    secrets: Mapping[str, Any] | None = None

    @property
    def has_names(self) -> bool:
        """Whether this version of the format allows `name` for configs and secrets."""
        if self.version is None:
            return True
        numbers = [int(one) for one in re.findall(r"\d+", str(self.version))[:2]]
        return tuple(numbers) >= _NAMED_FROM

    def override(self, stack: str, variables: Mapping[str, str]) -> dict[str, Any]:
        """Return the content of a second file that names configs and secrets by their content.

        Empty if there is nothing to rename: external ones, those of a driver, and those with a `name` are
        kept. Raises MachshError if a file that they are made of cannot be read.
        """
        found: dict[str, Any] = {}
        for kind, declared in zip(KINDS, (self.configs, self.secrets), strict=True):
            for key, entry in (declared or {}).items():
                if _is_ours(entry):
                    named = self._named(kind, stack, str(key), entry, variables)
                    found.setdefault(kind, {})[str(key)] = named
        if found and self.version is not None:
            found["version"] = self.version
        return found

    def _named(
        self, kind: str, stack: str, key: str, declared: Mapping[str, Any], variables: Mapping[str, str]
    ) -> dict[str, Any]:
        path = self.path.parent / interpolated(str(declared["file"]), variables)
        try:
            content = read_regular(path, _LARGEST_OBJECT)
        except OSError as error:
            failure = explain(error, path)
            failure.hint = failure.hint or f"{kind}.{key}.file in {self.path} names it"
            raise failure from error
        digest = _digest(kind, f"{stack}_{key}", content)
        base = f"{stack}_{key}"[: _LONGEST_NAME - _DIGITS - 1]
        labels = {**_labels(declared.get("labels")), CONTENT_LABEL: digest}
        # docker takes this whole entry in place of the file's: what else stands there is repeated.
        kept = {name: value for name, value in declared.items() if name == "template_driver"}
        file = str(path.absolute()).replace("$", "$$")
        return {**kept, "name": f"{base}-{digest}", "file": file, "labels": labels}


def read_stack_file(path: Path) -> StackFile:
    """Read a stack's file. Raises MachshError if it cannot be read, UsageError if it is no such file."""
    import yaml

    try:
        content = yaml.safe_load(read_text(path))
    except OSError as error:
        raise explain(error, path) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        reason = getattr(error, "problem", None) or "it is nested too deeply, or no text"
        raise UsageError(f"{path}{place}: this is no YAML: {reason}") from error
    if not isinstance(content, dict) or not isinstance(content.get("services"), dict):
        raise UsageError(
            f"{path}: a stack's file has services", hint="it is a compose file, as `docker stack` takes it"
        )
    maps = []
    for kind in KINDS:
        declared = content.get(kind)
        if declared is not None and not isinstance(declared, dict):
            raise UsageError(f"{path}: {kind} is no mapping of names")
        maps.append(declared)
    return StackFile(path, content.get("version"), *maps)


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with its variables replaced, as docker does in compose files.

    Raises MachshError for a variable that must be set (`${NAME:?words}`) and is not.
    """

    def value(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        name, sign = found["plain"] or found["name"], found["sign"] or ""
        given = variables.get(name)
        if given is None or (not given and sign.startswith(":")):
            if sign.endswith("?"):
                raise MachshError(f"{text}: {name} is not set: {found['word'] or 'it must be'}")
            return (found["word"] or "") if sign else given or ""
        return given

    return _VARIABLE.sub(value, text)


def _is_ours(declared: Any) -> bool:
    """Whether a config or secret is made from a file and has no name of its own."""
    return (
        isinstance(declared, dict)
        and isinstance(declared.get("file"), str)
        and not any(declared.get(key) for key in ("external", "name", "driver"))
    )


def _labels(declared: Any) -> dict[str, Any]:
    """Return labels, which may be a mapping or a list of `KEY=VALUE`."""
    if isinstance(declared, dict):
        return {str(key): value for key, value in declared.items()}
    pairs = (str(one).partition("=") for one in declared or ())
    return {key: value for key, _, value in pairs}


def _digest(kind: str, name: str, content: bytes) -> str:
    """Return a content's digest. Names are public: a secret's digest is slow to compute, against guessing."""
    if kind == "secrets":
        return hashlib.pbkdf2_hmac("sha256", content, name.encode(), _ROUNDS).hex()[:_DIGITS]
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
