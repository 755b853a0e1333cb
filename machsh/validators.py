"""What a value from outside may be before it becomes a word of a command line, a path or an address.

A field of a record names its rule (`machsh.record.checked`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"(?![-.])[^\s\x00-\x20\x7f\"'`$\\;&|<>(){}@/,#?]*")
_USER = re.compile(r"(?![-+@])(?:[\w.@+\\-]*[\w.@+-]\$?)?")
_MOST = 4096
"""Characters of the longest path of Linux; no name, address or URL of a record is longer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must be; `words` complete the sentence `this is not ...`."""

    words: str
    accepts: Callable[[Any], bool]


def _is_line(value: str) -> bool:
    return not _CONTROL.search(value)


def _is_argument(value: str) -> bool:
    """Whether a program takes it for a value: one that begins with a dash would be an option."""
    return _is_line(value) and not value.startswith("-") and len(value) <= _MOST


def _is_word(value: str) -> bool:
    return _is_argument(value) and not re.search(r"\s", value)


def _is_component(value: str) -> bool:
    return _is_argument(value) and value not in (".", "..") and not re.search(r"[/\\]", value)


TEXT = Rule("text without NUL characters", lambda value: "\0" not in value)
"""Any text without NUL characters."""
LINE = Rule("one line of text", _is_line)
"""One line of text."""
WORD = Rule("one word", _is_word)
"""One line without blanks that is no option."""
PATH = Rule("a path", _is_argument)
"""A path that is no option."""
URL = Rule("a URL", _is_argument)
"""A URL that is no option."""
NAME = Rule("a name", _is_component)
"""One component of a path."""
ADDRESS = Rule(
    "an address",
    lambda value: len(value) <= _MOST and value.isprintable() and bool(_ADDRESS.fullmatch(value)),
)
"""A host name or an IP address, with or without port."""
USER = Rule("a user name", lambda value: len(value) <= _MOST and bool(_USER.fullmatch(value)))
"""The name of a user on a host."""
PORT = Rule("a port", lambda value: 0 <= value <= 65535)
"""A port; 0 stands for the usual one."""
MOST_SECONDS = 1_000_000
"""The longest wait: what the system's calls still take, and more than anybody waits."""
SECONDS = Rule(f"a number of seconds up to {MOST_SECONDS}", lambda value: 0 <= value <= MOST_SECONDS)
"""A time to wait."""
COUNT = Rule("a number from 0 on", lambda value: value >= 0)
"""A number that is not negative."""
