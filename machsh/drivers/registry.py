"""Drivers by name: the built-in ones, imported when they are needed, then those that plugins bring."""

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
}
"""Name -> `module:Class`."""


class DriverPlugins(Protocol):
    """The part of the plugin catalog that finding a driver needs."""

    def find(self, group: str, name: str) -> Any | None:
        """The object of that name in a group, or None. Raises PluginError when it is broken."""

    def names(self, group: str) -> list[str]:
        """The names offered in a group."""

    def all(self, group: str) -> list[Any]:
        """The healthy objects of a group."""


class DriverNotFoundError(RefusedError):
    """No driver of that name: docker-machine's text, and the names that come close."""

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
    """Every driver's name, sorted; plugins' included."""
    return sorted({*BUILT_IN, *catalog.names(DRIVERS)})


def usable(catalog: DriverPlugins) -> list[type[Driver]]:
    """Every driver that can be used, by name; a plugin's that cannot is one warning."""
    plugins: list[type[Driver]] = catalog.all(DRIVERS)
    return sorted([*(find(name, catalog) for name in BUILT_IN), *plugins], key=lambda one: one.name)


def find(name: str, catalog: DriverPlugins) -> type[Driver]:
    """The driver of that name. Raises DriverNotFoundError, PluginError for one that cannot be used."""
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
    """The driver of a stored machine; `stored` is the `Driver` object of its `config.json`.

    Without a driver that can be used a placeholder stands in: the machine can still be listed and forgotten.
    Raises WrongValueError when the driver cannot use what is stored.
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
    """What every call to a machine without a driver ends in; the texts are docker-machine's."""
    if isinstance(error, PluginError):
        return MachshError(str(error), hint=error.hint)
    text = f'Driver "{name}" not found. Do you have the plugin binary accessible in your PATH?'
    return MachshError(text, hint="install the driver")


def make(kind: type[Driver], record: DriverRecord, context: DriverContext) -> Driver:
    """One machine's driver. Raises PluginError when a plugin's class fails to make it."""
    try:
        return kind(record, context)
    except MachshError:
        raise
    except Exception as error:  # foreign code
        reason = f"{kind.__name__} cannot be made: {type(error).__name__}: {error}"
        raise PluginError(kind.name, kind.__module__, reason) from error
