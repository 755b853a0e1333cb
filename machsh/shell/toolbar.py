"""The syntax of the command being typed, for the line at the bottom."""

from __future__ import annotations

from machsh.session.actions import DOCKER
from machsh.shell.complete.candidates import slots_at
from machsh.shell.complete.forms import Form
from machsh.shell.complete.sources import Sources
from machsh.shell.prompt import Fragments


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


def describe(form: Form) -> Fragments:
    """One command's syntax and what it is for."""
    syntax = f" {form.syntax}" if form.syntax else ""
    summary = f"  {form.summary}" if form.summary else ""
    return [("class:toolbar.command", form.title), ("", syntax), ("class:toolbar.dim", summary)]
