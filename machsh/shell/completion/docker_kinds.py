"""What docker's help does not say: which kind of thing an argument or an option's value is.

The commands and options themselves come from the installed docker CLI; only these tables are built in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from machsh.engine.cli_tree.model import CliArgument

_WORD_KINDS = {
    "CONTAINER": "container",
    "IMAGE": "image",
    "SOURCE_IMAGE": "image",
    "NETWORK": "network",
    "VOLUME": "volume",
    "CONTEXT": "context",
    "SERVICE": "service",
    "NODE": "node",
    "SECRET": "secret",
    "CONFIG": "config",
    "PLUGIN": "plugin",
    "STACK": "stack",
    "PATH": "folder",
    "FILE": "file",
}
"""Words of a usage line -> kind."""

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "attach": ("container:running",),
    "exec": ("container:running",),
    "start": ("container:stopped", "..."),
    "stop": ("container:running", "..."),
    "kill": ("container:running", "..."),
    "pause": ("container:running", "..."),
    "unpause": ("container:paused", "..."),
    "top": ("container:running",),
    "port": ("container:running",),
    "stats": ("container:running", "..."),
    "cp": ("container-path", "container-path"),
    "inspect": ("anything", "..."),
    "run": ("image",),
    "create": ("image",),
    "tag": ("image", "image"),
    "pull": ("image",),
    "push": ("image",),
    "rmi": ("image", "..."),
    "save": ("image", "..."),
    "history": ("image",),
    "build": ("folder",),
    "import": ("file",),
    "network connect": ("network", "container"),
    "network disconnect": ("network", "container"),
    "network create": (),
    "volume create": (),
    "context create": (),
    "rename": ("container",),
    "commit": ("container", "image"),
    "search": (),
}
"""Command -> kinds of its arguments, where the usage line does not say them. `...` repeats the one before.

The keys are those of `short_path`: `container exec` is `exec`.
"""

STOP_AT_ARGUMENT = ("run", "exec", "create", "top", "compose run", "compose exec")
"""Commands whose options end at the first argument: the rest belongs to the container."""

OPTION_KINDS = {
    "network": "network",
    "net": "network",
    "volume": "volume-or-path",
    "volumes-from": "container",
    "env-file": "file",
    "label-file": "file",
    "file": "file",
    "cidfile": "file",
    "iidfile": "file",
    "output": "file",
    "input": "file",
    "config": "folder",
    "link": "container",
    "context": "context",
    "filter": "filter",
    "format": "field",
    "mount": "mount",
}
"""Option -> kind of its value, for all commands."""

COMMON_OPTIONS = (
    "interactive", "tty", "detach", "rm", "name", "publish", "volume", "env", "network", "all", "quiet",
    "follow", "file", "tag", "format", "filter", "tail",
)  # fmt: skip
"""Options that are offered before a docker command's others, in this order."""

COMMON_COMMANDS = (
    "ps", "run", "exec", "logs", "images", "pull", "build", "start", "stop", "restart", "rm", "rmi",
    "inspect",
    "compose", "network", "volume", "cp", "push", "stats", "info", "version",
)  # fmt: skip
"""docker commands that are offered before the others, in this order."""

FREE = frozenset(("name", "hostname", "label", "env", "workdir", "user", "tag", "publish", "memory", "cpus"))
"""Options whose value is free text."""

CHOICES = {
    "restart": ("no", "on-failure", "always", "unless-stopped"),
    "pull": ("always", "missing", "never"),
    "stop-signal": ("SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL", "SIGHUP"),
    "signal": ("SIGTERM", "SIGKILL", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"),
    "progress": ("auto", "plain", "tty", "quiet"),
}
"""Values of options, for docker CLIs too old to report them."""

FILTERS: dict[str, dict[str, str]] = {
    "ps": {
        "ancestor": "image",
        "before": "container",
        "exited": "",
        "expose": "",
        "health": "starting healthy unhealthy none",
        "id": "container",
        "label": "",
        "name": "container",
        "network": "network",
        "publish": "",
        "since": "container",
        "status": "created restarting running removing paused exited dead",
        "volume": "volume",
    },
    "images": {"before": "image", "dangling": "true false", "label": "", "reference": "", "since": "image"},
    "network ls": {
        "dangling": "true false",
        "driver": "bridge host overlay macvlan ipvlan none",
        "label": "",
        "name": "network",
        "scope": "local global swarm",
        "type": "custom builtin",
    },
    "volume ls": {"dangling": "true false", "driver": "local", "label": "", "name": "volume"},
    "events": {
        "container": "container",
        "event": "create start stop die kill pause unpause destroy pull tag",
        "image": "image",
        "label": "",
        "network": "network",
        "type": "container image network volume plugin daemon",
        "volume": "volume",
    },
    "prune": {"label": "", "label!": "", "until": ""},
}
"""Command -> `--filter` key -> kind of its value, or the possible words; empty for free text."""

FIELDS: dict[str, tuple[str, ...]] = {
    "ps": tuple(
        "ID Names Image Command CreatedAt RunningFor Ports State Status Size Labels Mounts Networks".split()
    ),
    "images": tuple("ID Repository Tag Digest CreatedSince CreatedAt Size".split()),
    "network ls": tuple("ID Name Driver Scope IPv6 Internal Labels CreatedAt".split()),
    "volume ls": tuple("Name Driver Scope Mountpoint Labels Links Size".split()),
    "stats": tuple("Name ID CPUPerc MemUsage MemPerc NetIO BlockIO PIDs".split()),
}
"""Command -> `--format` fields."""

_SAME = {"ls": "ps", "list": "ps"}
_SPLIT = re.compile(r"[|,\s]+")


def short_path(path: tuple[str, ...]) -> str:
    """Return the command's key in the tables: `container ls` is `ps`, `container exec` is `exec`."""
    if len(path) == 2 and path[0] == "container":
        return _SAME.get(path[1], path[1])
    if len(path) == 2 and path[0] == "image":
        return {"ls": "images", "list": "images", "rm": "rmi", "remove": "rmi", "inspect": "inspect"}.get(
            path[1], path[1]
        )
    if len(path) == 2 and path[1] in ("list", "prune"):
        return "prune" if path[1] == "prune" else f"{path[0]} ls"
    return " ".join(path)


def argument_kinds(path: tuple[str, ...], words: Sequence[CliArgument]) -> tuple[str, ...]:
    """Return the kinds of a command's arguments in order; a final `...` repeats the one before."""
    if path in (("image", "inspect"), ("container", "inspect")):
        return (path[0], "...")
    known = ARGUMENTS.get(short_path(path))
    if known is not None:
        return known
    kinds: list[str] = []
    for word in words:
        kind = kind_of_word(word.text)
        kind = "compose-service" if kind == "service" and path[:1] == ("compose",) else kind
        if not word.is_repeated:
            kinds.append(kind)
        elif not kinds or kinds[-1] != kind:
            return (*kinds, kind, "...")
        else:
            return (*kinds, "...")
    return tuple(kinds)


def kind_of_word(text: str) -> str:
    """Return the kind of a usage word; empty for free text."""
    for part in _SPLIT.split(text):
        name = part.partition("[")[0].partition(":")[0]
        if name in _WORD_KINDS:
            return _WORD_KINDS[name]
    return ""


def arguments_at(kinds: tuple[str, ...], place: int) -> str:
    """Return the kind of the argument at a place, counted from 0; empty if none is known."""
    if kinds and kinds[-1] == "...":
        fixed = kinds[:-1]
        return fixed[min(place, len(fixed) - 1)] if fixed else ""
    return kinds[place] if place < len(kinds) else ""


def option_kind(name: str, type_: str) -> str:
    """Return the kind of an option's value; empty for free text.

    It is `choice` for a built-in list of values, and `probe` if only the docker CLI can know them.
    """
    if name in CHOICES:
        return "choice"
    if name in OPTION_KINDS:
        return OPTION_KINDS[name]
    if name in FREE:
        return ""
    return {"filter": "filter", "network": "network", "mount": "mount"}.get(type_, "probe")
