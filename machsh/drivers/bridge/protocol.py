"""docker-machine's driver protocol, version 1, as data: names, variables, times, types of messages."""

from __future__ import annotations

from machsh.drivers.bridge.gob import (
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

API_VERSION = 1
PROGRAM_PREFIX = "docker-machine-driver-"
"""A driver's program is called this and the driver's name."""
CORE_DRIVERS = frozenset(
    "amazonec2 azure digitalocean exoscale generic google hyperv none openstack rackspace softlayer "
    "virtualbox vmwarefusion vmwarevcloudair vmwarevsphere".split()
)
"""Names of the drivers inside docker-machine, which looks for no program for them."""
TOKEN_VARIABLE = "MACHINE_PLUGIN_TOKEN"
TOKEN = "42"
NAME_VARIABLE = "MACHINE_PLUGIN_DRIVER_NAME"
SERVICE = "RPCServerDriver"
OLD_SERVICE = "RpcServerDriver"
"""The service's name before docker-machine 0.5.1."""
HEARTBEAT_SECONDS = 5.0
"""How often a client sends a heartbeat, also while other calls run."""
SILENCE_SECONDS = 10.0
"""A program ends itself if no heartbeat comes for this long."""

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
UID_VARIABLE = "MACHINE_PLUGIN_UID"
GID_VARIABLE = "MACHINE_PLUGIN_GID"
"""User and group that programs run as if both are set, as in rancher-machine."""
