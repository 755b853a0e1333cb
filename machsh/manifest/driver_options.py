"""Finds the options with which a machine could have been created, from what its record holds.

A driver alone knows which field an option sets. It is asked by letting it configure records that are thrown
away: an option is found when its field gets the machine's value from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from machsh.errors import FOREIGN
from machsh.machine.create_request import CreateRequest
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.manifest.comparison import SETTING_OPTIONS, contents, driver_contents
from machsh.manifest.manifest import CreateOptions
from machsh.options import Kind, Option, Value, Values

ROUNDS = 2
"""An option may be found only when another one that the driver requires was found before."""


def found_options(
    machines: Machines, machine: Machine, known: Mapping[str, Option], options: CreateOptions
) -> dict[str, Value]:
    """Return the options, apart from those that follow settings, whose values are not the defaults."""
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
        record = machine.driver.record
        blank = type(record)(machine_name=record.machine_name, store_path=record.store_path)
        self._blank = driver_contents(blank)
        """What every record of the driver has, whatever the options."""
        self.found: dict[str, Value] = {}

    def look_for(self, option: Option) -> None:
        """Find the value of one option: the one that makes a record most like the machine's, if it helps."""
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
        """Yield the values that the machine's fields have, each once."""
        found = {str(one): one for field in self._present.values() for one in _candidates(option, field)}
        yield from found.values()

    def _likeness(self, made: Mapping[str, Any], keys: Mapping[str, Any]) -> int:
        """Return how many fields, of those that are compared, have the machine's values."""
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
    """Yield the values of an option that a field's value may come from."""
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
