"""A small fake of docker's command tree, with the interface that completion needs."""

from dataclasses import replace

from machsh.engine.cli_tree.help_parser import parse
from machsh.engine.cli_tree.model import CliCommand, CliFlag, CliSubcommand
from machsh.engine.cli_tree.query import Completion


def option(name, short="", type="", help=""):
    return CliFlag(name, short, type, help)


def command(summary="", usage="", options=(), commands=None):
    parsed = parse((), f"Usage:  {usage}\n")
    children = tuple(CliSubcommand(name, text) for name, text in (commands or {}).items())
    return CliCommand((), summary, (usage,), parsed.words, tuple(options), children)


RUN = [
    option("detach", "d", help="Run in background"),
    option("interactive", "i"),
    option("tty", "t"),
    option("publish", "p", "list"),
    option("publish-all", "P"),
    option("name", "", "string"),
    option("restart", "", "string"),
    option("network", "", "network"),
    option("volume", "v", "list"),
    option("cap-add", "", "list"),
    option("env-file", "", "list"),
    option("rm"),
]


class FakeTree:
    def __init__(self, pending=()):
        self.pending = set(pending)
        known = {
            (): command(
                "docker",
                options=[option("host", "H", "list"), option("debug", "D")],
                commands={
                    "ps": "List containers",
                    "run": "Create and run a new container",
                    "exec": "Execute a command",
                    "start": "Start containers",
                    "stop": "Stop containers",
                    "images": "List images",
                    "cp": "Copy files",
                    "logs": "Fetch the logs",
                    "network": "Manage networks",
                    "pull": "Download an image",
                },
            ),
            ("ps",): command(
                "List containers",
                "[OPTIONS]",
                [
                    option("all", "a"),
                    option("filter", "f", "filter"),
                    option("format", "", "string"),
                    option("quiet", "q"),
                ],
            ),
            ("run",): command("Run", "[OPTIONS] IMAGE [COMMAND] [ARG...]", RUN),
            ("exec",): command("Exec", "[OPTIONS] CONTAINER COMMAND [ARG...]", RUN[:3]),
            ("start",): command("Start", "[OPTIONS] CONTAINER [CONTAINER...]", [option("attach", "a")]),
            ("stop",): command("Stop", "[OPTIONS] CONTAINER [CONTAINER...]", [option("time", "t", "int")]),
            ("images",): command("Images", "[OPTIONS] [REPOSITORY[:TAG]]", [option("all", "a")]),
            ("cp",): command("Copy", "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-", []),
            ("logs",): command("Logs", "[OPTIONS] CONTAINER", [option("follow", "f")]),
            ("pull",): command("Pull", "[OPTIONS] NAME[:TAG|@DIGEST]", [option("quiet", "q")]),
            ("network",): command(
                "Manage networks", "COMMAND", commands={"connect": "Connect", "ls": "List", "rm": "Remove"}
            ),
            ("network", "connect"): command("Connect", "[OPTIONS] NETWORK CONTAINER", []),
            ("network", "rm"): command("Remove", "NETWORK [NETWORK...]", []),
        }

        self.known = {path: replace(command, path=path) for path, command in known.items()}

    def command(self, path):
        return None if tuple(path) in self.pending else self.known.get(tuple(path))

    def values(self, path, flag):
        return Completion((("no", ""), ("always", ""))) if flag == "restart" else Completion()

    def is_pending(self, path, flag=""):
        return tuple(path) in self.pending
