"""Finds and loads drivers by name: built-in ones, imported on demand, then plugins."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from machsh.drivers.driver import Driver, DriverContext, DriverRecord
from machsh.errors import MachshError, RefusedError
from machsh.plugin.catalog import DRIVERS, PluginError

BUILT_IN: dict[str, str] = {
    "docker": "machsh.drivers.docker.driver:DockerDriver",
    "generic": "machsh.drivers.generic:GenericDriver",
    "none": "machsh.drivers.none:NoneDriver",
    "qemu": "machsh.drivers.qemu.driver:QemuDriver",
    "virtualbox": "machsh.drivers.virtualbox.driver:VirtualBoxDriver",
}
"""Name -> `module:Class`."""


class DriverPlugins(Protocol):
    """The part of the plugin catalog that finding a driver needs."""

    def find(self, group: str, name: str) -> Any | None:
        """Return the plugin of this name in a group, or None. Raises PluginError if it cannot be used."""

    def names(self, group: str) -> list[str]:
        """Return the names of all plugins in a group."""

    def all(self, group: str) -> list[Any]:
        """Return the plugins of a group that can be used."""


class DriverNotFoundError(RefusedError):
    """There is no such driver. Has docker-machine's message, and similar names in the hint."""

    def __init__(self, name: str, known: list[str]) -> None:
        from machsh.suggest import did_you_mean

        advice = did_you_mean(name, known, alike=0.5)
        super().__init__(
            f'Driver "{name}" not found. Do you have the plugin binary "docker-machine-driver-{name}" '
            "accessible in your PATH?",
            hint=f"{advice} known drivers: {', '.join(known)}".lstrip(),
        )
        self.name = name


def names(catalog: DriverPlugins) -> list[str]:
    """Return the names of all drivers, plugins included, sorted."""
    return sorted({*BUILT_IN, *catalog.names(DRIVERS)})


def usable(catalog: DriverPlugins) -> list[type[Driver]]:
    """Return every driver that can be used, sorted by name; the catalog warns of a plugin that cannot."""
    plugins: list[type[Driver]] = catalog.all(DRIVERS)
    return sorted([*(find(name, catalog) for name in BUILT_IN), *plugins], key=lambda one: one.name)


def find(name: str, catalog: DriverPlugins) -> type[Driver]:
    """Return the driver class of this name. Raises DriverNotFoundError, or PluginError if it is broken."""
    place = BUILT_IN.get(name)
    if place:
        from machsh.plugin.requirements import require

        module, _, attribute = place.partition(":")
        require([module], f"the driver {name}")
        found: type[Driver] = getattr(import_module(module), attribute)
        return found
    plugin: type[Driver] | None = catalog.find(DRIVERS, name)
    if plugin is None:
        raise DriverNotFoundError(name, names(catalog))
    return plugin


def load(name: str, stored: dict[str, Any], context: DriverContext, catalog: DriverPlugins) -> Driver:
    """Return the driver of a stored machine; `stored` is the `Driver` object of its `config.json`.

    If the driver is missing or broken, returns a MissingDriver, with which the machine can still be listed
    and forgotten. Raises WrongValueError if the object has fields of the wrong type.
    """
    try:
        kind = find(name, catalog)
    except (DriverNotFoundError, PluginError) as error:
        from machsh.drivers.missing import MissingDriver

        return MissingDriver.standing_for(stored, context, _refusal(name, error))
    record = kind.record_type.from_json(stored)
    record.check("Driver")
    return make(kind, record, context)


def _refusal(name: str, error: MachshError) -> MachshError:
    """Return the error that a MissingDriver raises, with docker-machine's message."""
    if isinstance(error, PluginError):
        return MachshError(str(error), hint=error.hint)
    text = f'Driver "{name}" not found. Do you have the plugin binary accessible in your PATH?'
    return MachshError(text, hint="install the driver")


def make(kind: type[Driver], record: DriverRecord, context: DriverContext) -> Driver:
    """Create a machine's driver. Raises PluginError if the class of a plugin fails."""
    try:
        return kind(record, context)
    except MachshError:
        raise
    except Exception as error:  # the class may come from a plugin
        reason = f"{kind.__name__} cannot be made: {type(error).__name__}: {error}"
        raise PluginError(kind.name, kind.__module__, reason) from error
