"""`events @...` and `logs @... CONTAINER`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from machsh.commands.command import Context
from machsh.errors import ExitCode, UsageError
from machsh.machine.naming import MARK
from machsh.output.results import Exit

if TYPE_CHECKING:
    from machsh.watching.feed import Feed, FeedItem


def events(context: Context) -> Exit:
    """Print the events of machines until Ctrl-C, or up to `--until`, which may be a time to come."""
    from machsh.watching.feed import EventFeed
    from machsh.watching.moments import has_come

    names, _ = _selected(context)
    values = context.values
    as_json = values.flag("json")
    feed = EventFeed(_time(context, "since"), _time(context, "until"), _filters(context), as_json)
    text = (lambda one: one.text) if as_json else _with_time
    follows = not has_come(feed.until, time.time_ns())
    return _show(context, names, feed, text, follows=follows, is_marked=not as_json)


def logs(context: Context) -> Exit:
    """Print the logs of a container on machines; with `--follow` until Ctrl-C."""
    from machsh.watching.feed import LogFeed

    names, (container,) = _selected(context)
    values = context.values
    tail = values.text("tail")
    if tail != "all" and not (tail.isascii() and tail.isdecimal()):
        raise UsageError(f"--tail: {tail!r} is no number", hint="a number of lines, or all")
    follows = values.flag("follow")
    feed = LogFeed(container, follows, _time(context, "since"), _time(context, "until"), tail)
    text = _with_time if values.flag("timestamps") else (lambda one: one.text)
    return _show(context, names, feed, text, follows=follows)


def _selected(context: Context) -> tuple[list[str], list[str]]:
    """Return the machines of the first word, and the other words. Raises UsageError."""
    from machsh.machine.selection import expand

    first, *others = context.words
    name = context.command.name
    if not first.startswith(MARK):
        raise UsageError(f"{name} takes a selection of machines", hint=f"machsh help {name} shows how")
    return expand([first], context.machines), others


def _time(context: Context, option: str) -> str:
    from machsh.watching.moments import moment

    text = context.values.text(option)
    return moment(text, option) if text else ""


def _filters(context: Context) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in context.values.texts("filter"):
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--filter: {text!r} is no filter", hint="for example: --filter event=die")
        found.setdefault(key, []).append(value)
    return found


def _with_time(item: FeedItem) -> str:
    from machsh.watching.moments import as_text

    return f"{as_text(item.at)} {item.text}"


def _show(
    context: Context,
    names: list[str],
    feed: Feed,
    text: Callable[[FeedItem], str],
    *,
    follows: bool,
    is_marked: bool = True,
) -> Exit:
    """Print feeds merged, each line behind its machine; the exit code is 1 if one failed.

    A machine that does not know what was asked for fails only if no other does.
    """
    from machsh.output import console
    from machsh.output.marked_lines import MarkedLines
    from machsh.output.messages import note
    from machsh.watching.engines import dialer_of
    from machsh.watching.feed import FeedItem
    from machsh.watching.follower import Ended, Notice, RefusedFeedError
    from machsh.watching.merged_feeds import MergedFeeds

    environment = context.environment
    dialers = {name: dialer_of(context.machines, name) for name in names}
    lines = MarkedLines(names, environment)
    missing: list[str] = []
    code = ExitCode.OK
    for message in MergedFeeds(dialers, feed, follows=follows):
        if isinstance(message, FeedItem):
            stream = environment.stderr if message.is_error else environment.stdout
            if is_marked:
                lines.put(message.machine, stream, [text(message).encode()])
            else:
                console.put(stream, f"{text(message)}\n")
        elif isinstance(message, Notice):
            note(environment, f"{message.machine} {message.text}", "dim")
        elif isinstance(message, Ended) and message.error is not None:
            if isinstance(message.error, RefusedFeedError) and message.error.is_missing:
                missing.append(message.machine)
            else:
                code = ExitCode.FAILED
            note(environment, f"{message.machine}: {message.error}", "error")
    return Exit(ExitCode.FAILED if len(missing) == len(names) else code)
