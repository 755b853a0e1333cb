"""The JSON schema of a manifest, for editors, generated from the reader's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from machsh.manifest.reading.fields import (
    CLUSTER,
    FLAG,
    MACHINE,
    NAMES,
    SECRET,
    STACK,
    TABLE,
    TEXT,
    TEXTS,
    TOP,
    ManifestField,
)
from machsh.manifest.reading.load import PROGRAM
from machsh.manifest.reading.option_values import ACCEPTED, ITEM
from machsh.options import Kind, Option

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The dialect with the best support in TOML plug-ins of editors."""
_TEXTS = {"type": "array", "items": {"type": "string"}}
_KINDS: dict[str, Any] = {
    TEXT: {"type": "string"},
    FLAG: {"type": "boolean"},
    TEXTS: {**_TEXTS, "minItems": 1},
    NAMES: {"type": ["string", "array"], "items": {"type": "string"}},
    TABLE: {"type": "object"},
}


def schema(options: Mapping[str, Iterable[Option]]) -> dict[str, Any]:
    """Return the schema; `options` are those of `create`, with "" as the driver, and those of each driver.

    All options are accepted of a machine without a driver of its own, and of drivers that are not among them:
    the reader checks them.
    """
    options = {driver: list(found) for driver, found in options.items()}
    top = _table(TOP)
    inner = {
        "variables": {
            "additionalProperties": {"type": ["string", "number", "boolean", "object"], "maxProperties": 0}
        },
        "secrets": {"additionalProperties": {**_table(SECRET), "minProperties": 1, "maxProperties": 1}},
        "templates": {"additionalProperties": {"$ref": "#/definitions/machine"}},
        "machines": {"additionalProperties": {"$ref": "#/definitions/machine"}},
        "clusters": {"additionalProperties": _cluster()},
        "stacks": {"additionalProperties": {**_table(STACK), "required": [one.name for one in STACK]}},
    }
    for name, more in inner.items():
        top["properties"][name] |= more
    return {
        "$schema": DIALECT,
        "title": "Machines of machsh apply",
        **top,
        "definitions": {"machine": _machine(options)},
    }


def _table(fields: Iterable[ManifestField]) -> dict[str, Any]:
    properties = {one.name: {**_KINDS[one.kind], "description": one.help} for one in fields}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _machine(options: Mapping[str, Iterable[Option]]) -> dict[str, Any]:
    table = _table(MACHINE)
    for driver, found in options.items():
        for option in found:
            table["properties"].setdefault(option.name, _option(option, driver))
    of_other_drivers = {"type": ["string", "integer", "boolean", "array"], "items": {"type": list(ITEM)}}
    known = [_only_options_of(driver, options) for driver in options if driver]
    return {**table, "additionalProperties": of_other_drivers, **({"allOf": known} if known else {})}


def _only_options_of(driver: str, options: Mapping[str, Iterable[Option]]) -> dict[str, Any]:
    """Return the rule that a machine of this driver has no other keys, so that editors mark typing errors."""
    found = [*options.get("", ()), *options[driver]]
    names = sorted({*(one.name for one in MACHINE), *(one.name for one in found)})
    is_of_driver = {"properties": {"driver": {"const": driver}, PROGRAM: False}, "required": ["driver"]}
    return {"if": is_of_driver, "then": {"propertyNames": {"enum": names}}}


def _option(option: Option, driver: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": list(ACCEPTED[option.kind])}
    if option.kind is Kind.LIST:
        found["items"] = {"type": list(ITEM)}
    if option.choices:
        found["anyOf"] = [{"enum": list(option.choices)}, {"type": "string", "pattern": r"\$\{"}]
    by = f" (driver {driver})" if driver else ""
    return {**found, "description": f"{option.help}{by}"}


def _cluster() -> dict[str, Any]:
    table = _table(CLUSTER)
    labels = {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}
    table["properties"]["labels"] |= {"additionalProperties": labels}
    return {**table, "required": ["managers"]}
