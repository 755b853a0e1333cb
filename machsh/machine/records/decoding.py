"""Decodes the bytes of a `config.json`; errors have the text of Go's JSON decoder, as in docker-machine."""

from __future__ import annotations

import json
import re
from typing import Any

from machsh.drivers.driver import DriverRecord
from machsh.machine.errors import PREFIX, BrokenRecordError
from machsh.machine.records.record import MachineRecord
from machsh.record import WrongValueError, json_type, parse_json

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


def decode(content: bytes, name: str) -> dict[str, Any]:
    """Return the JSON object in `content`. Raises BrokenRecordError with Go's message."""
    text = content.decode("utf-8", "replace")
    try:
        document = parse_json(text)
    except json.JSONDecodeError as error:
        raise BrokenRecordError(name, PREFIX + _go_text(error, text)) from error
    except ValueError as error:
        raise BrokenRecordError(name, PREFIX + str(error)) from error
    if not isinstance(document, dict):
        raise BrokenRecordError(
            name, f"{PREFIX}json: cannot unmarshal {json_type(document)} into Go value of type host.RawHost"
        )
    return document


def record_of(document: dict[str, Any], name: str) -> MachineRecord:
    """Return the record in a version 3 document; `name`, the folder's, replaces the one in the document.

    Checks the common fields, including those that all drivers share; a driver's own fields are checked
    when it is loaded. Raises BrokenRecordError.
    """
    record = MachineRecord.from_json(document)
    try:
        record.check("Host")
        DriverRecord.from_json(record.driver).check("Driver")
    except WrongValueError as error:
        raise BrokenRecordError(name, PREFIX + str(error)) from error
    record.name = name
    return record


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
    return f"invalid character {_quoted_character(text[at])} {words}"


def _quoted_character(character: str) -> str:
    """Return a character in single quotes as encoding/json names it: control characters are escaped."""
    from machsh.go.strconv import quote

    escaped = {"'": r"\'", '"': '"'}.get(character) or quote(character)[1:-1]
    return f"'{escaped}'"


def _is_cut(rest: str) -> bool:
    """Whether the text ends in the middle of a literal, number or escape, or before the next value."""
    rest = rest.strip(" \t\r\n")
    literals = ("true", "false", "null", "-")
    return any(literal.startswith(rest) for literal in literals) or bool(_CUT_ESCAPE.fullmatch(rest))


def _is_in_list(before: str) -> bool:
    """Whether the innermost bracket that is open after `before`, the beginning of a JSON text, is `[`."""
    depth: list[str] = []
    for bracket in re.findall(r"[\[\]{}]", _STRING.sub("", before)):
        depth.append(bracket) if bracket in "[{" else depth.pop()
    return depth[-1:] == ["["]
