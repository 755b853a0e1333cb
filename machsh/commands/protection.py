"""`protect`: machines whose name must be typed before they are destroyed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from machsh.commands import naming
from machsh.commands.command import Context
from machsh.errors import MachshError, RefusedError
from machsh.machine.name import stored


@runtime_checkable
class AsksText(Protocol):
    """An `Ask` that can also take a line of text."""

    def text(self, prompt: str) -> str:
        """A line that the user types. Raises UsageError when nobody can be asked."""


def protect(context: Context) -> None:
    """Mark machines as protected, or take the mark away."""
    wanted = not context.values.flag("off")
    for name in [stored(word) for word in context.words]:
        naming.refuse_local(name, context)
        with context.machines.store.change(name) as record:
            record.machsh.protected = wanted
        context.progress.info(f'Machine "{name}" is {"" if wanted else "no longer "}protected.')


def is_protected(context: Context, name: str) -> bool:
    """Whether a machine is protected; one that cannot be read is not."""
    try:
        return context.machines.get(name).record.machsh.protected
    except MachshError:
        return False


def check(context: Context, names: Sequence[str], verb: str) -> None:
    """Have the name of each protected machine typed. Raises RefusedError when it is not."""
    for name in names:
        if not is_protected(context, name):
            continue
        typed = ""
        if isinstance(context.ask, AsksText) and context.environment.is_interactive:
            typed = context.ask.text(f'"{name}" is protected. Type its name to {verb} it: ')
        if typed.strip() != name:
            raise RefusedError(f'"{name}" is protected', hint=f"machsh protect --off {name} takes that away")
