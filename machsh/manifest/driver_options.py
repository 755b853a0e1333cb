"""Infers the options with which a machine could have been created from its record.

Only the driver knows which field an option sets. So it configures temporary records, until a field gets the
machine's value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from machsh.errors import FOREIGN
from machsh.machine.create_request import CreateRequest
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.manifest.comparison import SETTING_OPTIONS, blank_contents, contents
from machsh.manifest.manifest import CreateOptions
from machsh.options import Kind, Option, Value, Values

ROUNDS = 2
"""Some options are found only after another one, which the driver requires."""


def found_options(
    machines: Machines, machine: Machine, known: Mapping[str, Option], options: CreateOptions
) -> dict[str, Value]:
    """Return the options whose values are not the defaults, apart from those of settings."""
    search = _Search(machines, machine, options.defaults(known))
    for _ in range(ROUNDS):
        for name, option in known.items():
            if name not in SETTING_OPTIONS and name not in search.found:
                search.look_for(option)
    return search.found


class _Search:
    def __init__(self, machines: Machines, machine: Machine, defaults: Values) -> None:
        self._machines, self._machine, self._defaults = machines, machine, defaults
        self._present = contents(machine)
        self._blank = blank_contents(machine)
        self.found: dict[str, Value] = {}

    def look_for(self, option: Option) -> None:
        """Find the value of an option with which a record comes closest to the machine's, if any does."""
        without = self._configured({})
        if without is None:  # the driver requires an option that is not found yet: perhaps this one
            without = self._blank
        best, most = None, self._likeness(without, without)
        for value in self._values(option):
            made = self._configured({option.name: value})
            if made is not None and self._likeness(made, without) > most:
                best, most = value, self._likeness(made, without)
        if best is not None:
            self.found[option.name] = best

    def _values(self, option: Option) -> Iterator[Value]:
        """Yield the distinct values of the machine's fields."""
        found = {str(one): one for field in self._present.values() for one in _candidates(option, field)}
        yield from found.values()

    def _likeness(self, made: Mapping[str, Any], keys: Mapping[str, Any]) -> int:
        """Return how many of the compared fields have the machine's values."""
        return sum(key in keys and made.get(key) == value for key, value in self._present.items())

    def _configured(self, more: Mapping[str, Value]) -> dict[str, Any] | None:
        given = {**self.found, **more}
        values = Values({**self._defaults.content, **given}, {*given})
        request = CreateRequest(self._machine.name, self._machine.record.driver_name, values)
        try:
            return contents(self._machines.configured(request))
        except FOREIGN:  # whatever a driver makes of a value that is not meant for the option
            return None


def _candidates(option: Option, present: Any) -> Iterator[Value]:
    """Yield the values of an option that could result in a field's value."""
    if not present:
        return
    if option.choices and present not in option.choices:
        return
    if option.kind is Kind.BOOL and isinstance(present, bool):
        yield present
    elif option.kind is Kind.INT and isinstance(present, int) and not isinstance(present, bool):
        yield present
    elif option.kind is Kind.LIST and isinstance(present, list):
        yield [str(one) for one in present]
    elif option.kind is Kind.STRING and isinstance(present, str | int) and not isinstance(present, bool):
        yield str(present)
