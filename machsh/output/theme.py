"""Themes: the terminal colours of named looks."""

from __future__ import annotations

from typing import TextIO

from machsh.environment import Environment

RESET = "\x1b[0m"
DARK: dict[str, str] = {
    "heading": "1",
    "error": "1;31",
    "warning": "33",
    "hint": "36",
    "dim": "2",
    "done": "32",
    "failed": "31",
    "machine": "1;36",
    "protected": "1;37;41",
    "state.running": "32",
    "state.starting": "33",
    "state.stopping": "33",
    "state.paused": "33",
    "state.saved": "34",
    "state.stopped": "2",
    "state.error": "31",
    "state.timeout": "31",
    "machine.0": "36",
    "machine.1": "33",
    "machine.2": "35",
    "machine.3": "32",
    "machine.4": "34",
    "machine.5": "31",
}
LIGHT: dict[str, str] = {**DARK, "warning": "35", "machine": "1;34", "hint": "34", "machine.1": "35"}
_TOKENS = {
    "heading": "Generic.Heading",
    "error": "Generic.Error",
    "warning": "Name.Exception",
    "hint": "Name.Attribute",
    "dim": "Comment",
    "done": "String",
    "failed": "Generic.Error",
    "machine": "Name.Function",
    "state.running": "String",
    "state.starting": "Number",
    "state.stopping": "Number",
    "state.paused": "Number",
    "state.saved": "Name.Attribute",
    "state.stopped": "Comment",
    "state.error": "Generic.Error",
    "state.timeout": "Generic.Error",
    "machine.0": "Name.Function",
    "machine.1": "String",
    "machine.2": "Number",
    "machine.3": "Keyword",
    "machine.4": "Name.Class",
    "machine.5": "Name.Attribute",
}
"""Look -> the token whose colour it takes in a Pygments style."""
BUILT_IN = ("dark", "light")
MACHINE_COLORS = 6
"""Number of different colours for machines (`machine.0` to `machine.5`) before they repeat."""

ARROW, PLAIN_ARROW = "❯", ">"


class Theme:
    """Colours text by the name of a look, such as `error` or `state.running`."""

    def __init__(self, name: str = "dark", *, is_on: bool = True) -> None:
        """`name` is dark, light or a Pygments style; unknown means dark. `is_on=False` uses no colours."""
        self._codes = _codes(name) if is_on else {}

    @classmethod
    def of(cls, environment: Environment, stream: TextIO) -> Theme:
        """Return the user's theme, turned off if the stream is not to be coloured."""
        return cls(environment.theme, is_on=environment.uses_color(stream))

    def paint(self, text: str, look: str) -> str:
        """Return the text in a look's colour; unchanged for an unknown or empty look."""
        code = self._codes.get(look)
        return f"\x1b[{code}m{text}{RESET}" if code and text else text


def _codes(name: str) -> dict[str, str]:
    """Return look -> SGR codes (such as `1;31`); an unknown theme means dark."""
    if name in BUILT_IN:
        return LIGHT if name == "light" else DARK
    from pygments.formatters.terminal256 import Terminal256Formatter
    from pygments.util import ClassNotFound

    try:
        starts = Terminal256Formatter(style=name).style_string
    except ClassNotFound:
        return DARK
    codes = dict(DARK)
    for look, token in _TOKENS.items():
        start = starts.get(f"Token.{token}", ("", ""))[0]
        if start:
            codes[look] = start.removeprefix("\x1b[").removesuffix("m")
    return codes


def highlighted(text: str, language: str, theme: str) -> str:
    """Highlight text with Pygments for a terminal; `language` is a Pygments lexer's name."""
    from pygments import highlight
    from pygments.formatter import Formatter
    from pygments.formatters import Terminal256Formatter, TerminalFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    formatter: Formatter[str] = TerminalFormatter(bg=theme if theme in BUILT_IN else "dark")
    if theme not in BUILT_IN:
        try:
            formatter = Terminal256Formatter(style=theme)
        except ClassNotFound:
            pass  # an unknown theme means dark
    shown: str = highlight(text, get_lexer_by_name(language, stripnl=False, ensurenl=False), formatter)
    return shown


def arrow(environment: Environment) -> str:
    """Return the prompt's arrow, or `>` if the encoding of stdout lacks it."""
    try:
        ARROW.encode(getattr(environment.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return PLAIN_ARROW
    return ARROW


def state_look(state: str) -> str:
    """Return the look of a machine's state, such as `state.running`."""
    return f"state.{state.lower()}"
