"""The handler of `machsh plugins`: lists plugins, and leads to those that check them and write new ones."""

from __future__ import annotations

from machsh.commands.command import Context
from machsh.errors import UsageError
from machsh.output.results import Result, Table, Text
from machsh.plugin.catalog import kind_name

VERBS = ("list", "reload", "check", "new")


def plugins(context: Context) -> Result:
    """List all plugins with origin and health, look for them again, check some, or write a new one."""
    verb, *words = context.words or ["list"]
    if verb == "check":
        from machsh.commands.handlers.plugins.plugin_check import check

        return check(context, words)
    if verb == "new":
        from machsh.commands.handlers.plugins.plugin_new import new

        return new(context, words)
    if verb not in VERBS:
        raise UsageError(f"plugins: {verb!r} is not known", hint=f"one of {', '.join(VERBS)}")
    if words:
        raise UsageError(f"plugins {verb} takes no words", hint="machsh plugins --help shows what it takes")
    if verb == "reload":
        context.catalog.reload()
        context.session.forget_commands()
    return _listed(context)


def _listed(context: Context) -> Table | Text:
    found = context.catalog.health()
    if not found:
        return Text(
            f"No plugins. A file in {context.catalog.folder} or an installed distribution brings them."
        )
    rows = [
        (one.name, kind_name(one.group), one.origin, f"bad: {one.error}" if one.error else "good")
        for one in found
    ]
    return Table(("NAME", "KIND", "ORIGIN", "HEALTH"), rows, told=["HEALTH"])
