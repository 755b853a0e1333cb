"""The only filter for untrusted text that goes to a terminal.

Versions, names, labels, error texts and banners come from machines that others may control. Control
characters in them could change the terminal's title, write to the clipboard or reorder a line. A terminal
gets them as visible escapes; files and pipes get the original bytes.
"""

from __future__ import annotations

import json
import re

_HIDDEN = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters that reorder text or have no width."""
# Surrogates stand for bytes that were not valid UTF-8.
_CONTROL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_HIDDEN}]")
_PLAIN = re.compile(r"[ -~\n]*")
_COLOR = re.compile(r"(\x1b\[[0-9;:]*m)")
_FIRST_BYTE = 0xDC00
"""`surrogateescape` maps the invalid byte B to this plus B."""


def clean(text: str, *, keeps_colors: bool = False) -> str:
    """Replace control and hidden characters by visible escapes, except line ends and tabs.

    `keeps_colors` lets colours (SGR sequences) pass, for text that machsh or a child process has coloured.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = text.replace("\r\n", "\n")
    if not keeps_colors:
        return _CONTROL.sub(_escape, text)
    pieces = _COLOR.split(text)
    return "".join(piece if at % 2 else _CONTROL.sub(_escape, piece) for at, piece in enumerate(pieces))


def clean_line(text: str) -> str:
    """Clean the text and join its lines, so that a table's row stays one line."""
    return clean(" ".join(text.split()) if "\n" in text or "\t" in text or "\r" in text else text)


def clean_json(text: str) -> str:
    """Replace control and hidden characters by JSON's own escapes, so that the text stays valid JSON."""
    return _CONTROL.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if _FIRST_BYTE + 0x80 <= code <= _FIRST_BYTE + 0xFF:
        code -= _FIRST_BYTE
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
