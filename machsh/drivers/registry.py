"""Drivers by name: the built-in ones, imported when they are needed, then those that plugins bring."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from machsh.drivers.driver import Driver, DriverContext
from machsh.errors import RefusedError
from machsh.plugin.catalog import DRIVERS

BUILT_IN: dict[str, str] = {
    "docker": "machsh.drivers.docker.driver:DockerDriver",
    "generic": "machsh.drivers.generic:GenericDriver",
    "none": "machsh.drivers.none:NoneDriver",
}
"""Name -> `module:Class`."""


class Plugins(Protocol):
    """The part of the plugin catalog that finding a driver needs."""

    def find(self, group: str, name: str) -> Any | None:
        """The object of that name in a group, or None."""

    def names(self, group: str) -> list[str]:
        """The names offered in a group."""


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


def names(catalog: Plugins) -> list[str]:
    """Every driver's name, sorted; plugins' included."""
    return sorted({*BUILT_IN, *catalog.names(DRIVERS)})


def find(name: str, catalog: Plugins) -> type[Driver]:
    """The driver of that name; a built-in one hides a plugin's. Raises DriverNotFoundError."""
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


def load(name: str, stored: dict[str, Any], context: DriverContext, catalog: Plugins) -> Driver:
    """The driver of a stored machine; `stored` is the `Driver` object of its `config.json`.

    A driver that is not installed gives a placeholder, so that the machine can still be listed and forgotten.
    Raises WrongValueError when the driver cannot use what is stored.
    """
    try:
        driver = find(name, catalog)
    except DriverNotFoundError:
        from machsh.drivers.placeholder import Placeholder

        return Placeholder.standing_for(name, stored, context)
    record = driver.record_type.from_json(stored)
    record.check("Driver")
    return driver(record, context)
