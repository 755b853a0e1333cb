"""Dataclasses whose JSON is docker-machine's: its names, its order, and unknown keys kept."""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import Any, ClassVar, Self


@dataclasses.dataclass
class Record:
    """Base of what is kept in `config.json`.

    A field's JSON name is its name in CamelCase unless `names` says otherwise (`ip_address` is `IPAddress`).
    Keys that no field stands for are kept in `unknown` and written back.
    """

    names: ClassVar[dict[str, str]] = {}

    def __post_init__(self) -> None:
        self.unknown: dict[str, Any] = {}

    @classmethod
    @functools.cache
    def json_name(cls, field: str) -> str:
        """The JSON key of a field."""
        return cls.names.get(field) or "".join(part.capitalize() for part in field.split("_"))

    @classmethod
    def from_json(cls, source: dict[str, Any]) -> Self:
        """Read from decoded JSON; absent keys keep their default, unknown ones are kept."""
        rest = dict(source)
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            key = cls.json_name(field.name)
            if key in rest:
                values[field.name] = cls._decode(field, rest.pop(key))
        record = cls(**values)
        record.unknown = rest
        return record

    @classmethod
    def _decode(cls, field: dataclasses.Field[Any], value: Any) -> Any:
        kind = field.metadata.get("record")
        if kind is not None and isinstance(value, dict):
            return kind.from_json(value)
        return value

    def to_json(self) -> dict[str, Any]:
        """The JSON form, fields in their order, unknown keys after them."""
        result: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            result[self.json_name(field.name)] = value.to_json() if isinstance(value, Record) else value
        result.update(self.unknown)
        return result


def nested(kind: type[Record]) -> Any:
    """Declare a field that holds another record."""
    return dataclasses.field(default_factory=kind, metadata={"record": kind})


_GO_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_GO_TABLE = {ord(character): escape for character, escape in _GO_ESCAPES.items()}


def go_json(value: Any, *, indent: int | None = 4, sort_keys: bool = False) -> str:
    """JSON as Go's encoder writes it: `<`, `>`, `&` escaped, non-ASCII kept, no newline at the end."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, indent=indent, ensure_ascii=False, separators=separators, sort_keys=sort_keys)
    return text.translate(_GO_TABLE)
