"""The commands that look at many engines at once: `events`, `logs`, `df`, `prune`."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

_SINCE = Option("since", "Only from this time on: 1h30m (ago), or 2026-11-29T12:00:00Z", ours=True)
_UNTIL = Option("until", "Only up to this time, and end there", ours=True)
_JSON = Option("json", "For programs", Kind.BOOL, ours=True)
_TIMEOUT = Option("timeout", "How long one engine may take to answer, in seconds", Kind.INT, 60, ours=True)
_MACHINES = Argument("MACHINE", "Machines or @selections; all when they are left out", Count.ANY, "machine")

COMMANDS = (
    Command(
        "events",
        "Follow what happens on many machines, in the order of time",
        "machsh.commands.handlers.watch_commands:events",
        options=(
            _SINCE,
            _UNTIL,
            Option(
                "filter", "Only events that match, as docker takes it",
                Kind.LIST, values="filter", short="f", ours=True,
            ),
            Option("json", "One JSON document on each line", Kind.BOOL, ours=True),
        ),
        arguments=(Argument("@SELECTION", "The machines: @all, @web*, @cluster:prod", values="machine"),),
        is_docker_word=True,
        description="`events` without a selection is docker's, on the active machine. A machine that goes "
        "away is said, and followed again when it is back.",
        examples=("events @all", "events @web* --since 10m --filter event=die", "events @all --json"),
    ),
    Command(
        "logs",
        "Show or follow the logs of a container on many machines, in the order of time",
        "machsh.commands.handlers.watch_commands:logs",
        options=(
            Option("follow", "Go on with what comes", Kind.BOOL, short="f", ours=True),
            _SINCE,
            _UNTIL,
            Option("tail", "How many lines of each log's end, or all", short="n", default="all", ours=True),
            Option("timestamps", "With the time of each line", Kind.BOOL, short="t", ours=True),
        ),
        arguments=(
            Argument("@SELECTION", "The machines: @all, @web*, @cluster:prod", values="machine"),
            Argument(
                "CONTAINER", "The container's name, the same on all machines", values="selected container"
            ),
        ),
        is_docker_word=True,
        description="`logs` without a selection is docker's, on the active machine. Machines without such a "
        "container are said. A machine that goes away is followed again when it is back.",
        examples=("logs @all web", "logs @web* -f --tail 10 site"),
    ),
    Command(
        "df",
        "Show what images, containers, volumes and build cache take on machines",
        "machsh.commands.handlers.disk_commands:df",
        options=(_JSON, _TIMEOUT),
        arguments=(_MACHINES,),
        description="The sizes are those of `docker system df`: what is not used can be reclaimed, most of "
        "it by `prune`.",
        examples=("df", "df @web*", "df --json"),
    ),
    Command(
        "prune",
        "Remove what engines do not need: stopped containers, unused networks, images, build cache",
        "machsh.commands.handlers.disk_commands:prune",
        options=(
            Option(
                "all", "All images that no container uses, not only those without a name",
                Kind.BOOL, short="a", ours=True,
            ),
            Option("volumes", "Volumes that no container uses, too", Kind.BOOL, ours=True),
            Option(
                "filter", "Only what matches: until=24h, label=KEY, label!=KEY=VALUE",
                Kind.LIST, values="filter", ours=True,
            ),
            Option("y", "Do not ask", Kind.BOOL, ours=True),
            _TIMEOUT,
        ),
        arguments=(Argument("MACHINE", "Machines or @selections", Count.MANY, "machine"),),
        description="Says first what goes on each machine and asks once for all. Each engine removes as "
        "`docker system prune` does. With a filter by label the build cache stays: it has none.",
        loses="stopped containers, unused networks and images",
        examples=("prune @all", "prune -a --volumes @web*", "prune -a --filter until=168h @all"),
    ),
)  # fmt: skip
