"""The command `monitor`."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

SECONDS = 2
"""The default of `--interval`."""

COMMANDS = (
    Command(
        "monitor",
        "Show all machines and their containers on one screen, live",
        "machsh.commands.handlers.monitor_command:monitor",
        arguments=(
            Argument("MACHINE", "Machines or selections after @; all when left out", Count.ANY, "machine"),
        ),
        options=(
            Option("once", "Print a table and end", Kind.BOOL, ours=True),
            Option("json", "With --once: all that is known, for programs", Kind.BOOL, ours=True),
            Option(
                "interval",
                "Seconds between two readings of what is on the screen",
                Kind.INT,
                default=SECONDS,
                ours=True,
            ),
            Option("timeout", "With --once: how long to wait for machines, in seconds", Kind.INT, ours=True),
        ),
        description="Load, memory and disk are the host's, read over ssh where the machine has it; CPU is "
        "what the containers use, 100% is one processor. Enter shows a machine's containers, `/` filters, "
        "`l` shows logs, `s` opens a shell, `u` uses the machine, `?` lists all keys. A machine that stops "
        "answering turns grey, and says since when.",
        examples=(
            "monitor",
            "monitor @web*",
            "monitor --once @cluster:prod",
            "monitor --once --json",
            "monitor --interval 5",
        ),
    ),
)
