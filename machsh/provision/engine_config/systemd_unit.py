"""Parses the engine's systemd unit, and writes a drop-in that removes flags which are in `daemon.json`.

dockerd refuses to start if a setting is both on its command line and in `daemon.json`, and every
distribution's unit has `-H fd://`. The drop-in repeats the unit's ExecStart without such flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from machsh.provision.engine_config.dockerd_flags import BOOLEANS, SHORT, key_of

DROP_IN_FOLDER = "/etc/systemd/system/docker.service.d"
DROP_IN = f"{DROP_IN_FOLDER}/zz-machsh.conf"
"""Sorts last, so that it overrides other drop-ins."""
OLD_DROP_IN = f"{DROP_IN_FOLDER}/10-machine.conf"
"""docker-machine's drop-in, which replaces the whole command line."""

_WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s"'])+""")
_VARIABLE = re.compile(r"^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$")
_ASSIGNMENT = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#]*)""", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """dockerd's command line after removing flags from it."""

    words: tuple[str, ...]
    """The words as in the unit, quotes included."""
    taken: tuple[str, ...]
    """The removed flags, each `flag=value` or `flag`."""


def start_line(unit: str) -> str:
    """Return the last ExecStart in `systemctl cat`, except in drop-ins of machsh and docker-machine."""
    found = ""
    for path, name, value in _settings(unit):
        if path not in (DROP_IN, OLD_DROP_IN) and name == "ExecStart":
            found = value
    return found


def _settings(unit: str) -> Iterator[tuple[str, str, str]]:
    """Yield file, name and value of each setting in [Service] sections, in the order systemd reads them."""
    path, section = "", ""
    for line in unit.replace("\\\n", " ").splitlines():
        text = line.strip()
        if text.startswith("# /"):
            path = text[2:]
        elif text.startswith("["):
            section = text
        elif section == "[Service]" and "=" in text and text[0] not in "#;":
            name, _, value = text.partition("=")
            yield path, name.strip(), value.strip()


def words(text: str) -> list[str]:
    """Split a line into words as systemd does; quotes are kept."""
    return _WORD.findall(text)


def bare(word: str) -> str:
    """Return a word without surrounding quotes."""
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word


def assignments(text: str) -> dict[str, str]:
    """Return the variables of an environment file such as `/etc/default/docker`."""
    return {match[1]: bare(match[2]) for match in _ASSIGNMENT.finditer(text)}


def without(line: str, keys: Iterable[str], variables: Mapping[str, str]) -> CommandLine:
    """Remove the flags of these `daemon.json` keys from a command line.

    A `$NAME` in it is replaced by its value if that contains such a flag, else it is left alone.
    """
    wanted = frozenset(keys)
    kept: list[str] = []
    taken: list[str] = []
    for piece in _expanded(words(line), wanted, variables):
        if _flag(piece[0]) and key_of(_flag(piece[0])) in wanted:
            taken.append(_option(piece))
        else:
            kept.extend(piece)
    return CommandLine(tuple(kept), tuple(taken))


def _expanded(line: list[str], wanted: frozenset[str], variables: Mapping[str, str]) -> Iterator[list[str]]:
    for piece in _pieces(line):
        match = _VARIABLE.match(piece[0])
        inside = list(_pieces(words(variables.get(match[1], "")))) if match else []
        if any(_flag(part[0]) and key_of(_flag(part[0])) in wanted for part in inside):
            yield from inside
        else:
            yield piece


def _pieces(line: list[str]) -> Iterator[list[str]]:
    """Group the words into pieces: a flag and its value form one."""
    rest = iter(line)
    for word in rest:
        flag = _flag(word)
        if flag and "=" not in word and not _is_glued(word) and flag not in BOOLEANS:
            value = next(rest, None)
            yield [word] if value is None else [word, value]
        else:
            yield [word]


def _is_glued(word: str) -> bool:
    """Whether a short flag includes its value, as in `-Hfd://`."""
    return not word.startswith("--") and len(word) > 2


def _flag(word: str) -> str:
    """Return the long name of the flag in a word; empty if it is not a flag."""
    text = bare(word)
    if text.startswith("--"):
        return text[2:].partition("=")[0]
    return SHORT.get(text[1:2], text[1:2]) if text.startswith("-") else ""


def _option(piece: list[str]) -> str:
    text = bare(piece[0])
    if len(piece) > 1:
        return f"{_flag(piece[0])}={bare(piece[1])}"
    if text.startswith("--"):
        return text[2:]
    return f"{_flag(text)}={text[2:].lstrip('=')}" if len(text) > 2 else _flag(text)


def drop_in(line: CommandLine | None, variables: Iterable[str]) -> str:
    """Return the drop-in's text; empty if the unit needs no change."""
    lines: list[str] = []
    if line is not None and line.taken:
        lines += ["ExecStart=", "ExecStart=" + " ".join(line.words)]
    lines += [f"Environment={quoted(variable)}" for variable in variables]
    if not lines:
        return ""
    return "\n".join(
        ["# Written by machsh; /etc/docker/daemon.json holds the settings.", "[Service]", *lines, ""]
    )


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "%": "%%", "\n": "\\n", "\t": "\\t"})


def quoted(variable: str) -> str:
    """Return `NAME=value` quoted for an `Environment=` line; blanks, quotes and percent signs are kept."""
    return f'"{variable.translate(_ESCAPES)}"'
