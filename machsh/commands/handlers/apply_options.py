"""The options of `create` that a manifest may give to a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from machsh.commands.command import Context
from machsh.commands.declarations.create import CREATE, DRIVER, RESUME
from machsh.options import Option

OF_THE_COMMAND = {DRIVER.name, RESUME.name, "dry-run", "if-missing"}
"""What says how `create` itself works, and not how the machine is; `driver` is a key of its own."""


def options_of(driver: str, program: str, context: Context) -> Mapping[str, Option]:
    """Return the options for a driver, by name. Raises MachshError for an unknown driver."""
    from machsh.drivers.registry import find

    kind = find(driver, context.catalog, program=program, ask=context.ask)
    return {one.name: one for one in (*general_options(), *kind.options)}


def general_options() -> tuple[Option, ...]:
    """Return the options that do not depend on the driver."""
    return tuple(one for one in CREATE if one.name not in OF_THE_COMMAND)


def of_all_drivers(context: Context) -> dict[str, Iterable[Option]]:
    """Return the options of each driver that can be used, and the general ones for ""."""
    from machsh.drivers.registry import usable

    return {"": general_options(), **{one.name: one.options for one in usable(context.catalog)}}
