"""What of a typed line may be remembered."""

from __future__ import annotations

import re
from collections.abc import Collection

_WORD = re.compile(r"""(?:[^\s'"\\;|&]|\\.|'[^']*'|"(?:\\.|[^"\\])*")+""", re.DOTALL)
_TELLING = re.compile(
    r"(pass(word|phrase|wd)?|secret|token|credentials?|(api|access|private)-?key)$", re.IGNORECASE
)
"""Names that give themselves away, whoever declared them."""
_SHORT_OF = {"login": ("-p",)}
"""docker's short options that carry a secret."""
_SAFE = ("ssh-key", "key-path")


def memorable(text: str, secret_options: Collection[str] = ()) -> str:
    """The line as history may keep it: secret options cut out, empty when nothing may be kept.

    A line that begins with a space is not kept. `secret_options` are long names without dashes. Cutting the
    option with its value leaves a line that can be run again: it then asks, or reads the option's variable.
    """
    if not text.strip() or text[0].isspace():
        return ""
    cuts = _cuts(text, secret_options)
    for start, end in reversed(cuts):
        text = text[:start].rstrip(" ") + text[end:] if text[end:].strip() else text[:start].rstrip()
    return text


def _cuts(text: str, secret_options: Collection[str]) -> list[tuple[int, int]]:
    words = list(_WORD.finditer(text))
    shorts = _shorts([word.group() for word in words])
    cuts, place = [], 0
    while place < len(words):
        word = words[place].group()
        name, has_value, _ = word.partition("=")
        if _is_secret(name, secret_options) or name in shorts:
            is_pair = not has_value and place + 1 < len(words)
            last = words[place + 1] if is_pair else words[place]
            cuts.append((words[place].start(), last.end()))
            place += is_pair
        elif has_value and not name.startswith("-") and _TELLING.search(name.replace("_", "-")):
            cuts.append((words[place].start(), words[place].end()))
        place += 1
    return cuts


def _shorts(words: list[str]) -> tuple[str, ...]:
    for word in words[:3]:
        if word in _SHORT_OF:
            return _SHORT_OF[word]
    return ()


def _is_secret(word: str, secret_options: Collection[str]) -> bool:
    if not word.startswith("-"):
        return False
    name = word.lstrip("-")
    if name in secret_options:
        return True
    return word.startswith("--") and bool(_TELLING.search(name)) and not name.endswith(_SAFE)
