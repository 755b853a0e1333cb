"""`adopt`."""

from __future__ import annotations

from machsh.commands.command import Command
from machsh.options import Argument, Count, Kind, Option

COMMANDS = (
    Command(
        "adopt",
        "Make a running engine a machine, without changing anything on it",
        "machsh.commands.handlers.adopt.adopt_command:adopt",
        options=(
            Option(
                "ssh",
                "[USER@]HOST[:PORT] or a host of your ssh configuration: reach it over ssh",
                values="ssh-host",
                ours=True,
            ),
            Option(
                "ssh-key",
                "Private key for --ssh; else your agent's and default keys",
                values="file",
                ours=True,
            ),
            Option("ssh-agent", "Try your agent's keys beside --ssh-key", Kind.BOOL, ours=True),
            Option(
                "ssh-config",
                "Honour your ssh configuration even if it says nothing now",
                Kind.BOOL,
                ours=True,
            ),
            Option("tls-ca", "Certificate of the engine's authority, for tcp://", values="file", ours=True),
            Option("tls-cert", "Your client certificate for the engine", values="file", ours=True),
            Option("tls-key", "The key of --tls-cert", values="file", ours=True),
            Option("context", "Adopt the engine of this docker context", values="context", ours=True),
            Option(
                "contexts",
                "Adopt the engines of all docker contexts that can be reached",
                Kind.BOOL,
                ours=True,
            ),
            Option(
                "again",
                "Adopt an engine that is a machine already, reached in another way",
                Kind.BOOL,
                ours=True,
            ),
            Option("dry-run", "Say what is found, adopt nothing", Kind.BOOL, short="n", ours=True),
            Option("json", "What was found, for programs", Kind.BOOL, ours=True),
            Option("timeout", "How long one engine may take to answer, in seconds", Kind.INT, ours=True),
        ),
        arguments=(
            Argument(
                "URL",
                "tcp://HOST:2376, unix:///PATH or ssh://USER@HOST; not with --ssh or --context",
                Count.OPTIONAL,
            ),
            Argument(
                "NAME", "Name of the new machine; the context's own when it is left out", Count.OPTIONAL
            ),
        ),
        description="Looks at the engine, says what it is and which commands will not work, and keeps how it "
        "is reached. Nothing is installed, renamed, re-keyed or restarted there; `provision --take-over` "
        "makes an adopted machine an ordinary one. The host's key is pinned at this first contact.",
        examples=(
            "adopt --ssh root@192.0.2.10 web",
            "adopt --ssh me@192.0.2.10:2222 --ssh-key ~/.ssh/id_ed25519 web",
            "adopt tcp://192.0.2.10:2376 --tls-ca ca.pem --tls-cert cert.pem --tls-key key.pem web",
            "adopt --context staging",
            "adopt --contexts --dry-run",
        ),
    ),
)
