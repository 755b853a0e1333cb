"""Stores the command tree on disk between shells."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from machsh import files
from machsh.engine.cli_tree.model import CliArgument, CliCommand, CliFlag, CliSubcommand
from machsh.engine.cli_tree.query import Completion
from machsh.errors import MachshError
from machsh.regular_file import read_text

_MOST_FILES = 4
"""How many trees are kept; those of old CLI versions are deleted."""

_LARGEST = 64 << 20

Key = tuple[str, ...]


def load(file: Path) -> tuple[dict[Key, CliCommand], dict[Key, Completion]]:
    """Read (commands, flag values) from a file; both empty if it is missing or damaged."""
    try:
        sum_of_it, _, text = read_text(file, _LARGEST).partition("\n")
        if sum_of_it != _sum(text):
            return {}, {}
        content = json.loads(text)
        commands = [_command(item) for item in content["commands"]]
        values = {
            tuple(item["of"]): Completion(
                tuple((value, text) for value, text in item["values"]), item["directive"]
            )
            for item in content["values"]
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}, {}
    return {command.path: command for command in commands}, values


def save(file: Path, commands: dict[Key, CliCommand], values: dict[Key, Completion]) -> None:
    """Write the tree to a file. Errors are ignored: the next shell then reads the tree from the CLI again."""
    content = {
        "commands": [dataclasses.asdict(command) for command in commands.values()],
        "values": [
            {"of": key, "values": found.values, "directive": found.directive} for key, found in values.items()
        ],
    }
    text = json.dumps(content, separators=(",", ":"))
    with contextlib.suppress(MachshError, OSError):
        files.make_private_folder(file.parent)
        files.write_atomically(file, f"{_sum(text)}\n{text}".encode())
        _drop_old(file.parent)


def _sum(text: str) -> str:
    """Return the checksum kept in the file's first line, which reveals a damaged file."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _command(item: dict[str, Any]) -> CliCommand:
    return CliCommand(
        path=tuple(item["path"]),
        help=item["help"],
        usages=tuple(item["usages"]),
        words=tuple(CliArgument(**word) for word in item["words"]),
        flags=tuple(CliFlag(**flag) for flag in item["flags"]),
        children=tuple(CliSubcommand(**child) for child in item["children"]),
        aliases=tuple(tuple(alias) for alias in item["aliases"]),
    )


def _drop_old(folder: Path) -> None:
    found = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in found[_MOST_FILES:]:
        file.unlink(missing_ok=True)
