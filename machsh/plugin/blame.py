"""Attributes unexpected errors to plugins: an error whose traceback has a plugin's code is the plugin's."""

from __future__ import annotations

from traceback import walk_tb

from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.plugin.catalog import FILE_LISTS
from machsh.plugin.single_file import FILE_MODULE
from machsh.secrets import cleaned


class PluginFailedError(MachshError):
    """A plugin's code raised an unexpected exception."""


def fault_of_plugin(error: BaseException, environment: Environment) -> PluginFailedError | None:
    """Return the error to raise instead, with the plugin's name and the place; None if it is no plugin's.

    Its message has no secrets of the environment.
    """
    packages = _packages()
    for frame, line in reversed(list(walk_tb(error.__traceback__))):
        module = str(frame.f_globals.get("__name__", ""))
        plugin = packages.get(module.partition(".")[0], "")
        if module.startswith(FILE_MODULE):
            plugin = module.removeprefix(FILE_MODULE)
        if plugin:
            place = f"{frame.f_code.co_filename}, line {line}"
            what = f"{type(error).__name__}: {error}".removesuffix(": ")
            return PluginFailedError(
                cleaned(f"plugin {plugin} failed: {what} ({place})", environment),
                hint="that is a fault of the plugin: tell its author",
            )
    return None


def _packages() -> dict[str, str]:
    """Top package of each installed plugin -> the plugin's name."""
    from machsh.plugin import entry_points

    return {
        point.value.partition(":")[0].partition(".")[0]: point.name
        for group in FILE_LISTS
        for point in entry_points.of_group(group)
    }
