"""The commands that let other programs reach machines."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

_JSON = Option("json", "The list for programs", Kind.BOOL, ours=True)

COMMANDS = (
    Command(
        "contexts",
        "List the docker contexts of machines, or bring them up to date",
        "machsh.commands.handlers.contexts:contexts",
        options=(Option("remove", "sync: remove them all", Kind.BOOL, ours=True), _JSON),
        arguments=(Argument("list|sync", "What to do; list when it is left out", Count.OPTIONAL),),
        description="`sync` makes every machine a docker context, machsh-NAME, on the socket of its relay, "
        "so that editors, compose and other programs work on it; no key is copied. It removes the contexts "
        "of machines that are gone, and touches no context of yours. A context works while `relay` runs.",
        examples=("contexts sync", "contexts", "contexts sync --remove"),
    ),
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
    Command(
        "ssh-config",
        "Print machines as hosts for ssh's configuration, or keep them there",
        "machsh.commands.handlers.ssh_config:ssh_config",
        options=(
            Option(
                "write",
                "Write all machines to a file that ssh's configuration includes",
                Kind.BOOL,
                ours=True,
            ),
            Option(
                "file",
                "The file to write; ~/.ssh/machsh_config when it is left out",
                values="file",
                ours=True,
            ),
            Option("y", "Include it in ~/.ssh/config without a question", Kind.BOOL, ours=True),
        ),
        arguments=(Argument("NAME", "The machines; all when they are left out", Count.ANY, "machine"),),
        description="The host of a machine is machsh-NAME: with the machine's own key, and no host key but "
        "the pinned one. Editors and docker's ssh:// can use it. What --write has written is kept up to date "
        "when machines are created and removed.",
        examples=(
            "ssh-config web",
            "ssh-config --write",
            "ssh-config --write --file ~/.ssh/machsh_work",
        ),
    ),
)
