"""Commands for the images of several machines."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

COMMANDS = (
    Command(
        "ship",
        "Bring images to machines without a registry",
        "machsh.commands.handlers.ship_command:ship",
        options=(
            Option(
                "from",
                "The machine that has the images",
                values="machine",
                default_words="this computer",
                ours=True,
            ),
            Option("dry-run", "Only say what each machine lacks", Kind.BOOL, ours=True),
            Option("force", "Send an image for another processor, too", Kind.BOOL, short="f", ours=True),
            Option("json", "The outcome for programs", Kind.BOOL, ours=True),
            Option("timeout", "How long an engine may be silent, in seconds", Kind.INT, ours=True),
        ),
        arguments=(
            Argument("IMAGE", "An image, by name or digest", values="local-image"),
            Argument(
                "TARGET",
                "Machines, or selections after @; words that name no machine are further images",
                Count.MANY,
                "machine",
            ),
        ),
        description="Each machine is asked which layers it has, and gets only the others, all machines at "
        "the same time. What is interrupted goes on where it was. At the end the digests are compared. "
        "`local` is this computer's engine, also as a target.",
        examples=(
            "ship web-app:1.2 @all",
            "ship web-app:1.2 worker:1.2 web db",
            "ship web-app:1.2 @label:role=web --dry-run",
            "ship web-app:1.2 --from build local",
        ),
    ),
)
