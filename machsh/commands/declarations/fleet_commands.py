"""The command `apply`."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

COMMANDS: tuple[Command, ...] = (
    Command(
        "apply",
        "Make machines and clusters as a file describes them",
        "machsh.commands.handlers.apply_command:apply",
        options=(
            Option("plan", "Only show what would be done", Kind.BOOL, short="n", ours=True),
            Option("y", "Do not ask", Kind.BOOL, ours=True),
            Option(
                "prune", "Remove machines of the fleet that the file describes no more", Kind.BOOL, ours=True
            ),
            Option("replace", "Consent to destroying machines, and making them anew", Kind.BOOL, ours=True),
            Option("var", "A variable: NAME=VALUE", Kind.LIST, values="manifest variable", ours=True),
            Option(
                "var-file", "A file of variables, NAME = VALUE in TOML", Kind.LIST, values="file", ours=True
            ),
            Option("parallel", "How many machines are worked on at once", Kind.INT, default=8, ours=True),
            Option("json", "The plan for programs; with it nothing is done", Kind.BOOL, ours=True),
            Option(
                "detailed-exit-code",
                "With --plan: 0 for nothing to do, 1 for an error, 2 for something to do",
                Kind.BOOL,
                ours=True,
            ),
            Option(
                "adopt",
                "Write a file that describes existing machines, all or those named",
                Kind.BOOL,
                ours=True,
            ),
            Option("schema", "Print the JSON schema of the file, for editors", Kind.BOOL, ours=True),
            Option("timeout", "How long one step on a machine may take, in seconds", Kind.INT, ours=True),
        ),
        arguments=(
            Argument("FILE", "The file; with --adopt machines or @selections", Count.ANY, "manifest"),
        ),
        description="The plan is shown before anything is done: + create, ~ change in place, ~! change by "
        "setting the host up again, -/+ destroy and create anew, - remove. Run again, it changes nothing; "
        "what was stopped, by whatever, is gone on with. Machines that no apply made are never touched. "
        "Nothing is destroyed without --prune or --replace.",
        loses="with --prune and --replace: machines and everything on them",
        examples=(
            "apply fleet.toml --plan",
            "apply fleet.toml",
            "apply fleet.toml --var size=4g --prune -y",
            "apply --adopt @web* > fleet.toml",
            "apply --schema > fleet.schema.json",
        ),
    ),
)
