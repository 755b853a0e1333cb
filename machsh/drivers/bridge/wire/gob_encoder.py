"""Encodes values as Go's gob: type definitions first, then the value, each a message of its own."""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import Any

from machsh.drivers.bridge.wire import gob
from machsh.drivers.bridge.wire.gob import Array, Basic, Field, GobError, Interface, Map, Slice, Struct, Type

Write = Callable[[bytearray, Any], None]
"""Appends a value's encoding to a message."""


def encode_uint(message: bytearray, value: int) -> None:
    """Append an unsigned integer: one byte below 128, else the negated count of bytes and the bytes."""
    if not 0 <= value < 1 << 64:
        raise GobError(f"{value} does not fit an unsigned integer of 64 bits")
    if value < 128:
        message.append(value)
        return
    length = (value.bit_length() + 7) // 8
    message.append(256 - length)
    message += value.to_bytes(length, "big")


def encode_int(message: bytearray, value: int) -> None:
    """Append a signed integer: shifted left by one, negative ones inverted with the lowest bit set."""
    if not -(1 << 63) <= value < 1 << 63:
        raise GobError(f"{value} does not fit an integer of 64 bits")
    encode_uint(message, ~value << 1 | 1 if value < 0 else value << 1)


def _bool(message: bytearray, value: bool) -> None:
    message.append(1 if value else 0)


def _float(message: bytearray, value: float) -> None:
    encode_uint(message, int.from_bytes(struct.pack("<d", value), "big"))


def _complex(message: bytearray, value: complex) -> None:
    _float(message, value.real)
    _float(message, value.imag)


def _bytes(message: bytearray, value: bytes | bytearray) -> None:
    encode_uint(message, len(value))
    message += value


def _string(message: bytearray, value: str) -> None:
    _bytes(message, value.encode("utf-8", "replace"))


_BASIC: dict[int, tuple[Write, type | tuple[type, ...]]] = {
    gob.BOOL.number: (_bool, bool),
    gob.INT.number: (encode_int, int),
    gob.UINT.number: (encode_uint, int),
    gob.FLOAT.number: (_float, (float, int)),
    gob.BYTES.number: (_bytes, bytes),
    gob.STRING.number: (_string, str),
    gob.COMPLEX.number: (_complex, complex),
}
"""Number of a basic type -> its encoder, and the Python types that it takes."""


def _is_zero(value: Any) -> bool:
    return value is None or (not value and not (isinstance(value, float) and str(value) == "-0.0"))


class Encoder:
    """One direction of a connection: remembers which types it has defined."""

    def __init__(self) -> None:
        self._numbers: dict[Type, int] = {}
        self._definitions = bytearray()

    def encode(self, kind: Type, value: Any) -> bytes:
        """Return the messages that carry `value`.

        Raises GobError if it does not fit the type; the encoder is then as it was before.
        """
        return self.encode_all((kind, value))

    def encode_all(self, *values: tuple[Type, Any]) -> bytes:
        """Return the messages that carry several values, all of them or none: see `encode`."""
        known = len(self._numbers)
        encoded = bytearray()
        try:
            for kind, value in values:
                encoded += self._encode(kind, value)
        except GobError:
            while len(self._numbers) > known:
                self._numbers.popitem()
            raise
        return bytes(encoded)

    def _encode(self, kind: Type, value: Any) -> bytearray:
        self._definitions = bytearray()
        message = bytearray()
        encode_int(message, self._number(kind))
        if not isinstance(kind, Struct):
            message.append(0)
        self._value(message, kind, value)
        _bytes(self._definitions, message)
        return self._definitions

    def _number(self, kind: Type) -> int:
        """Return the type's number, after defining it if the stream does not know it yet."""
        if isinstance(kind, Basic):
            return kind.number
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = gob.FIRST_USER_TYPE + len(self._numbers)
            self._define(kind, number)
        return number

    def _define(self, kind: Type, number: int) -> None:
        if isinstance(kind, Struct) and all(isinstance(field.type, Basic) for field in kind.fields):
            self._definitions += _flat_definition(kind, number)
        else:
            self._definitions += self._definition(kind, number)

    def _definition(self, kind: Type, number: int) -> bytearray:
        """Return the message that defines a type; those of its parts go to the stream before it."""
        message = bytearray()
        encode_int(message, -number)
        self._value(message, gob.WIRE_TYPE, self._wire(kind, number))
        whole = bytearray()
        _bytes(whole, message)
        return whole

    def _wire(self, kind: Type, number: int) -> dict[str, Any]:
        """Return the definition of a type as a value of `WIRE_TYPE`."""
        common = {"CommonType": {"Name": kind.name, "Id": number}}
        match kind:
            case Slice():
                return {"SliceT": common | {"Elem": self._number(kind.element)}}
            case Array():
                return {"ArrayT": common | {"Elem": self._number(kind.element), "Len": kind.length}}
            case Map():
                numbers = {"Key": self._number(kind.key), "Elem": self._number(kind.element)}
                return {"MapT": common | numbers}
            case Struct():
                fields = [{"Name": field.name, "Id": self._number(field.type)} for field in kind.fields]
                return {"StructT": common | {"Field": fields}}
            case _:
                raise GobError(f"{kind} needs no definition")

    def _value(self, message: bytearray, kind: Type, value: Any) -> None:
        match kind:
            case Basic():
                self._basic(message, kind, value)
            case Struct():
                self._struct(message, kind, value)
            case Map():
                encode_uint(message, len(_of(dict, kind, value)))
                for key, one in value.items():
                    self._value(message, kind.key, key)
                    self._value(message, kind.element, one)
            case Slice() | Array():
                if isinstance(kind, Array) and len(_of(list, kind, value)) != kind.length:
                    raise GobError(f"an array of {kind.length} has {len(value)} elements")
                encode_uint(message, len(_of(list, kind, value)))
                for one in value:
                    self._value(message, kind.element, one)

    def _basic(self, message: bytearray, kind: Basic, value: Any) -> None:
        if kind == gob.INTERFACE:
            self._interface(message, value)
            return
        write, accepted = _BASIC[kind.number]
        if not isinstance(value, accepted) or (kind != gob.BOOL and isinstance(value, bool)):
            raise GobError(f"a value of type {type(value).__name__} is no {kind.name}")
        write(message, value)

    def _struct(self, message: bytearray, kind: Struct, value: Any) -> None:
        previous = -1
        for place, field in enumerate(kind.fields):
            item = _of(dict, kind, value).get(field.name)
            if _is_zero(item) and not _is_always_sent(field, item):
                continue
            encode_uint(message, place - previous)
            self._value(message, field.type, item)
            previous = place
        message.append(0)

    def _interface(self, message: bytearray, value: Any) -> None:
        if value is None:
            message.append(0)
            return
        kind = _of(Interface, gob.INTERFACE, value).type
        if kind is None:
            raise GobError(f"the interface value {value.name} does not say its type")
        _string(message, value.name)
        encode_int(message, self._number(kind))
        content = bytearray() if isinstance(kind, Struct) else bytearray(1)
        self._value(content, kind, value.value)
        _bytes(message, content)


@functools.lru_cache
def _flat_definition(kind: Struct, number: int) -> bytes:
    """Return the definition of a struct whose fields' types need none: it is the same in every stream."""
    return bytes(Encoder()._definition(kind, number))


def _of(wanted: type, kind: Type, value: Any) -> Any:
    if not isinstance(value, wanted):
        raise GobError(f"a value of type {type(value).__name__} is no {kind.name or wanted.__name__}")
    return value


def _is_always_sent(field: Field, value: Any) -> bool:
    """Go omits no struct and no array, even if it is all zero."""
    return value is not None and isinstance(field.type, Struct | Array)
