"""The toolbar at the bottom: its contents, and how they are cut to the width of the screen."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.humanize import elapsed
from machsh.session.resolve import DOCKER
from machsh.shell.completion.command_form import CommandForm
from machsh.shell.completion.lookup import slots_at
from machsh.shell.completion.sources import Sources
from machsh.shell.prompt import Fragments

NARROW = 60
"""Screens with fewer columns get the short key hints."""
KEYS = (("F1", "help"), ("F4", "machines"), ("^R", "history"))


@dataclass(frozen=True, slots=True)
class Freshness:
    """How up to date the names of the active machine are."""

    is_live: bool = False
    is_refreshing: bool = False
    age: float | None = None
    """Seconds since the names were known to be true; None if they never were."""
    trouble: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """Style class and text for the toolbar; both empty if there is nothing to say."""
        if self.is_refreshing:
            return "class:toolbar.dim", "refreshing…"
        if self.is_live:
            return "class:toolbar.dim", "live"
        if self.age is not None:
            return "class:toolbar.alert", f"names {elapsed(self.age)} old"
        return ("class:toolbar.alert", "no answer") if self.trouble else ("", "")


@dataclass(frozen=True, slots=True)
class Toolbar:
    """The contents of the toolbar."""

    left: Fragments
    right: Fragments

    def render(self, width: int) -> Fragments:
        """Return the bar for `width` columns; the left part is cut if there is not enough room."""
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
    """Return hints for the most useful keys, shown when there is nothing else to show."""
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
    """Return the syntax of the command or option at the cursor; empty if there is none yet."""
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
    """Return a command's syntax and summary."""
    syntax = f" {form.syntax}" if form.syntax else ""
    summary = f"  {form.summary}" if form.summary else ""
    return [("class:toolbar.command", form.title), ("", syntax), ("class:toolbar.dim", summary)]
