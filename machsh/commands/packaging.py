"""The files that a package of machsh installs besides the program: manual page and completion files."""

from __future__ import annotations

from machsh import __version__
from machsh.commands import command_table, completion, manual
from machsh.commands.completion import entries
from machsh.drivers import registry
from machsh.plugin.catalog import NoPlugins

PROGRAM = "machsh"
MANUAL = "man/man1/machsh.1"
COMPLETIONS = {
    "bash": "bash-completion/completions/machsh",
    "zsh": "zsh/site-functions/_machsh",
    "fish": "fish/vendor_completions.d/machsh.fish",
}
"""Shell -> the path below `share` where it looks for the completion file."""


def files() -> dict[str, str]:
    """Return path below `share` -> content, for each file."""
    drivers = {one.name: one.options for one in registry.usable(NoPlugins())}
    commands = command_table.built_in()
    words = entries.build(PROGRAM, commands, drivers)
    found = {place: completion.script(shell, words) for shell, place in COMPLETIONS.items()}
    return {MANUAL: manual.page(__version__, commands, drivers), **found}
