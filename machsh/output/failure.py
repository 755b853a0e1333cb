"""An expected failure, told to the user: one clear message, where it is, and the remedy."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.output import screen
from machsh.output.theme import Theme


def tell(environment: Environment, error: MachshError, *, place: str = "", picture: str = "") -> None:
    """Print the failure on stderr.

    `place` is `FILE:LINE`; `picture` is the line with carets under the fault. Called as docker-machine, the
    message stands alone, with the help before it where docker-machine prints it.
    """
    preface = getattr(error, "preface", "")
    if preface:
        screen.put(environment.stdout, preface)
    environment.stdout.flush()
    if environment.is_docker_machine:
        screen.put(environment.stderr, f"{error}\n")
        return
    theme = Theme(is_on=environment.uses_color(environment.stderr))
    lines = [theme.paint(f"{place}: ", "dim") + theme.paint(str(error), "error") if place else str(error)]
    if not place:
        lines = [theme.paint(str(error).rstrip("\n"), "error")]
    lines += [f"  {line}" for line in picture.splitlines()]
    if error.hint:
        lines.append(theme.paint(f"  hint: {error.hint}", "hint"))
    screen.put(environment.stderr, "\n".join(lines) + "\n")


def note(environment: Environment, text: str) -> None:
    """Print a line on stderr that is no failure."""
    environment.stdout.flush()
    screen.put(environment.stderr, text + "\n")
