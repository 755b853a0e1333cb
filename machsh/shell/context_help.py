"""Help on the command being typed: F1, or `?` after the command."""

from __future__ import annotations

from machsh.shell.completion.command_form import CommandForm
from machsh.shell.completion.grammar import COMMAND, WordSlot
from machsh.shell.completion.line import split
from machsh.shell.completion.lookup import slots_at
from machsh.shell.completion.sources import Sources
from machsh.shell.prompt import Fragments

GENERAL = (
    "Tab            completes: commands, options, machines, containers, images, paths",
    "use NAME, F4   switch to another machine; use - goes back",
    "@NAME COMMAND  one line on another machine; @a,b and @all on several",
    "!COMMAND       a command of this computer; | > < work as in any shell",
    "Ctrl-R         searches the history; again: this machine, this session",
    "Alt-Enter      a new line; Ctrl-X Ctrl-E opens the editor",
    "COMMAND?, F1   help on a command; help lists all of them",
    "Ctrl-D, exit   leave",
)
COLUMN = 28
MOST_OPTIONS = 40


def is_question(text: str, sources: Sources) -> bool:
    """Return whether a line is only `?`, or a command followed by `?`."""
    bare = text.rstrip()
    if not bare.endswith("?"):
        return False
    slots = _slots(bare[:-1].rstrip(), sources)[:-1]
    return bare == "?" or (bool(slots) and all(slot.role == COMMAND and slot.is_known for slot in slots))


def help_on(before: str, sources: Sources) -> Fragments:
    """Return help on the command at the end of a text, or on the shell if there is none."""
    slots = _slots(before, sources)
    form = next((slot.form for slot in reversed(slots) if slot.form is not None), None)
    if form is None:
        return [("", "\n".join(GENERAL))]
    return [("", "\n".join(_lines(form)))]


def _slots(before: str, sources: Sources) -> list[WordSlot]:
    words = [word.text for word in split(before).pieces[-1].words]
    return slots_at(" ".join(words) + " ", sources) if words else []


def _lines(form: CommandForm) -> list[str]:
    lines = [f"{form.title} {form.syntax}".rstrip()]
    if form.summary:
        lines.append(f"  {form.summary}")
    if form.command is not None and form.command.description:
        lines.append(f"  {form.command.description}")
    flags = form.own_flags()
    for flag in flags[:MOST_OPTIONS]:
        written = ", ".join(reversed(flag.words))
        lines.append(f"  {written:<{COLUMN}} {flag.help}  {flag.note}".rstrip())
    if len(flags) > MOST_OPTIONS:
        lines.append(f"  … and {len(flags) - MOST_OPTIONS} more: {form.title} --help")
    for example in form.command.examples if form.command is not None else ():
        lines.append(f"  example: {example}")
    return lines
