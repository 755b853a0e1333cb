"""The options of a driver program: asked of it once, then kept as long as the program does not change."""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machsh.drivers.bridge.program_errors import DriverProgramError
from machsh.drivers.bridge.program_search import ProgramPlace
from machsh.drivers.bridge.program_trust import program_stamp
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.files import make_private_folder, write_atomically
from machsh.options import Kind, Option, Value, Values
from machsh.progress import NullProgress
from machsh.record import parse_json
from machsh.regular_file import read_text
from machsh.secrets import is_secret_name
from machsh.validators import LINE

if TYPE_CHECKING:
    from machsh.drivers.bridge.wire.gob import Interface

LOOKUP_NAME = "flag-lookup"
"""The name of the machine that is none, for which docker-machine asks for flags."""
FLAG_SECONDS = 30.0
MOST_FLAGS = 1000
_LONGEST_TEXT = 2000
_LARGEST = 4 << 20
_FORM = 1
"""Changes with the form of the cached file."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,200}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")
_KINDS = {
    "*mcnflag.StringFlag": Kind.STRING,
    "*mcnflag.IntFlag": Kind.INT,
    "*mcnflag.BoolFlag": Kind.BOOL,
    "*mcnflag.StringSliceFlag": Kind.LIST,
}
_COMMON = (
    "engine-install-url", "engine-storage-driver", "swarm", "swarm-image", "swarm-master", "swarm-discovery",
    "swarm-strategy", "swarm-host", "swarm-addr", "swarm-experimental",
)  # fmt: skip
"""Options of `create` that docker-machine gives to every driver, too."""


def options_of(place: ProgramPlace, environment: Environment) -> tuple[Option, ...]:
    """Return a driver's options, from the cache if the program is unchanged. Raises DriverProgramError."""
    cache = _cache_file(place, environment)
    found = _cached(cache, place)
    if found is None:
        found = _ask(place, environment)
        _keep(cache, place, found)
    return tuple(_option(one) for one in found)


def cached_options(place: ProgramPlace, environment: Environment) -> tuple[Option, ...] | None:
    """Return a driver's options without starting its program; None if they were never asked for."""
    found = _cached(_cache_file(place, environment), place)
    return None if found is None else tuple(_option(one) for one in found)


def argument_of(options: Iterable[Option], values: Values, driver: str) -> Interface:
    """Return the argument of `SetConfigFromFlags`: the driver's options, and the common ones of `create`.

    A driver takes an option that is missing for a fault, and one of another type for zero.
    """
    from machsh.drivers.bridge.message_types import OPTIONS, OPTIONS_NAME, option_value
    from machsh.drivers.bridge.wire.gob import Interface

    content: dict[str, Value] = {"driver": driver}
    content.update({name: values[name] for name in _COMMON if name in values})
    content.update({one.name: values.get(one.name, one.empty) for one in options})
    encoded = {name: option_value(value) for name, value in content.items()}
    return Interface(OPTIONS_NAME, {"Values": encoded}, OPTIONS)


def _ask(place: ProgramPlace, environment: Environment) -> list[dict[str, Any]]:
    from machsh.drivers.bridge.driver_program import DriverProgram

    record = json.dumps({"MachineName": LOOKUP_NAME}).encode()
    program = DriverProgram.started(place, environment, NullProgress(), record)
    try:
        found = program.call("GetCreateFlags", list, seconds=FLAG_SECONDS)
    except BaseException:
        program.kill()
        raise
    program.close()
    if len(found) > MOST_FLAGS:
        raise DriverProgramError(f"the driver program {place.path} has more than {MOST_FLAGS} options")
    return [_checked(one, place) for one in found]


def _checked(flag: Any, place: ProgramPlace) -> dict[str, Any]:
    """Return a flag as the cache keeps it. Raises DriverProgramError if it is none, or could not be given."""
    from machsh.drivers.bridge.wire.gob import Interface

    if not isinstance(flag, Interface) or flag.name not in _KINDS or not isinstance(flag.value, dict):
        raise DriverProgramError(
            f"the driver program {place.path} answers GetCreateFlags with something else"
        )
    checked = {
        "kind": _KINDS[flag.name].value,
        "name": flag.value.get("Name", ""),
        "help": flag.value.get("Usage", ""),
        "variable": flag.value.get("EnvVar", ""),
        "default": flag.value.get("Value"),
    }
    if not _is_flag(checked):
        raise DriverProgramError(
            f"the driver program {place.path} has an option that cannot be used: {checked}"
        )
    return checked


def _is_flag(flag: Any) -> bool:
    """Whether a dict has the types and limits of a flag; it comes from a program, or from the cache."""
    if not isinstance(flag, dict):
        return False
    texts = [flag.get(key) for key in ("kind", "name", "help", "variable")]
    if not all(isinstance(text, str) for text in texts) or not _NAME.fullmatch(flag["name"]):
        return False
    default = flag.get("default")
    types: Mapping[str, type] = {"string": str, "int": int, "bool": bool, "list": list}
    if default is not None and type(default) is not types.get(flag["kind"]):
        return False
    return not isinstance(default, list) or all(isinstance(text, str) for text in default)


def _option(flag: Mapping[str, Any]) -> Option:
    # docker-machine's cli library takes several variables, separated by commas; here the first one counts.
    variable = flag["variable"].partition(",")[0].strip()
    text = " ".join(flag["help"].split())[:_LONGEST_TEXT]
    return Option(
        flag["name"],
        text if LINE.accepts(text) else "".join(letter for letter in text if letter.isprintable()),
        Kind(flag["kind"]),
        default=flag["default"],
        variable=variable if _VARIABLE.fullmatch(variable) else "",
        secret=is_secret_name(flag["name"]),
    )


def _cache_file(place: ProgramPlace, environment: Environment) -> Path:
    # Two programs with one sum would only ask again in turn: the stamp in the file tells them apart.
    key = binascii.crc32(f"{place.path}\0{place.driver}".encode("utf-8", "surrogateescape"))
    return environment.cache_folder / "driver-programs" / f"{place.driver[:100]}-{key:08x}.json"


def _cached(cache: Path, place: ProgramPlace) -> list[dict[str, Any]] | None:
    try:
        found = parse_json(read_text(cache, _LARGEST))
        stamp = program_stamp(place.path)
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or [found.get("form"), found.get("stamp")] != [_FORM, stamp]:
        return None
    flags = found.get("flags")
    return flags if isinstance(flags, list) and all(_is_flag(one) for one in flags) else None


def _keep(cache: Path, place: ProgramPlace, flags: list[dict[str, Any]]) -> None:
    content = {"form": _FORM, "path": str(place.path), "stamp": program_stamp(place.path), "flags": flags}
    try:
        make_private_folder(cache.parent)
        write_atomically(cache, json.dumps(content).encode())
    except MachshError:
        pass  # without the cache it only takes longer
