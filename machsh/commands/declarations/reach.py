"""The commands that let other programs reach machines."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

_JSON = Option("json", "The list for programs", Kind.BOOL, ours=True)

COMMANDS = (
    Command(
        "relay",
        "Keep a local socket to a machine's engine open, now or from login on",
        "machsh.commands.handlers.relay_command:relay",
        options=(
            Option("install", "Run it at each login, by systemd or launchd", Kind.BOOL, ours=True),
            Option("remove", "Run it at login no longer", Kind.BOOL, ours=True),
            Option("status", "List which relays run, and which run at login", Kind.BOOL, ours=True),
            _JSON,
        ),
        arguments=(Argument("NAME", "The machine; with an option any number of them", Count.ANY, "machine"),),
        description="A program that speaks to the socket speaks to the machine's engine, over connections "
        "that are open already. The relay goes on when the machine is stopped, started or gets another "
        "address, and ends with Ctrl-C or with the machine. Only you can reach the socket.",
        examples=("relay web", "relay --install web db", "relay --status"),
    ),
)
