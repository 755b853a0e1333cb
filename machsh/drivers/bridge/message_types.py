"""The types of the messages of docker-machine's driver protocol, version 1."""

from __future__ import annotations

from machsh.drivers.bridge.wire.gob import (
    BOOL,
    BYTES,
    INT,
    INTERFACE,
    STRING,
    Field,
    Interface,
    Map,
    Slice,
    Struct,
    Type,
)

TEXTS = Slice(STRING, "[]string")
_NAMES = (Field("Name", STRING), Field("Usage", STRING), Field("EnvVar", STRING))
STRING_FLAG = Struct("StringFlag", (*_NAMES, Field("Value", STRING)))
INT_FLAG = Struct("IntFlag", (*_NAMES, Field("Value", INT)))
BOOL_FLAG = Struct("BoolFlag", _NAMES)
STRING_SLICE_FLAG = Struct("StringSliceFlag", (*_NAMES, Field("Value", TEXTS)))
FLAG_TYPES: dict[str, Struct] = {
    "*mcnflag.StringFlag": STRING_FLAG,
    "*mcnflag.IntFlag": INT_FLAG,
    "*mcnflag.BoolFlag": BOOL_FLAG,
    "*mcnflag.StringSliceFlag": STRING_SLICE_FLAG,
}
"""Name under which docker-machine registers a type of flag -> the type."""
FLAGS = Slice(INTERFACE)
"""The reply to `GetCreateFlags`."""
VALUES = Map(STRING, INTERFACE, "map[string]interface {}")
OPTIONS_NAME = "*rpcdriver.RPCFlags"
"""Name under which the argument of `SetConfigFromFlags`, an interface value, is registered."""
OPTIONS = Struct("RPCFlags", (Field("Values", VALUES),))

_VALUE_TYPES: dict[type, tuple[str, Type]] = {
    str: ("string", STRING),
    int: ("int", INT),
    bool: ("bool", BOOL),
    list: ("[]string", Slice(STRING)),
}


def option_value(value: str | int | bool | list[str]) -> Interface:
    """Return an option's value as docker-machine's driver library expects it: with its exact Go type."""
    name, kind = _VALUE_TYPES[type(value)]
    return Interface(name, value, kind)


RECORD = BYTES
"""The argument of `SetConfigRaw` and the reply to `GetConfigRaw`: the JSON of the `Driver` object."""
