"""Chooses the driver of a `create` that names none: the first one that works on this computer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from machsh.deadline import Deadline, within
from machsh.drivers.driver import Lack
from machsh.drivers.registry import BUILT_IN, DriverPlugins, find
from machsh.environment import Environment
from machsh.errors import MachshError

PREFERRED = ("virtualbox", "qemu", "docker")
"""The drivers among which is chosen, the preferred first: the first two make real machines."""
SECONDS = 3.0
"""Limit for the check of one driver; one that takes longer counts as not working."""


@dataclass(frozen=True, slots=True)
class DriverChoice:
    """A chosen driver."""

    name: str
    reason: str = ""
    """Why it was chosen, for the user; empty if the user chose it."""


def choose(environment: Environment, catalog: DriverPlugins) -> DriverChoice:
    """Return the first preferred driver that lacks nothing, else the first that works at all.

    If none works it is the last one, whose checks then say what it needs. Uses no network.
    """
    lacks = {name: _lacks(name, environment, catalog) for name in PREFERRED if name in BUILT_IN}
    whole = (name for name, found in lacks.items() if not found)
    usable = (name for name, found in lacks.items() if all(lack.is_optional for lack in found))
    name = next(whole, None) or next(usable, None) or PREFERRED[-1]
    return DriverChoice(name, _reason(name, lacks))


def _lacks(name: str, environment: Environment, catalog: DriverPlugins) -> list[Lack]:
    try:
        kind = find(name, catalog)
        return within(Deadline.after(SECONDS), lambda: kind.lacks(environment))
    except TimeoutError as error:
        return [Lack(f"its check gave {error}")]
    except MachshError as error:
        return [Lack(str(error), error.hint)]


def _reason(name: str, lacks: Mapping[str, list[Lack]]) -> str:
    """Return what speaks for the driver, and why it is none of those that are preferred to it."""
    own = lacks.get(name, [])
    parts = []
    if not own:
        parts.append("works on this computer")
    elif all(lack.is_optional for lack in own):
        parts.append(f"works on this computer, but {own[0].text}")
    else:
        parts.append(own[0].text)
    others = [(other, found) for other, found in lacks.items() if other != name and found]
    parts += [f"not {other}: {found[0].text}" for other, found in others]
    return "; ".join(parts)
