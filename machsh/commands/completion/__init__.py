"""Completion files for the user's shell, generated from the table of commands."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machsh.commands.completion.entries import CompletionModel

SHELLS = ("bash", "zsh", "fish")


def script(shell: str, model: CompletionModel) -> str:
    """Return the completion file for one of `SHELLS`."""
    from importlib import import_module

    module = import_module(f"machsh.commands.completion.{shell}")
    text: str = module.script(model)
    return text
