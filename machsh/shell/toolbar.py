"""The line at the bottom: what it is made of, how it fits the screen, the syntax of what is typed."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.humanize import elapsed
from machsh.session.dispatch import DOCKER
from machsh.shell.completion.command_form import CommandForm
from machsh.shell.completion.lookup import slots_at
from machsh.shell.completion.sources import Sources
from machsh.shell.prompt import Fragments

NARROW = 60
"""Below this many columns the keys are left out."""
KEYS = (("F1", "help"), ("F4", "machines"), ("^R", "history"))


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the names of the active machine can be trusted."""

    is_live: bool = False
    is_refreshing: bool = False
    age: float | None = None
    """Seconds since they were true; None when they never were known."""
    trouble: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """Style class and text."""
        if self.is_refreshing:
            return "class:toolbar.dim", "refreshing…"
        if self.is_live:
            return "class:toolbar.dim", "live"
        if self.age is not None:
            return "class:toolbar.alert", f"names {elapsed(self.age)} old"
        return ("class:toolbar.alert", "no answer") if self.trouble else ("", "")


@dataclass(frozen=True, slots=True)
class Toolbar:
    """What the toolbar tells at one moment."""

    left: Fragments
    right: Fragments

    def render(self, width: int) -> Fragments:
        """The bar cut to the screen: the left part gives way."""
        tail = sum(len(text) for _, text in self.right)
        room = max(width - tail - 1, 0)
        shown: Fragments = []
        for style, text in self.left:
            part = text if len(text) <= room else text[: max(room - 1, 0)] + "…"
            if room > 0 and part:
                shown.append((style, part))
            room -= len(part)
        return [*shown, ("", " " * max(room, 0)), ("", " "), *self.right]


def key_hints(width: int) -> Fragments:
    """The keys worth knowing, when nothing else is to be told."""
    if width < NARROW:
        return [("class:toolbar.dim", "Tab completes · F1 help")]
    parts: Fragments = [("class:toolbar.command", "Tab"), ("class:toolbar.dim", " completes")]
    for key, text in KEYS:
        parts += [
            ("class:toolbar.dim", " · "),
            ("class:toolbar.command", key),
            ("class:toolbar.dim", f" {text}"),
        ]
    return parts


def syntax(before: str, sources: Sources) -> Fragments:
    """How the command at the cursor is written; nothing before one is known."""
    slots = slots_at(before, sources)
    form = slots[-1].form if slots else None
    if form is None or form.title == DOCKER:
        return []
    flag = slots[-1].flag
    if flag is not None:
        note = f" ({flag.note})" if flag.note else ""
        return [("class:toolbar.command", flag.title), ("", f"{note}  {flag.help}")]
    return describe(form)


def describe(form: CommandForm) -> Fragments:
    """One command's syntax and what it is for."""
    syntax = f" {form.syntax}" if form.syntax else ""
    summary = f"  {form.summary}" if form.summary else ""
    return [("class:toolbar.command", form.title), ("", syntax), ("class:toolbar.dim", summary)]
