"""Names of looks, and what they are on a terminal."""

from __future__ import annotations

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
MACHINE_COLORS = 6
"""How many machines get a colour of their own (`machine.0` and on) before colours repeat."""

ARROW, PLAIN_ARROW = "❯", ">"


class Theme:
    """Puts looks around text."""

    def __init__(self, name: str = "dark", *, is_on: bool = True) -> None:
        """`name` is dark or light; without `is_on` nothing is ever coloured."""
        self._codes = (LIGHT if name == "light" else DARK) if is_on else {}

    def paint(self, text: str, look: str) -> str:
        """The text in a look; an unknown or empty look leaves it as it is."""
        code = self._codes.get(look)
        return f"\x1b[{code}m{text}{RESET}" if code and text else text


def arrow(environment: Environment) -> str:
    """The prompt's arrow, in letters that the output can show."""
    try:
        ARROW.encode(getattr(environment.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return PLAIN_ARROW
    return ARROW


def state_look(state: str) -> str:
    """The look of a machine's state."""
    return f"state.{state.lower()}"
