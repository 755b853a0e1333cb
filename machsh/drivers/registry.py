"""Finds and loads drivers by name: built-in ones, imported on demand, then plugins, then other programs'."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from machsh.drivers.capabilities import OWN_PREFIX, own_name
from machsh.drivers.driver import Driver, DriverContext, DriverRecord
from machsh.errors import MachshError, RefusedError
from machsh.plugin.catalog import DRIVERS, PluginError

if TYPE_CHECKING:
    from machsh.drivers.bridge.driver import ProgramDriver
    from machsh.drivers.bridge.program_search import ProgramPlace
    from machsh.environment import Environment
    from machsh.progress import Prompter

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

    @property
    def environment(self) -> Environment | None:
        """Where driver programs are looked for; None if there are to be none."""

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


def own_names(catalog: DriverPlugins) -> list[str]:
    """Return the names of the drivers that are built in or plugins, sorted."""
    return sorted({*BUILT_IN, *catalog.names(DRIVERS)})


def names(catalog: DriverPlugins) -> list[str]:
    """Return the names of all drivers, plugins and driver programs included, sorted."""
    return sorted({*own_names(catalog), *program_names(catalog)})


def program_names(catalog: DriverPlugins) -> list[str]:
    """Return the names of the drivers that programs on PATH serve; none is started."""
    if catalog.environment is None:
        return []
    from machsh.drivers.bridge import program_search

    return program_search.names(catalog.environment)


def usable(catalog: DriverPlugins) -> list[type[Driver]]:
    """Return every driver that can be used, sorted by name; the catalog warns of a plugin that cannot.

    Of driver programs these are the ones that were used before: none is started.
    """
    plugins: list[type[Driver]] = catalog.all(DRIVERS)
    own = [*(find(name, catalog) for name in BUILT_IN), *plugins]
    taken = {one.name for one in own}
    served = [one for one in _used_before(catalog) if one.name not in taken]
    return sorted([*own, *served], key=lambda one: one.name)


def _used_before(catalog: DriverPlugins) -> list[type[ProgramDriver]]:
    environment, found = catalog.environment, []
    if environment is None:
        return []
    for name in program_names(catalog):
        from machsh.drivers.bridge.driver import bridge_driver
        from machsh.drivers.bridge.program_flags import cached_options

        place = _place(name, catalog, "")
        options = cached_options(place, environment) if place else None
        if place and options is not None:
            found.append(bridge_driver(place, options))
    return found


def find(
    name: str, catalog: DriverPlugins, *, program: str = "", ask: Prompter | None = None
) -> type[Driver]:
    """Return the driver class of this name, with its options.

    The name of a driver program may be its absolute path. `program` is a program that has the driver inside;
    it comes before all others. `ask` is asked before a program is run for the first time.
    Raises DriverNotFoundError, PluginError if a plugin is broken, RefusedError if a program cannot be used.
    """
    own = None if program else find_own(name, catalog)
    if own is not None:
        return own
    place, environment = _place(name, catalog, program), catalog.environment
    if place is None or environment is None:
        raise DriverNotFoundError(name, names(catalog))
    from machsh.drivers.bridge.driver import chosen_driver
    from machsh.drivers.bridge.program_errors import DriverNotInsideError

    try:
        return chosen_driver(place, environment, ask)
    except DriverNotInsideError as error:
        missing = DriverNotFoundError(name, names(catalog))
        missing.hint = f"{error}; {missing.hint}"
        raise missing from error


def find_own(name: str, catalog: DriverPlugins) -> type[Driver] | None:
    """Return the driver that is built in or a plugin, or None; `machsh-` may be before its name."""
    place = BUILT_IN.get(own_name(name))
    if place:
        from machsh.plugin.requirements import require

        module, _, attribute = place.partition(":")
        require([module], f"the driver {name}")
        found: type[Driver] = getattr(import_module(module), attribute)
        return found
    plugin: type[Driver] | None = catalog.find(DRIVERS, name)
    if plugin is None and name.startswith(OWN_PREFIX):
        plugin = catalog.find(DRIVERS, name.removeprefix(OWN_PREFIX))
    return plugin


def _place(name: str, catalog: DriverPlugins, program: str) -> ProgramPlace | None:
    if catalog.environment is None:
        return None
    from machsh.drivers.bridge import program_search

    return program_search.find(name, catalog.environment, program)


def load(
    name: str, stored: dict[str, Any], context: DriverContext, catalog: DriverPlugins, program: str = ""
) -> Driver:
    """Return the driver of a stored machine; `stored` is the `Driver` object of its `config.json`.

    `program` is the driver program that its record remembers. It is not started before the first call.

    If the driver is missing or broken, returns a MissingDriver, with which the machine can still be listed
    and forgotten. Raises WrongValueError if the object has fields of the wrong type.
    """
    try:
        kind = _stored_kind(name, catalog, program)
    except RefusedError as error:
        from machsh.drivers.missing import MissingDriver

        return MissingDriver.standing_for(stored, context, _refusal(name, error))
    record = kind.record_type.from_json(stored)
    record.check("Driver")
    return make(kind, record, context)


def _stored_kind(name: str, catalog: DriverPlugins, program: str) -> type[Driver]:
    own = None if program else find_own(name, catalog)
    if own is not None:
        return own
    place = _place(name, catalog, program)
    if place is None:
        raise DriverNotFoundError(name, [])
    from machsh.drivers.bridge.driver import bridge_driver

    return bridge_driver(place)


def _refusal(name: str, error: MachshError) -> MachshError:
    """Return the error that a MissingDriver raises, with docker-machine's message."""
    if not isinstance(error, DriverNotFoundError):
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
