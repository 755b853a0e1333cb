"""Options of our drivers as docker-machine's flags, and its values of them back again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from machsh.drivers.bridge.message_types import FLAG_TYPES, OPTIONS_NAME
from machsh.drivers.bridge.wire.gob import Interface
from machsh.options import Kind, Option, Value, Values
from machsh.progress import Progress

_FLAG_NAMES = {
    Kind.STRING: "*mcnflag.StringFlag",
    Kind.INT: "*mcnflag.IntFlag",
    Kind.BOOL: "*mcnflag.BoolFlag",
    Kind.LIST: "*mcnflag.StringSliceFlag",
}
_GO_TYPES = {Kind.STRING: "string", Kind.INT: "int", Kind.BOOL: "bool", Kind.LIST: "string slice"}
_PYTHON_TYPES: dict[Kind, type] = {Kind.STRING: str, Kind.INT: int, Kind.BOOL: bool, Kind.LIST: list}


def flags_of(options: Sequence[Option]) -> list[Interface]:
    """Return the reply to `GetCreateFlags`."""
    return [_flag(option) for option in options]


def _flag(option: Option) -> Interface:
    name = _FLAG_NAMES[option.kind]
    fields: dict[str, Any] = {"Name": option.name, "Usage": option.help, "EnvVar": option.variable}
    if option.kind is not Kind.BOOL:
        fields["Value"] = option.empty
    return Interface(name, fields, FLAG_TYPES[name])


def values_of(options: Sequence[Option], argument: Any, progress: Progress) -> Values:
    """Return the values in the argument of `SetConfigFromFlags`.

    A value that is missing or has another type is reported in the words of docker-machine's library, and its
    option gets the empty value of its kind. Raises ValueError if the argument is no set of options.
    """
    content = argument.value if isinstance(argument, Interface) and argument.name == OPTIONS_NAME else None
    sent = content.get("Values", {}) if isinstance(content, dict) else None
    if not isinstance(sent, dict):
        raise ValueError(f"the argument is not {OPTIONS_NAME}")
    values = Values()
    for option in options:
        value = values.content[option.name] = _value(option, sent, progress)
        if value != option.empty:
            values.given.add(option.name)
    return values


def _value(option: Option, sent: dict[Any, Any], progress: Progress) -> Value:
    if option.name not in sent:
        progress.warning(f"Trying to access option {option.name} which does not exist")
        progress.warning("THIS ***WILL*** CAUSE UNEXPECTED BEHAVIOR")
    held = sent.get(option.name)
    value: Any = held.value if isinstance(held, Interface) else None
    is_fit = type(value) is _PYTHON_TYPES[option.kind]
    if is_fit and not (option.kind is Kind.LIST and any(type(one) is not str for one in value)):
        return cast(Value, value)
    go_type = _GO_TYPES[option.kind]
    progress.warning(f"Type assertion did not go smoothly to {go_type} for key {option.name}")
    return Option("", "", option.kind).empty
