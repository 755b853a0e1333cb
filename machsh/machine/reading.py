"""Bytes of a `config.json` to a record, or Go's words for what is wrong with them."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, NoReturn

from machsh.machine.errors import BrokenRecordError
from machsh.machine.record import MachineRecord
from machsh.record import Record

PREFIX = "Error getting migrated host: "
CUT = "unexpected end of JSON input"

_WORDS = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Expecting ','": "after object key:value pair",
    "Extra data": "after top-level value",
    "Invalid control character": "in string literal",
    "Invalid \\": "in string escape code",
    "Illegal trailing comma": "looking for beginning of value",
}
_CUT_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_GO_TYPES = {bool: "bool", int: "int", float: "float64", str: "string", dict: "map[string]interface {}"}
_JSON_TYPES = {bool: "bool", int: "number", float: "number", str: "string", dict: "object", list: "array"}


def decode(content: bytes, name: str) -> dict[str, Any]:
    """The JSON object in `content`. Raises BrokenRecordError with Go's text."""
    text = content.decode("utf-8", "replace")
    try:
        document = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise BrokenRecordError(name, PREFIX + _go_text(error, text)) from error
    except (ValueError, RecursionError) as error:
        raise BrokenRecordError(name, PREFIX + "exceeded max depth") from error
    if not isinstance(document, dict):
        kind = _JSON_TYPES.get(type(document), "null")
        raise BrokenRecordError(
            name, f"{PREFIX}json: cannot unmarshal {kind} into Go value of type host.RawHost"
        )
    return document


def record_of(document: dict[str, Any], name: str) -> MachineRecord:
    """The record in a version 3 document; its name is the folder's. Raises BrokenRecordError."""
    record = MachineRecord.from_json(document)
    try:
        _check(record, ("Host",))
    except TypeError as error:
        raise BrokenRecordError(name, f"{PREFIX}json: cannot unmarshal {error}") from error
    record.name = name
    return record


def _refuse(constant: str) -> NoReturn:
    raise json.JSONDecodeError("Expecting value", constant, 0)


def _go_text(error: json.JSONDecodeError, text: str) -> str:
    at = error.pos
    if error.doc != text:
        return f"invalid character '{error.doc[0]}' looking for beginning of value"
    if error.msg.startswith("Unterminated string") or _is_cut(text[at:]):
        return CUT
    if error.msg.startswith("Invalid \\"):
        at += 1  # Go names the character after the backslash
    words = next((go for start, go in _WORDS.items() if error.msg.startswith(start)), "in the file")
    if "pair" in words and _is_in_list(text[:at]):
        words = "after array element"
    character = {"'": "\\'", "\n": "\\n", "\t": "\\t", "\0": "\\x00"}.get(text[at], text[at])
    return f"invalid character '{character}' {words}"


def _is_cut(rest: str) -> bool:
    """Whether nothing follows but the beginning of a literal, a number or an escape."""
    rest = rest.strip(" \t\r\n")
    literals = ("true", "false", "null", "-")
    return any(literal.startswith(rest) for literal in literals) or bool(_CUT_ESCAPE.fullmatch(rest))


def _is_in_list(before: str) -> bool:
    """Whether the innermost open bracket of valid JSON text is a list's."""
    depth: list[str] = []
    for bracket in re.findall(r"[\[\]{}]", _STRING.sub("", before)):
        depth.append(bracket) if bracket in "[{" else depth.pop()
    return depth[-1:] == ["["]


def _check(record: Record, place: tuple[str, ...]) -> None:
    """Raise TypeError naming the first value whose type is not the field's; null is absent, as in Go."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Record):
            _check(value, (*place, record.json_name(field.name)))
        elif value is None:
            _set_default(record, field)
        elif not _fits(value, field):
            expected = _expected(field)
            told = "[]string" if expected is list else _GO_TYPES.get(expected, "struct")
            where = ".".join((*place, record.json_name(field.name)))
            raise TypeError(f"{_JSON_TYPES[type(value)]} into Go struct field {where} of type {told}")


def _set_default(record: Record, field: dataclasses.Field[Any]) -> None:
    if field.default is not dataclasses.MISSING:
        setattr(record, field.name, field.default)
    elif field.default_factory is not dataclasses.MISSING:
        setattr(record, field.name, field.default_factory())


def _expected(field: dataclasses.Field[Any]) -> type:
    """The type a field's value must have; a list when its default is null."""
    if field.default is None:
        return list
    default = field.default if field.default is not dataclasses.MISSING else None
    return dict if default is None and "record" not in field.metadata else type(default)


def _fits(value: Any, field: dataclasses.Field[Any]) -> bool:
    expected = _expected(field)
    if expected is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if expected is float or expected is int:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, expected)
