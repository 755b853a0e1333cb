"""The command that finds what no machine has any more."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

COMMANDS = (
    Command(
        "orphans",
        "List what machines left behind that no longer exist, and remove it",
        "machsh.commands.handlers.orphans_command:orphans",
        options=(
            Option("driver", "Only what this driver made", short="d", values="driver", ours=True),
            Option("remove", "Remove what is listed, after a question", Kind.BOOL, ours=True),
            Option("y", "Remove without a question", Kind.BOOL, ours=True),
            Option("json", "The list for programs", Kind.BOOL, ours=True),
            Option("timeout", "How long one question or removal may take, in seconds", Kind.INT, ours=True),
        ),
        arguments=(Argument("NAME", "What is left over; all of this store when it is left out", Count.ANY),),
        description="Asks the drivers for containers, volumes, virtual machines and processes that they made "
        "and that no record of this store has, and the store for folders that a killed process left. What "
        "another store made is shown with that store, and is removed only if it is named.",
        examples=(
            "orphans",
            "orphans -d docker --json",
            "orphans --remove",
            "orphans --remove machsh-web",
        ),
    ),
)
