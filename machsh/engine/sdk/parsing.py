"""Parses the common options of the docker commands that work without a docker CLI."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from machsh.errors import UsageError

_Parser = argparse.ArgumentParser


class _DockerParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise UsageError; argparse would exit the process."""
        hint = "without the docker CLI only the common options are known: install it for the rest"
        raise UsageError(f"{self.prog}: {message}", hint=hint, code=125)


def parse(name: str, words: Sequence[str]) -> argparse.Namespace:
    """Parse the words after `docker NAME`. Raises UsageError for options that are not supported here."""
    parser = _DockerParser(prog=f"docker {name}", add_help=False, allow_abbrev=False)
    _OPTIONS[name](parser)
    return parser.parse_args(list(words))


def _flags(parser: _Parser, *names: str) -> None:
    for name in names:
        parser.add_argument(*name.split(), action="store_true")


def _texts(parser: _Parser, *names: str) -> None:
    for name in names:
        parser.add_argument(*name.split(), default="")


def _lists(parser: _Parser, *names: str, type: Callable[[str], object] = str) -> None:
    for name in names:
        parser.add_argument(*name.split(), action="append", default=[], type=type)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"invalid filter '{text}': write KEY=VALUE")
    return key, value


def tail(text: str) -> str | int:
    """Parse `--tail`: `all` or a number of lines. Raises ValueError."""
    return text if text == "all" else int(text)


def port(text: str) -> tuple[str, Any]:
    """Parse `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]` into an item of the SDK's `ports`. Raises ValueError."""
    front, _, inside = text.rpartition(":")
    address, _, host = front.rpartition(":")
    number, _, protocol = inside.partition("/")
    key = f"{int(number)}/{protocol or 'tcp'}"
    return key, (address, int(host or 0)) if address else int(host) if host else None


def restart(text: str) -> dict[str, Any]:
    """Parse `POLICY[:MAX-RETRIES]` into the SDK's `restart_policy`. Raises ValueError."""
    policy, _, most = text.partition(":")
    return {"Name": policy, "MaximumRetryCount": int(most or 0)}


def _ps(parser: _Parser) -> None:
    _flags(parser, "-a --all", "-q --quiet", "-l --latest", "--no-trunc")
    _lists(parser, "-f --filter", type=_pair)
    parser.add_argument("-n", "--last", type=int, default=-1)


def _images(parser: _Parser) -> None:
    _flags(parser, "-a --all", "-q --quiet", "--no-trunc")
    _lists(parser, "-f --filter", type=_pair)
    parser.add_argument("repository", nargs="?")


def _pull(parser: _Parser) -> None:
    _flags(parser, "-q --quiet", "-a --all-tags")
    _texts(parser, "--platform")
    parser.add_argument("image")


def _run(parser: _Parser) -> None:
    _flags(
        parser, "-d --detach", "-i --interactive", "-t --tty", "--rm", "--privileged", "--init", "--read-only"
    )
    _flags(parser, "-P --publish-all")
    _texts(parser, "--name", "-w --workdir", "-u --user", "--entrypoint", "-h --hostname")
    _texts(parser, "--network --net", "-m --memory", "--platform")
    _lists(parser, "-e --env", "-v --volume", "-l --label", "--cap-add", "--cap-drop")
    _lists(parser, "-p --publish", type=port)
    parser.add_argument("--restart", type=restart)
    parser.add_argument("image")
    parser.add_argument("command", nargs=argparse.REMAINDER)


def _exec(parser: _Parser) -> None:
    _flags(parser, "-d --detach", "-i --interactive", "-t --tty", "--privileged")
    _texts(parser, "-w --workdir", "-u --user")
    _lists(parser, "-e --env")
    parser.add_argument("container")
    parser.add_argument("command", nargs=argparse.REMAINDER)


def _logs(parser: _Parser) -> None:
    _flags(parser, "-f --follow", "-t --timestamps")
    parser.add_argument("-n", "--tail", type=tail, default="all")
    parser.add_argument("container")


def _stop(parser: _Parser) -> None:
    parser.add_argument("-t", "--time", "--timeout", type=int, default=10)
    parser.add_argument("names", nargs="+")


def _rm(parser: _Parser) -> None:
    _flags(parser, "-f --force", "-v --volumes")
    parser.add_argument("names", nargs="+")


def _rmi(parser: _Parser) -> None:
    _flags(parser, "-f --force", "--no-prune")
    parser.add_argument("names", nargs="+")


def _inspect(parser: _Parser) -> None:
    _texts(parser, "--type")
    parser.add_argument("names", nargs="+")


def _nothing(parser: _Parser) -> None:
    return None


_OPTIONS: dict[str, Callable[[_Parser], None]] = {
    "ps": _ps,
    "images": _images,
    "pull": _pull,
    "run": _run,
    "logs": _logs,
    "exec": _exec,
    "stop": _stop,
    "rm": _rm,
    "rmi": _rmi,
    "inspect": _inspect,
    "info": _nothing,
    "version": _nothing,
}
