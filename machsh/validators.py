"""Validation rules for outside values that end up in command lines, paths or addresses.

Fields of records name their rule with `machsh.record.checked`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"(?![-.])[^\s\x00-\x20\x7f\"'`$\\;&|<>(){}@/,#?]*")
_USER = re.compile(r"(?![-+@])(?:[\w.@+\\-]*[\w.@+-]\$?)?")
_IMAGE = re.compile(r"(?!.*//)(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,65536}")
_MOST = 4096
"""Length limit in characters, taken from Linux's longest path."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule; `words` describe a valid value in the message `FIELD is not WORDS`."""

    words: str
    accepts: Callable[[Any], bool]


def _is_line(value: str) -> bool:
    return not _CONTROL.search(value)


def _is_argument(value: str) -> bool:
    """Whether a program would read it as a value; with a leading dash it would be an option."""
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
"""One line without white space and without a leading dash."""
PATH = Rule("a path", _is_argument)
"""One line without a leading dash."""
URL = Rule("a URL", _is_argument)
"""One line without a leading dash."""


def _is_api_url(value: str) -> bool:
    from urllib.parse import urlsplit  # late: few records have one

    try:
        parts = urlsplit(value)
        is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    except ValueError:
        return False
    return _is_argument(value) and bool(parts.hostname) and (parts.scheme == "https" or is_here)


API_URL = Rule("a URL with https", _is_api_url)
"""Where a login may be sent: https, or http to this computer."""
IMAGE = Rule("the name of an image", lambda value: bool(_IMAGE.fullmatch(value)))
"""An image's name with or without a tag or digest, or (a part of) its digest."""
TOKEN = Rule("one word of ASCII characters", lambda value: bool(_TOKEN.fullmatch(value)))
"""What can stand in the header of a request: no white space, no control characters, nothing beyond ASCII."""
NAME = Rule("a name", _is_component)
"""One component of a path: no slashes, no leading dash, not `.` or `..`."""
ADDRESS = Rule(
    "an address",
    lambda value: len(value) <= _MOST and value.isprintable() and bool(_ADDRESS.fullmatch(value)),
)
"""A host name or IP address, optionally with a port."""
USER = Rule("a user name", lambda value: len(value) <= _MOST and bool(_USER.fullmatch(value)))
"""The name of a user on a host."""
PORT = Rule("a port", lambda value: 0 <= value <= 65535)
"""A port number; 0 means the default port."""
MOST_SECONDS = 1_000_000
"""The longest timeout, about 11 days; small enough for every system call that takes one."""
SECONDS = Rule(f"a number of seconds up to {MOST_SECONDS}", lambda value: 0 <= value <= MOST_SECONDS)
"""A timeout in seconds."""
COUNT = Rule("a number from 0 on", lambda value: value >= 0)
"""A number that is not negative."""
