"""The commands about certificates."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

COMMANDS = (
    Command(
        "certs",
        "List certificates with the time they have left, or renew them",
        "machsh.commands.handlers.certs_command:certs",
        options=(
            Option("ask", "list: ask each engine which certificate it really shows", Kind.BOOL, ours=True),
            Option("json", "list: for programs", Kind.BOOL, ours=True),
            Option(
                "all", "renew: every machine, not only those that need it", Kind.BOOL, short="a", ours=True
            ),
            Option("ca", "renew: the authority, and with it everything that it signed", Kind.BOOL, ours=True),
            Option("client", "renew: the client certificate, too", Kind.BOOL, ours=True),
            Option("dry-run", "renew: say what would be done", Kind.BOOL, ours=True),
            Option("y", "renew: without a question", Kind.BOOL, ours=True),
            Option("timeout", "How long one step may take, in seconds", Kind.INT, short="t", ours=True),
        ),
        arguments=(
            Argument("list|renew", "What to do; list when it is left out", Count.OPTIONAL, "machine"),
            Argument("NAME", "The machines; list: all, renew: those that need it", Count.ANY, "machine"),
        ),
        description="The list says whether each certificate fits: whether it is valid for the machine's "
        "address, of the store's authority, and the same as its copies. `renew` works on all machines at "
        "once, says before which engines restart and which containers that stops, and checks each engine "
        "afterwards. `renew --ca` replaces the authority in two steps with both trusted in between, so that "
        "each machine can be reached at any time; when it was interrupted, it goes on where it was.",
        examples=(
            "certs",
            "certs --ask web db",
            "certs renew",
            "certs renew web --dry-run",
            "certs renew --all --client",
            "certs renew --ca",
        ),
    ),
)
