"""Compares an existing machine with its manifest. Reads records only; no host is contacted.

Settings that `reconfigure` can change are compared by its table. Options that only `create` can set are
compared by their effect: the driver configures a temporary record with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from machsh.drivers.capabilities import Capability
from machsh.drivers.driver import DriverRecord
from machsh.drivers.host_size import HostSize
from machsh.errors import MachshError
from machsh.machine.alteration.machine_setting import (
    ENGINE_PREFIX,
    MACHINE_SETTINGS,
    MachineSetting,
    Part,
    SettingValue,
)
from machsh.machine.create_request import CreateRequest
from machsh.machine.machine import Machine
from machsh.machine.machines import Machines
from machsh.manifest.manifest import WantedMachine
from machsh.options import Value, Values

SETTING_OPTIONS = {one.option: one for one in MACHINE_SETTINGS.values() if one.option}
"""Option of `create` -> the setting that follows it."""


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A setting whose value differs from the file."""

    key: str
    part: Part
    before: SettingValue
    after: SettingValue
    option: str = ""
    """The option of the file that says so."""
    was_secret: bool = False
    """Whether the value before is secret."""

    @property
    def words(self) -> list[str]:
        """The changes as arguments of `reconfigure`."""
        if isinstance(self.after, str):
            return [f"{self.key}={self.after}"]
        return [f"{self.key}={item}" for item in self.after] or [f"{self.key}="]


@dataclass(frozen=True, slots=True)
class Differences:
    """The differences between a machine and the file."""

    settings: tuple[SettingDifference, ...] = ()
    fixed: tuple[str, ...] = ()
    """Options that only a new machine can get."""


def request_of(wanted: WantedMachine, fleet: str, values: Values | None = None) -> CreateRequest:
    """Return the request that creates a machine."""
    return CreateRequest(wanted.name, wanted.driver, values or wanted.values, fleet=fleet)


def differences(
    machines: Machines,
    machine: Machine,
    wanted: WantedMachine,
    applied: Mapping[str, Value],
    withheld: Collection[str] = (),
) -> Differences:
    """Compare a machine of the same driver; `applied` are the options of the last apply.

    `withheld` are the options that it gave then with secret values, which are not known any more.
    What the file does not say is left as it is, except settings of the engine that it said before. Raises
    MachshError if the driver refuses the options.
    """
    # A file that `--adopt` wrote leaves out what may be secret: there that does not mean to take it back.
    former = [*applied, *(() if wanted.is_adopted else withheld)]
    found = [*_settings(machine, wanted), *_settings_taken_back(machine, wanted, former)]
    found = [replace(one, was_secret=one.option in withheld) for one in found]
    fixed = [key for key in wanted.options if key not in SETTING_OPTIONS]
    is_as_applied = all(key in applied and applied[key] == wanted.options[key] for key in fixed)
    if is_as_applied and not (fixed and machine.driver.has(Capability.RESIZES)):
        return Differences(tuple(found))
    trial = _Trial(machines, machine, wanted)
    sizes, causes = trial.sizes(), []
    if is_as_applied:
        return Differences((*found, *sizes))
    for key in fixed:
        if trial.is_size(key):
            continue
        if trial.differs(key) or (key in applied and applied[key] != wanted.options[key]):
            causes.append(key)
    return Differences((*found, *sizes), tuple(causes))


def _settings(machine: Machine, wanted: WantedMachine) -> list[SettingDifference]:
    found = []
    for option, value in wanted.options.items():
        setting = SETTING_OPTIONS.get(option)
        if setting is None or not setting.is_offered(machine):
            continue
        before, after = setting.read(machine), _setting_value(setting, value)
        if before != after:
            found.append(SettingDifference(setting.key, setting.part, before, after, option))
    return found


def _settings_taken_back(
    machine: Machine, wanted: WantedMachine, former: Iterable[str]
) -> list[SettingDifference]:
    found = []
    for option in former:
        setting = SETTING_OPTIONS.get(option)
        if setting is None or option in wanted.options or not setting.key.startswith(ENGINE_PREFIX):
            continue
        before = setting.read(machine)
        after: SettingValue = () if setting.is_list else str(wanted.values.content.get(option, ""))
        if before != after:
            found.append(SettingDifference(setting.key, setting.part, before, after, option))
    return found


def _setting_value(setting: MachineSetting, value: Value) -> SettingValue:
    if isinstance(value, list):
        return tuple(dict.fromkeys(item for item in value if item))
    return "" if value == 0 else str(value)


class _Trial:
    """Temporary records, configured with all options of the file, and with all but one of them."""

    def __init__(self, machines: Machines, machine: Machine, wanted: WantedMachine) -> None:
        self._machines, self._machine, self._wanted = machines, machine, wanted
        self._full = machines.configured(request_of(wanted, ""))
        self._present_fields = contents(machine)
        self._partial: dict[str, Machine | None] = {}

    @cached_property
    def _wanted_fields(self) -> dict[str, Any]:
        """The fields that the options set, without those that differ each time, such as random tokens."""
        again = contents(self._machines.configured(request_of(self._wanted, "")))
        return {key: value for key, value in contents(self._full).items() if again.get(key) == value}

    def differs(self, option: str) -> bool:
        """Whether the machine was made with another value of the option, as far as its record tells."""
        fields = self._fields_of(option)
        if fields is None:
            fields = self._fields_of_required()
        return any(self._present_fields.get(key) != self._wanted_fields[key] for key in fields)

    def _fields_of(self, option: str) -> set[str] | None:
        """Return the fields that differ without the option; None if the driver does nothing without it."""
        without = self._without(option)
        if without is None:
            return None
        others = contents(without)
        return {key for key, value in self._wanted_fields.items() if others.get(key) != value}

    def _fields_of_required(self) -> set[str]:
        """Return the driver's fields that only options without which it does nothing can have set."""
        blank = blank_contents(self._machine)
        optional = [self._fields_of(one) or () for one in self._wanted.options]
        found = {key for key, value in blank.items() if self._wanted_fields.get(key, value) != value}
        return found.difference(*optional)

    def is_size(self, option: str) -> bool:
        """Whether the option sets the host's CPUs or memory, which can be changed later."""
        without = self._without(option) if self._resizes else None
        return without is not None and without.driver.size() != self._full.driver.size()

    def sizes(self) -> list[SettingDifference]:
        """Return the differences in CPUs and memory."""
        if not self._resizes:
            return []
        causes = [key for key in self._wanted.options if key not in SETTING_OPTIONS and self.is_size(key)]
        named = {one.name for key in causes for one in fields(HostSize) if self._sets(key, one.name)}
        found = []
        for name in sorted(named):
            before, after = (
                getattr(self._machine.driver.size(), name),
                getattr(self._full.driver.size(), name),
            )
            if before != after:
                found.append(SettingDifference(name, Part.HOST, before, after))
        return found

    @property
    def _resizes(self) -> bool:
        return self._machine.driver.has(Capability.RESIZES)

    def _sets(self, option: str, name: str) -> bool:
        without = self._without(option)
        return without is None or getattr(without.driver.size(), name) != getattr(
            self._full.driver.size(), name
        )

    def _without(self, option: str) -> Machine | None:
        """Return the machine configured without one option; None if the driver requires that option."""
        if option not in self._partial:
            self._partial[option] = self._made_without(option)
        return self._partial[option]

    def _made_without(self, option: str) -> Machine | None:
        content = {key: value for key, value in self._wanted.values.content.items() if key != option}
        given = self._wanted.values.given - {option}
        try:
            return self._machines.configured(request_of(self._wanted, "", Values(content, given)))
        except MachshError:
            return None


def contents(machine: Machine) -> dict[str, Any]:
    """Return the fields of a record that options of `create` set, apart from settings: key -> value."""
    record = machine.record
    found = driver_contents(machine.driver.record)
    found |= {f"swarm {key}": value for key, value in record.swarm.to_json().items()}
    own = record.machsh
    names = ("key_kind", "valid_days", "driver_program")
    found |= {f"own {name}": getattr(own, name) for name in names}
    found["sans"] = record.auth.server_cert_sans
    return found


def blank_contents(machine: Machine) -> dict[str, Any]:
    """Return the driver's fields as every record of it has them, whatever the options."""
    record = machine.driver.record
    return driver_contents(type(record)(machine_name=record.machine_name, store_path=record.store_path))


def driver_contents(record: DriverRecord) -> dict[str, Any]:
    """Return the fields of a driver's record under the keys of `contents`."""
    return {f"driver {key}": value for key, value in record.to_json().items()}
