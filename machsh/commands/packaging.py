"""What a package of machsh installs beside the program: the manual page and the completion files."""

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
"""Where each shell looks for a program's completion file, below `share`."""


def files() -> dict[str, str]:
    """Each file's place below `share`, and its content."""
    drivers = {one.name: one.options for one in registry.usable(NoPlugins())}
    commands = command_table.built_in()
    words = entries.build(PROGRAM, commands, drivers)
    found = {place: completion.script(shell, words) for shell, place in COMPLETIONS.items()}
    return {MANUAL: manual.page(__version__, commands, drivers), **found}
