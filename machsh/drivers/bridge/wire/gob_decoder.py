"""Decodes Go's gob from an untrusted stream, with the types that the stream itself defines.

Bounded are: a message's and a value's length, how deep values nest, how many elements a value has, and how
many types a stream defines. Memory is taken as bytes arrive, never because a length says so.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import Any

from machsh.drivers.bridge.wire import gob
from machsh.drivers.bridge.wire.gob import Basic, GobError, Interface, Slice, Struct, Type

LONGEST = 32 << 20
"""The longest value in bytes."""
DEEPEST = 64
"""How deep values may nest."""
MOST_ELEMENTS = 1_000_000
"""How many elements the slices and maps of one value may have together: Python needs more room than gob."""
MOST_TYPES = 1000
"""How many types a stream may define."""
_CHUNK = 1 << 14
_MOST_AT_ONCE = 1 << 18
_FIRST_OF_DEFINITIONS = 16
_STRING = gob.STRING.number

Read = Callable[[bytearray, int, int], tuple[Any, int]]
"""Takes a message, a position and the depth left; returns the value there and the position behind it."""

_Definition = tuple[str, dict[str, Any]]
"""A type as the stream defines it: the field of `WIRE_TYPE` that is set, and its content."""


def decode_uint(data: bytearray, at: int) -> tuple[int, int]:
    """Return the unsigned integer at a position, and the position behind it. Raises IndexError at the end."""
    first = data[at]
    if first < 128:
        return first, at + 1
    if first == 255:  # so are most numbers of types
        return data[at + 1], at + 2
    length = 256 - first
    end = at + 1 + length
    if length > 8:
        raise GobError(f"an integer of {length} bytes")
    if end > len(data):
        raise IndexError
    return int.from_bytes(data[at + 1 : end], "big"), end


def decode_int(data: bytearray, at: int) -> tuple[int, int]:
    """Return the signed integer at a position, and the position behind it."""
    value, at = decode_uint(data, at)
    return (~(value >> 1) if value & 1 else value >> 1), at


def _uint(data: bytearray, at: int, depth: int) -> tuple[int, int]:
    return decode_uint(data, at)


def _int(data: bytearray, at: int, depth: int) -> tuple[int, int]:
    return decode_int(data, at)


def _bool(data: bytearray, at: int, depth: int) -> tuple[bool, int]:
    value, at = decode_uint(data, at)
    return value != 0, at


def _float(data: bytearray, at: int, depth: int) -> tuple[float, int]:
    bits, at = decode_uint(data, at)
    return struct.unpack("<d", bits.to_bytes(8, "big"))[0], at


def _complex(data: bytearray, at: int, depth: int) -> tuple[complex, int]:
    real, at = _float(data, at, depth)
    imaginary, at = _float(data, at, depth)
    return complex(real, imaginary), at


def _piece(data: bytearray, at: int) -> tuple[bytearray, int]:
    length, at = decode_uint(data, at)
    end = at + length
    if end > len(data):
        raise IndexError
    return data[at:end], end


def _bytes(data: bytearray, at: int, depth: int) -> tuple[bytes, int]:
    value, at = _piece(data, at)
    return bytes(value), at


def _string(data: bytearray, at: int, depth: int) -> tuple[str, int]:
    length = data[at]
    end = at + 1 + length
    if length < 128 and end <= len(data):
        return data[at + 1 : end].decode("utf-8", "replace"), end
    value, at = _piece(data, at)
    return value.decode("utf-8", "replace"), at


class Decoder:
    """One direction of a connection: remembers the types that it has defined.

    `read(n)` returns at least one and at most `n` bytes, waiting for them; b"" at the end of the stream.
    """

    def __init__(self, read: Callable[[int], bytes], longest: int = LONGEST) -> None:
        self._read = read
        self._longest = longest
        self._types = _Types(self._interface)
        self._buffer = bytearray()
        self._at = 0

    def decode(self) -> Any:
        """Return the next value. Raises EOFError at the end of the stream, GobError if it is not valid gob.

        After a GobError nothing more can be read: the position in the stream is lost.
        """
        try:
            return self._decode()
        except IndexError as error:
            raise GobError("a message ends in the middle of a value") from error

    def _decode(self) -> Any:
        self._types.elements_left = MOST_ELEMENTS
        data, number, at = self._value_message()
        if not self._types.is_struct(number):
            if data[at] != 0:
                raise GobError("a value has no leading zero")
            at += 1
        value, at = self._types[number](data, at, DEEPEST)
        if at != len(data):
            raise GobError(f"{len(data) - at} bytes are left behind a value")
        return value

    def _value_message(self) -> tuple[bytearray, int, int]:
        """Read definitions up to the next value; return its message, its type, and where it begins."""
        while True:
            data = self._message(self._longest)
            number, at = decode_int(data, 0)
            if number >= 0:
                return data, number, at
            if self._types.define(number, data, at) != len(data):
                raise GobError("bytes are left behind a definition")

    def _message(self, longest: int) -> bytearray:
        length = self._length()
        if length > longest:
            raise GobError(f"a message of {length} bytes, more than {self._longest}")
        self._need(length)
        begin = self._at
        self._at += length
        return self._buffer[begin : self._at]

    def _length(self) -> int:
        if self._at == len(self._buffer):
            self._fill(1, is_between=True)
        first = self._buffer[self._at]
        if first > 127:
            self._need(min(257 - first, 9))
        length, self._at = decode_uint(self._buffer, self._at)
        return length

    def _need(self, count: int) -> None:
        """Read until `count` bytes are there."""
        while (missing := self._at + count - len(self._buffer)) > 0:
            self._fill(missing)

    def _fill(self, missing: int, *, is_between: bool = False) -> None:
        """Read more. Raises EOFError if the stream ends between two messages, GobError within one."""
        piece = self._read(max(_CHUNK, min(missing, _MOST_AT_ONCE)))
        if not piece and is_between:
            raise EOFError
        if not piece:
            raise GobError("the stream ends in the middle of a message")
        if self._at:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += piece

    def _interface(self, data: bytearray, at: int, depth: int) -> tuple[Interface | None, int]:
        """Decode an interface value. Go splits it where a type is defined: `data` may grow."""
        name, at = _string(data, at, depth)
        if not name:
            return None, at
        number, at = self._concrete_type(data, at)
        # How long the value is. If Go split it, this counts only up to the split.
        _, at = decode_uint(data, at)
        if not self._types.is_struct(number):
            if data[at] != 0:
                raise GobError("an interface value has no leading zero")
            at += 1
        value, at = self._types[number](data, at, _deeper(depth))
        return Interface(name, value), at

    def _concrete_type(self, data: bytearray, at: int) -> tuple[int, int]:
        """Read definitions up to the number of a type. A value that was split goes on in the next message."""
        while True:
            if at == len(data):
                data += self._message(self._longest - len(data))
            number, at = decode_int(data, at)
            if number >= 0:
                return number, at
            at = self._types.define(number, data, at)
            if at < len(data):
                _, at = decode_uint(data, at)


def _deeper(depth: int) -> int:
    if depth <= 0:
        raise GobError(f"values nest deeper than {DEEPEST}")
    return depth - 1


@functools.cache
def _types_of_definitions() -> dict[int, _Definition]:
    """Return the types of which definitions consist, WIRE_TYPE first, by numbers below those of streams."""
    found: dict[int, _Definition] = {}

    def add(kind: Type) -> int:
        if isinstance(kind, Basic):
            return kind.number
        number = _FIRST_OF_DEFINITIONS + len(found)
        found[number] = ("", {})
        if isinstance(kind, Struct):
            fields = [{"Name": field.name, "Id": add(field.type)} for field in kind.fields]
            found[number] = ("StructT", {"Field": fields})
        elif isinstance(kind, Slice):
            found[number] = ("SliceT", {"Elem": add(kind.element)})
        return number

    add(gob.WIRE_TYPE)
    return found


class _Types(dict[int, Read]):
    """Number of a type -> its decoder, made when it is first needed; so types may refer to themselves."""

    def __init__(self, interface: Read) -> None:
        super().__init__(
            {
                gob.BOOL.number: _bool,
                gob.INT.number: _int,
                gob.UINT.number: _uint,
                gob.FLOAT.number: _float,
                gob.BYTES.number: _bytes,
                gob.STRING.number: _string,
                gob.COMPLEX.number: _complex,
                gob.INTERFACE.number: interface,
            }
        )
        self.elements_left = MOST_ELEMENTS
        self._definitions = dict(_types_of_definitions())
        self._definition = self[_FIRST_OF_DEFINITIONS]

    def is_struct(self, number: int) -> bool:
        """Whether values of this type have no leading zero."""
        return number in self._definitions and self._definitions[number][0] == "StructT"

    def define(self, number: int, data: bytearray, at: int) -> int:
        """Read the definition of the type `-number`; return the position behind it."""
        wire, at = self._definition(data, at, DEEPEST)
        if -number < gob.FIRST_USER_TYPE or -number in self._definitions:
            raise GobError(f"type {-number} is defined again")
        if len(wire) != 1 or len(self._definitions) == MOST_TYPES:
            raise GobError("a definition of no type" if len(wire) != 1 else f"more than {MOST_TYPES} types")
        self._definitions[-number] = next(iter(wire.items()))
        return at

    def __missing__(self, number: int) -> Read:
        if number not in self._definitions:
            raise GobError(f"type {number} is not defined")
        kind, wire = self._definitions[number]
        read = self[number] = self._defined(kind, wire)
        return read

    def _defined(self, kind: str, wire: dict[str, Any]) -> Read:
        match kind:
            case "StructT":
                fields = [(one.get("Name", ""), one.get("Id", 0)) for one in wire.get("Field", [])]
                return self._struct(fields)
            case "SliceT":
                return self._list(wire.get("Elem", 0))
            case "ArrayT":
                return self._list(wire.get("Elem", 0), length=wire.get("Len", 0))
            case "MapT":
                return self._map(wire.get("Key", 0), wire.get("Elem", 0))
            case _:
                return _bytes

    def _struct(self, fields: list[tuple[str, int]]) -> Read:
        most = len(fields)

        def read(data: bytearray, at: int, depth: int) -> tuple[dict[str, Any], int]:
            depth = _deeper(depth)
            value: dict[str, Any] = {}
            place = -1
            while delta := data[at]:
                at += 1
                if delta > 127:
                    delta, at = decode_uint(data, at - 1)
                place += delta
                if place >= most:
                    raise GobError("a value has more fields than its type")
                name, number = fields[place]
                if number == _STRING and (end := at + 1 + data[at]) <= len(data) and data[at] < 128:
                    # Short strings are most of what arrives: this saves a call for each.
                    value[name] = data[at + 1 : end].decode("utf-8", "replace")
                    at = end
                else:
                    value[name], at = self[number](data, at, depth)
            return value, at + 1

        return read

    def _list(self, element: int, length: int | None = None) -> Read:
        def read(data: bytearray, at: int, depth: int) -> tuple[list[Any], int]:
            depth = _deeper(depth)
            count, at = decode_uint(data, at)
            self._take(count)
            if length is not None and count != length:
                raise GobError(f"an array of {length} has {count} elements")
            read_element = self[element]
            values = []
            for _ in range(count):
                value, at = read_element(data, at, depth)
                values.append(value)
            return values, at

        return read

    def _map(self, key: int, element: int) -> Read:
        def read(data: bytearray, at: int, depth: int) -> tuple[dict[Any, Any], int]:
            depth = _deeper(depth)
            count, at = decode_uint(data, at)
            self._take(count)
            values = {}
            for _ in range(count):
                name, at = self[key](data, at, depth)
                value, at = self[element](data, at, depth)
                try:
                    values[name] = value
                except TypeError as error:
                    raise GobError("a map's keys are lists or maps") from error
            return values, at

        return read

    def _take(self, count: int) -> None:
        self.elements_left -= count
        if self.elements_left < 0:
            raise GobError(f"more than {MOST_ELEMENTS} elements")
