"""The settings that `reconfigure` can change, in one table.

Settings of the engine have the names of `create`'s options: `--engine-label` is `engine.label`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

from machsh.drivers.capabilities import Capability
from machsh.drivers.host_size import HostSize
from machsh.engine.address import TLS
from machsh.errors import RefusedError, UsageError
from machsh.machine.create_request import (
    ENGINE_FIELDS,
    OWN_ENGINE_DEFAULTS,
    OWN_ENGINE_FIELDS,
    change_engine,
    endpoint_field,
)
from machsh.machine.machine import Machine
from machsh.machine.records.record import EngineOptions, MachineRecord
from machsh.provision.engine_config.engine_options import LOG_LEVELS
from machsh.validators import SECONDS

SettingValue = str | tuple[str, ...]
"""A text, "" if it is not set; for a list its items."""
ENGINE_PREFIX = "engine."
LOG_LEVEL = "log-level"


class Part(Enum):
    """What has to be done when a setting changes; the order is the one in which it is done."""

    ENGINE = "engine"
    """The host is provisioned: files that differ are written, and the engine reads them."""
    VERSION = "version"
    """Another version of the engine's packages is installed."""
    ENDPOINT = "endpoint"
    """The engine is reached in another way, and set up for it."""
    HOST = "host"
    """The host itself gets another size."""
    RECORD = "record"
    """Nothing but the record changes."""


@dataclass(frozen=True, slots=True)
class MachineSetting:
    """One setting of a machine."""

    key: str
    part: Part
    read: Callable[[Machine], SettingValue]
    write: Callable[[MachineRecord, SettingValue], None] | None = None
    """Changes the record; None if the host is changed first, and its driver changes the record."""
    is_list: bool = False
    option: str = ""
    """The option of `create` with the same meaning, which provides help and choices."""
    help: str = ""
    """The help text, if there is no such option."""
    choices: tuple[str, ...] = ()

    def is_offered(self, machine: Machine) -> bool:
        """Whether machines of this driver have the setting."""
        if self.part in (Part.ENGINE, Part.VERSION, Part.ENDPOINT) or self.key.startswith(ENGINE_PREFIX):
            return machine.driver.has(Capability.PROVISIONS)
        return self.part is not Part.HOST or machine.driver.has(Capability.RESIZES)


def _key(option: str) -> str:
    """Return the setting of an option: `engine.registry-mirror` for `engine-registry-mirror`."""
    return option.replace("-", ".", 1)


def _engine_settings() -> list[MachineSetting]:
    defaults = EngineOptions()
    return [
        MachineSetting(
            _key(option),
            Part.ENGINE,
            partial(_read_engine, field),
            partial(_write_engine, option),
            is_list=getattr(defaults, field) is None,
            option=option,
        )
        for option, field in ENGINE_FIELDS.items()
    ]


def _read_engine(field: str, machine: Machine) -> SettingValue:
    value = getattr(machine.record.engine, field)
    return value if isinstance(value, str) else tuple(value or ())


def _write_engine(option: str, record: MachineRecord, value: SettingValue) -> None:
    change_engine(record, {option: value if isinstance(value, str) else list(value)})


def _own_engine_settings() -> list[MachineSetting]:
    parts = {"engine-version": Part.VERSION}
    return [
        MachineSetting(
            _key(option),
            parts.get(option, Part.RECORD),
            partial(_read_own, field),
            partial(_write_own, field),
            option=option,
        )
        for option, field in OWN_ENGINE_FIELDS.items()
    ]


def _read_own(field: str, machine: Machine) -> str:
    return str(getattr(machine.record.machsh, field) or OWN_ENGINE_DEFAULTS.get(field, ""))


def _write_own(field: str, record: MachineRecord, value: SettingValue) -> None:
    setattr(record.machsh, field, "" if value == OWN_ENGINE_DEFAULTS.get(field) else value)


def _read_log_level(machine: Machine) -> str:
    levels = [flag.partition("=")[2] for flag in machine.record.engine.arbitrary_flags or () if _is_log(flag)]
    return levels[-1] if levels else ""


def _write_log_level(record: MachineRecord, value: SettingValue) -> None:
    kept = [flag for flag in record.engine.arbitrary_flags or () if not _is_log(flag)]
    record.engine.arbitrary_flags = [*kept, f"{LOG_LEVEL}={value}"] if value else kept


def _is_log(flag: str) -> bool:
    return flag.lstrip("-").partition("=")[0] == LOG_LEVEL


def _read_endpoint(machine: Machine) -> str:
    return machine.record.machsh.endpoint or TLS


def _write_endpoint(record: MachineRecord, value: SettingValue) -> None:
    record.machsh.endpoint = endpoint_field(str(value))


def _size_settings() -> list[MachineSetting]:
    helps = {"cpus": "Number of CPUs of the host", "memory": "Memory of the host, in MB or such as 2g"}
    return [
        MachineSetting(field.name, Part.HOST, partial(_read_size, field.name), help=helps[field.name])
        for field in dataclasses.fields(HostSize)
    ]


def _read_size(name: str, machine: Machine) -> str:
    return str(getattr(machine.driver.size(), name))


def _read_seconds(machine: Machine) -> str:
    return str(machine.record.machsh.wait_seconds or "")


def _write_seconds(record: MachineRecord, value: SettingValue) -> None:
    text = str(value) or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10 and SECONDS.accepts(int(text))):
        raise UsageError(f"timeout={value} is not {SECONDS.words}", hint="nothing was changed")
    record.machsh.wait_seconds = int(text)


_LOG = MachineSetting(
    f"{ENGINE_PREFIX}{LOG_LEVEL}",
    Part.ENGINE,
    _read_log_level,
    _write_log_level,
    help="How much the engine logs",
    choices=LOG_LEVELS,
)
MACHINE_SETTINGS: dict[str, MachineSetting] = {
    one.key: one
    for one in (
        *_engine_settings(),
        _LOG,
        *_own_engine_settings(),
        MachineSetting("endpoint", Part.ENDPOINT, _read_endpoint, _write_endpoint, option="endpoint"),
        *_size_settings(),
        MachineSetting("timeout", Part.RECORD, _read_seconds, _write_seconds, option="timeout"),
    )
}
"""Key -> setting."""


def setting(key: str) -> MachineSetting:
    """Return the setting of this key. Raises UsageError with the keys that there are."""
    from machsh.suggest import did_you_mean

    found = MACHINE_SETTINGS.get(key)
    if found is None:
        known = f"there are {', '.join(MACHINE_SETTINGS)}"
        hint = f"{did_you_mean(key, MACHINE_SETTINGS)} {known}".strip()
        raise UsageError(f'A machine has no setting "{key}"', hint=hint)
    return found


def check_offered(setting: MachineSetting, machine: Machine) -> None:
    """Raise RefusedError if machines of this driver do not have the setting."""
    if not setting.is_offered(machine):
        raise RefusedError(
            f'"{machine.name}" has no {setting.key}: '
            f"its driver, {machine.record.driver_name}, cannot do that",
            hint=f"see what it has: machsh reconfigure {machine.name}",
        )


def values_of(machine: Machine) -> dict[str, SettingValue]:
    """Return the present values of all settings that the machine has."""
    return {key: one.read(machine) for key, one in MACHINE_SETTINGS.items() if one.is_offered(machine)}
