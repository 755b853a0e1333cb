"""Breaks long messages at the terminal's width, between words, but never within what a user may copy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from machsh.widths import width

LEAST_COLUMNS = 20
"""On a narrower terminal nothing is gained."""
_PROGRAMS = (
    "apt-get|chmod|chown|docker-machine|gcloud|journalctl|machsh|openssl|ssh-add|ssh-keygen|sudo|systemctl|"
    "usermod|(?<=: )(?:age|az|curl|docker|doctl|echo|export|hcloud|pip|rm|ssh)"
)
"""What begins a command; the last ones are words of prose, too."""
_QUOTED = r"""[(]*(?:`[^`]*`|"[^"]*"|'[^']*')\S*"""
_COMMAND = rf"\(?(?:{_PROGRAMS})(?= )[^;`]*?(?=[,;]? (?:or|and) |, |; |;$|\)|$)\S*"
_UNIT = re.compile(rf"{_QUOTED}|{_COMMAND}|\S+")
_HINT_UNIT = re.compile(rf"{_QUOTED}|(?<!hint: )(?<=: )[^;]+(?:;\S*)?|{_COMMAND}|\S+")


def broken(text: str, columns: int, *, indent: str = "", is_hint: bool = False) -> str:
    """Return the text with each line that is longer than `columns` broken; what follows begins with `indent`.

    Paths, quoted texts and commands stay whole, and the terminal itself breaks those that are too long:
    it copies them as one line. In a hint a command may stand after a colon, so what does stays whole, too.
    """
    if columns < LEAST_COLUMNS:
        return text
    lines = text.split("\n")
    if len(lines) == 1:
        return _broken(text, columns, indent or _start(text), is_hint)
    # Of several lines those that are set in are a host's own, or laid out.
    return "\n".join(
        line if not is_hint and _start(line) else _broken(line, columns, indent, is_hint) for line in lines
    )


def _start(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _broken(line: str, columns: int, indent: str, is_hint: bool) -> str:
    if width(line) <= columns:
        return line
    start = _start(line)
    lines, current = [], start
    for unit in _units(line, columns - width(indent), is_hint):
        is_first = current in (start, indent)
        joined = current + unit if is_first else f"{current} {unit}"
        fits_alone = width(indent + unit) <= columns
        if width(joined) <= columns or is_first or not fits_alone:
            current = joined
        else:
            lines.append(current)
            current = indent + unit
    return "\n".join([*lines, current])


def _units(line: str, room: int, is_hint: bool) -> Iterator[str]:
    """Give what stays whole. A list of words is no command, though it stands after a colon."""
    for unit in (_HINT_UNIT if is_hint else _UNIT).findall(line):
        is_list = ", " in unit and not any(" " in item for item in unit.split(", "))
        if is_hint and is_list and width(unit) > room:
            yield from unit.split()
        else:
            yield unit
