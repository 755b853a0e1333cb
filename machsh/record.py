"""Dataclasses that read and write docker-machine's JSON: its key names, its key order, unknown keys kept."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from typing import Any, ClassVar, NamedTuple, NoReturn, Self

from machsh.humanize import short_value
from machsh.validators import TEXT, Rule


class WrongValueError(ValueError):
    """A record's value has the wrong type or breaks its field's rule; the message names the field."""


@dataclasses.dataclass
class Record:
    """Base class of the objects in `config.json`.

    A field's JSON key is its name in CamelCase unless `names` overrides it. Keys without a field are kept in
    `unknown` and written back. `check` expects values of the type of the field's default; `checked` adds a
    rule.
    """

    names: ClassVar[dict[str, str]] = {}
    """Field -> JSON key, where that is not CamelCase: `ip_address` -> `IPAddress`."""

    def __post_init__(self) -> None:
        self.unknown: dict[str, Any] = {}

    @classmethod
    @functools.cache
    def json_name(cls, field: str) -> str:
        """Return the JSON key of a field."""
        return cls.names.get(field) or "".join(part.capitalize() for part in field.split("_"))

    @classmethod
    @functools.cache
    def _shapes(cls) -> tuple[_FieldShape, ...]:
        return tuple(_shape(field, cls.json_name(field.name)) for field in dataclasses.fields(cls))

    @classmethod
    def from_json(cls, source: dict[str, Any]) -> Self:
        """Make a record from decoded JSON. Absent and null keys get the field's default.

        Values are not validated; call `check` for that.
        """
        rest = dict(source)
        values: dict[str, Any] = {}
        for shape in cls._shapes():
            value = rest.pop(shape.key, None)
            if value is not None:
                is_record = shape.record is not None and isinstance(value, dict)
                values[shape.name] = shape.record.from_json(value) if is_record else value
        record = cls(**values)
        record.unknown = rest
        return record

    def check(self, *place: str) -> None:
        """Raise WrongValueError for the first invalid value; `place` is the path of keys to this record."""
        for shape in self._shapes():
            value = getattr(self, shape.name)
            if value is shape.default:
                continue
            if isinstance(value, Record):
                value.check(*place, shape.key)
            else:
                _check_type(shape, value, place)
                _check_rule(shape, value, place)

    def to_json(self) -> dict[str, Any]:
        """Return the record as a dict for JSON: fields in order of declaration, then unknown keys."""
        result: dict[str, Any] = {}
        for shape in self._shapes():
            value = getattr(self, shape.name)
            result[shape.key] = value.to_json() if isinstance(value, Record) else value
        result.update(self.unknown)
        return result


def nested(kind: type[Record]) -> Any:
    """Declare a field that holds another record."""
    return dataclasses.field(default_factory=kind, metadata={"record": kind})


def checked(rule: Rule, default: Any = "") -> Any:
    """Declare a field whose value (of a list, each item) must satisfy a rule; "" is always accepted."""
    return dataclasses.field(default=default, metadata={"rule": rule})


_GO_TYPES = {bool: "bool", int: "int", float: "float64", str: "string", dict: "map[string]interface {}"}
_JSON_TYPES = {bool: "bool", int: "number", float: "number", str: "string", dict: "object", list: "array"}
_LONGEST = 1 << 63


def json_type(value: Any) -> str:
    """Return the JSON name of a decoded value's type, such as `object`."""
    return _JSON_TYPES.get(type(value), "null")


class _FieldShape(NamedTuple):
    """What `Record` has to know of a field, found out once: the records of a whole store are checked."""

    name: str
    key: str
    record: Any
    """The class of the record that it holds, or None."""
    expected: type | None
    """The type of its default, list for an optional `list[str]`, or None for any type."""
    default: Any
    rule: Rule
    has_rule: bool

    def reported(self, place: tuple[str, ...]) -> str:
        """Its name in messages; `place` is the path of keys to its record."""
        return ".".join((*place, self.key))


def _shape(field: dataclasses.Field[Any], key: str) -> _FieldShape:
    return _FieldShape(
        name=field.name,
        key=key,
        record=field.metadata.get("record"),
        expected=_expected(field),
        default=field.default,
        rule=field.metadata.get("rule", TEXT),
        has_rule="rule" in field.metadata,
    )


def _expected(field: dataclasses.Field[Any]) -> type | None:
    if field.default_factory is not dataclasses.MISSING:
        return type(field.default_factory())
    if field.type == "float":
        return float  # its default may be 0, which Go writes without a point
    if field.default is None:
        return list if "list[str]" in str(field.type) or field.type == "Texts" else None
    return None if field.default is dataclasses.MISSING else type(field.default)


def _check_type(shape: _FieldShape, value: Any, place: tuple[str, ...]) -> None:
    expected = shape.expected
    if expected is None or _fits(value, expected, holds_texts=shape.default is None):
        return
    reported = "[]string" if expected is list else _GO_TYPES.get(expected, "struct")
    raise WrongValueError(
        f"json: cannot unmarshal {json_type(value)} into Go struct field {shape.reported(place)} "
        f"of type {reported}"
    )


def _fits(value: Any, expected: type, *, holds_texts: bool) -> bool:
    if expected is list:
        return isinstance(value, list) and not (holds_texts and any(type(one) is not str for one in value))
    if expected in (int, float):
        kinds = int if expected is int else int | float
        return isinstance(value, kinds) and not isinstance(value, bool) and -_LONGEST <= value < _LONGEST
    return isinstance(value, expected)


def _check_rule(shape: _FieldShape, value: Any, place: tuple[str, ...]) -> None:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str) and (not item or shape.rule.accepts(item)):
            continue
        if not isinstance(item, str) and (not shape.has_rule or shape.rule.accepts(item)):
            continue
        raise WrongValueError(f"{shape.reported(place)} is not {shape.rule.words}: {short_value(item)}")


def merged(old: Any, new: Any, there: Any) -> Any:
    """Return `there` with the changes from `old` to `new`: of dicts key by key, else as a whole."""
    if old == new:
        return there
    if not (isinstance(old, dict) and isinstance(new, dict) and isinstance(there, dict)):
        return new
    kept = {key: value for key, value in there.items() if key in new or key not in old}
    for key, value in new.items():
        if key not in old:
            kept[key] = value
        elif old[key] != value:
            kept[key] = merged(old[key], value, there.get(key))
    return kept


_MANY_DIGITS = re.compile(r"\d{300}")
DEEPEST = 100
"""The deepest nesting allowed in JSON from outside; docker-machine's files have five levels."""


class TooDeepError(ValueError):
    """JSON is nested deeper than `DEEPEST`."""


def parse_json(text: str) -> Any:
    """Decode untrusted JSON. Unpaired surrogates become U+FFFD, as in Go.

    Raises JSONDecodeError for invalid JSON, TooDeepError for nesting deeper than `DEEPEST`, and ValueError
    for a number too large for a float64. All of them are ValueErrors.
    """
    try:
        # Set `parse_int` only for very long numbers: the decoder's built-in conversion is faster.
        integer = _whole if _MANY_DIGITS.search(text) else None
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=integer)
    except RecursionError as error:
        raise TooDeepError("exceeded max depth") from error
    if max(text.count("["), text.count("{")) > DEEPEST:
        _check_depth(value)
    return _without_surrogates(value) if "\\ud" in text or "\\uD" in text else value


def _refuse(constant: str) -> NoReturn:
    raise json.JSONDecodeError("Expecting value", constant, 0)


def _finite(digits: str) -> float:
    """Convert to float. Raises ValueError, with Go's text, for a number too large for a float64."""
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        shown = digits if len(digits) <= 20 else f"{digits[:20]}..."
        raise ValueError(f"json: cannot unmarshal number {shown} into Go value of type float64")
    return value


def _whole(digits: str) -> int:
    _finite(digits)
    return int(digits)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [one for item in level for one in _items(item)]
        if not level:
            return
    raise TooDeepError("exceeded max depth")


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(one) for one in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(one) for key, one in value.items()}
    return value
