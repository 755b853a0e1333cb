"""The one filter for text on its way to a terminal.

Versions, names, labels, error texts and banners come from machines that others may control. A terminal obeys
control characters in them: it would change its title, write the clipboard or show a line in another order.
They are shown as escapes instead. Files and pipes get the bytes as they are.
"""

from __future__ import annotations

import json
import re

_HIDDEN = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters that reorder text or take no room; surrogates are bytes that were no UTF-8."""
_CONTROL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_HIDDEN}]")
_PLAIN = re.compile(r"[ -~\n]*")
_COLOR = re.compile(r"(\x1b\[[0-9;:]*m)")
_FIRST_BYTE = 0xDC00
"""`surrogateescape` keeps byte B as this plus B."""


def clean(text: str, *, keeps_colors: bool = False) -> str:
    """The text without anything that a terminal would obey but line ends and tabs.

    `keeps_colors` lets SGR sequences pass, for text that was painted here or by a child.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = text.replace("\r\n", "\n")
    if not keeps_colors:
        return _CONTROL.sub(_escape, text)
    pieces = _COLOR.split(text)
    return "".join(piece if at % 2 else _CONTROL.sub(_escape, piece) for at, piece in enumerate(pieces))


def clean_line(text: str) -> str:
    """The text in one line: a row of a table stays a row."""
    return clean(" ".join(text.split()) if "\n" in text or "\t" in text or "\r" in text else text)


def clean_json(text: str) -> str:
    """JSON with JSON's own escapes, so that it stays JSON."""
    return _CONTROL.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if _FIRST_BYTE + 0x80 <= code <= _FIRST_BYTE + 0xFF:
        code -= _FIRST_BYTE
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
