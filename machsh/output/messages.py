"""Prints expected errors (message, place, hint) and notes on stderr."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import InterruptedByUserError, MachshError
from machsh.output import console
from machsh.output.prose import broken
from machsh.output.terminal_text import clean
from machsh.output.theme import Theme

_HINT = "  hint: "
_CLEAR_LINE = "\r\x1b[K"
"""Takes the terminal's `^C` away, which would stand before the message."""


def report_error(environment: Environment, error: MachshError, *, place: str = "", picture: str = "") -> None:
    """Print the error on stderr.

    `place` is `FILE:LINE`; `picture` is the line with carets under the fault. An error's `preface`, such as
    the help that docker-machine prints, goes to stdout first. Called as docker-machine, print only the
    message, without place, picture and hint.
    """
    is_terminal = environment.is_terminal(environment.stderr)
    shown = clean if is_terminal else str
    preface = getattr(error, "preface", "")
    if preface:
        console.put(environment.stdout, preface)
    environment.stdout.flush()
    if environment.is_docker_machine:
        console.put(environment.stderr, f"{shown(str(error))}\n")
        return
    theme = Theme.of(environment, environment.stderr)
    columns = console.size(environment, environment.stderr)[0] if is_terminal else 0
    said = shown(str(error) if place else str(error).rstrip("\n"))
    message = theme.paint(said if place else broken(said, columns), "error")
    lines = [theme.paint(shown(f"{place}: "), "dim") + message if place else message]
    lines += [f"  {shown(line)}" for line in picture.splitlines()]
    if error.hint:
        hint = broken(shown(f"{_HINT}{error.hint}"), columns, indent=" " * len(_HINT), is_hint=True)
        lines.append(theme.paint(hint, "hint"))
    if isinstance(error, InterruptedByUserError) and is_terminal and not environment.is_dumb_terminal:
        console.put(environment.stderr, _CLEAR_LINE, is_ours=True)
    console.put(environment.stderr, "\n".join(lines) + "\n")


def note(environment: Environment, text: str, look: str = "", *, lead: str = "", lead_look: str = "") -> None:
    """Print a line that is not an error on stderr, after `lead`; the looks are names in the theme."""
    environment.stdout.flush()
    theme = Theme.of(environment, environment.stderr)
    if environment.is_terminal(environment.stderr):
        text, lead = clean(text), clean(lead)
    console.put(environment.stderr, f"{theme.paint(lead, lead_look)}{theme.paint(text, look)}\n")
