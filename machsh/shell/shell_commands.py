"""Handlers of the shell's own commands."""

from __future__ import annotations

import re
import shlex
import time

from machsh.commands.command import Context
from machsh.errors import ExitCode, RefusedError, UsageError
from machsh.humanize import elapsed
from machsh.output import console
from machsh.output.results import Exit, Table, Text
from machsh.shell.dumb_terminal import is_dumb
from machsh.shell.history.history import FILE_NAME, chosen
from machsh.shell.history.history_store import HistoryEntry, HistoryFile
from machsh.shell.services import ShellHooks

_SPAN = re.compile(r"(\d+)\s*([smhdw]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def _hooks(context: Context) -> ShellHooks:
    hooks = getattr(context.session, "hooks", None)
    if not isinstance(hooks, ShellHooks):
        raise UsageError(f"{context.command.name} means something only in the interactive shell")
    return hooks


def history(context: Context) -> Table | Text:
    """List the lines that were run; remove them with `--clear`. Raises UsageError for a bad `--since`."""
    values = context.values
    found = chosen(
        _entries(context),
        machine=values.text("machine"),
        is_failed=values.flag("failed"),
        since=_since(values.text("since"), context.environment.now()),
        session=_hooks(context).session_id if values.flag("session") else "",
    )
    text = context.words[0] if context.words else ""
    found = [entry for entry in found if text in entry.text]
    if values.flag("clear"):
        return _forget(context, found)
    found = found[-values.number("number") :]
    now = context.environment.now()
    if values.flag("folder"):
        rows = [(*_row(entry, now), entry.folder) for entry in found]
        return Table(("TIME", "MACHINE", "EXIT", "TOOK", "LINE", "FOLDER"), rows)
    return Table(("TIME", "MACHINE", "EXIT", "TOOK", "LINE"), [_row(entry, now) for entry in found])


def _forget(context: Context, entries: list[HistoryEntry]) -> Text:
    """Remove lines from the history after asking. Raises RefusedError if the user declines."""
    count = f"{len(entries)} line{'s' * (len(entries) != 1)}"
    if entries and not context.values.flag("y") and not context.ask.confirm(f"Forget {count}?"):
        raise RefusedError("nothing is forgotten")
    hooks = getattr(context.session, "hooks", None)
    if isinstance(hooks, ShellHooks):
        hooks.services.history.forget(entries)
    else:
        file = HistoryFile(context.environment.state_folder / FILE_NAME)
        file.forget(entry.row for entry in entries)
        file.close()
    return Text(f"forgot {count}")


def _entries(context: Context) -> list[HistoryEntry]:
    hooks = getattr(context.session, "hooks", None)
    if isinstance(hooks, ShellHooks):
        return hooks.services.history.entries
    from machsh import settings

    kept = int(settings.load(context.environment).number("history_size"))
    return HistoryFile(context.environment.state_folder / FILE_NAME, kept).read(kept)


def _row(entry: HistoryEntry, now: float) -> tuple[str, ...]:
    is_recent = now - entry.time < 12 * 3600
    when = time.strftime("%H:%M:%S" if is_recent else "%Y-%m-%d %H:%M", time.localtime(entry.time))
    code = "" if entry.code is None else str(entry.code)
    return when, entry.machine, code, elapsed(entry.seconds), entry.text.replace("\n", " ⏎ ")


def _since(text: str, now: float) -> float:
    """Return the time (epoch seconds) a span such as `2h` before `now`; 0 for "". Raises UsageError."""
    if not text:
        return 0.0
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--since {text}: not a time span", hint="for example 30m, 2h, 7d")
    return now - int(found[1]) * _UNITS[found[2]]


def jobs(context: Context) -> Text | None:
    """List the stopped and background commands; end one with `--kill`."""
    if context.values.flag("kill"):
        _hooks(context).jobs.kill(*context.words[:1])
        return None
    lines = _hooks(context).jobs.lines()
    return Text("\n".join(lines)) if lines else None


def foreground(context: Context) -> Exit:
    """Resume a stopped command in the foreground."""
    return Exit(_hooks(context).jobs.foreground(*context.words[:1]))


def background(context: Context) -> None:
    """Resume a stopped command in the background."""
    _hooks(context).jobs.background(*context.words[:1])


def watch(context: Context) -> Exit:
    """Run a line every few seconds until Ctrl-C. Raises UsageError for a bad pause or no line."""
    seconds, words = _pause(context.words)
    text = words[0] if len(words) == 1 else shlex.join(words)
    stream = context.environment.stdout
    clears = context.environment.is_terminal(stream) and not is_dumb(context.environment)
    try:
        while True:
            if clears:
                console.put(stream, "\x1b[H\x1b[2J", is_ours=True)
            when = time.strftime("%H:%M:%S", time.localtime(context.environment.now()))
            console.put(stream, f"every {seconds:g}s: {text}    {context.session.active}    {when}\n\n")
            code = context.runner.execute(text)
            if code == ExitCode.INTERRUPTED:
                return Exit(code)
            time.sleep(seconds)
    except KeyboardInterrupt:
        return Exit(ExitCode.INTERRUPTED)


def _pause(words: list[str]) -> tuple[float, list[str]]:
    try:
        seconds = float(words[0])
    except (IndexError, ValueError):
        seconds = 0.0
    if seconds <= 0 or len(words) < 2:
        raise UsageError("watch needs a pause in seconds and a line", hint="for example: watch 2 ps")
    return seconds, words[1:]


def complete(context: Context) -> Table | Text:
    """List what completion offers at the end of a line; with `--explain`, also where it comes from."""
    from machsh.shell.completion.explain import explain, offered

    if not context.words:
        raise UsageError("complete needs a line", hint='for example: complete --explain "exec "')
    sources = _hooks(context).services.sources
    line = context.words[0]
    if context.values.flag("explain"):
        return explain(line, sources)
    return Text("\n".join(offered(line, sources)))
