"""Types of Go's gob encoding: declared for the encoder, read from the stream by the decoder.

    encoder, decoder = Encoder(), Decoder(stream.read)
    stream.write(encoder.encode(Struct("Point", (Field("X", INT), Field("Y", INT))), {"X": 1, "Y": 2}))
    decoder.decode()    # {"X": 1, "Y": 2}

| Go | type here | value in Python |
|---|---|---|
| bool, int, uint, float64, complex128 | BOOL, INT, UINT, FLOAT, COMPLEX | bool, int, int, float, complex |
| string | STRING | str; decoding replaces what is not UTF-8 |
| []byte | BYTES | bytes |
| []T, [n]T | Slice, Array | list |
| map[K]V | Map | dict |
| struct | Struct | dict by field name, without the fields that are zero |
| interface | INTERFACE | Interface, or None for nil |
| a type with its own encoding, such as time.Time | (decoded only) | bytes |

Pointers do not exist in gob: a `*T` is encoded as T. Only the name in an interface value keeps the star.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class GobError(Exception):
    """A stream is not valid gob or exceeds a limit, or a value does not fit its declared type."""


class Basic(NamedTuple):
    """A type that every gob stream knows, by its fixed number."""

    number: int
    name: str


BOOL = Basic(1, "bool")
INT = Basic(2, "int")
UINT = Basic(3, "uint")
FLOAT = Basic(4, "float64")
BYTES = Basic(5, "[]byte")
STRING = Basic(6, "string")
COMPLEX = Basic(7, "complex128")
INTERFACE = Basic(8, "interface {}")
FIRST_USER_TYPE = 65
"""Types that a stream defines are numbered from here."""


class Slice(NamedTuple):
    """A slice; Go's decoder ignores the name."""

    element: Type
    name: str = ""


class Array(NamedTuple):
    """An array of fixed length."""

    element: Type
    length: int
    name: str = ""


class Map(NamedTuple):
    """A map."""

    key: Type
    element: Type
    name: str = ""


class Field(NamedTuple):
    """A field of a struct; Go matches fields by name."""

    name: str
    type: Type


class Struct(NamedTuple):
    """A struct; a value may leave out fields that are zero."""

    name: str
    fields: tuple[Field, ...] = ()


Type = Basic | Slice | Array | Map | Struct
NOTHING = Struct("")
"""Go's `struct{}`; its only value is {}."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A value inside an interface, with the name that its concrete type is registered under in Go.

    The decoder leaves `type` None: the value tells it. The encoder needs it.
    """

    name: str
    value: Any
    type: Type | None = field(default=None, compare=False)


_WIRE_NAME_AND_NUMBER = (Field("Name", STRING), Field("Id", INT))
COMMON_TYPE = Struct("CommonType", _WIRE_NAME_AND_NUMBER)
"""The head of every definition: the type's name and number."""
_COMMON = Field("CommonType", COMMON_TYPE)
_OPAQUE = Struct("gobEncoderType", (_COMMON,))
WIRE_TYPE = Struct(
    "wireType",
    (
        Field("ArrayT", Struct("arrayType", (_COMMON, Field("Elem", INT), Field("Len", INT)))),
        Field("SliceT", Struct("sliceType", (_COMMON, Field("Elem", INT)))),
        Field(
            "StructT",
            Struct("structType", (_COMMON, Field("Field", Slice(Struct("", _WIRE_NAME_AND_NUMBER))))),
        ),
        Field("MapT", Struct("mapType", (_COMMON, Field("Key", INT), Field("Elem", INT)))),
        Field("GobEncoderT", _OPAQUE),
        Field("BinaryMarshalerT", _OPAQUE),
        Field("TextMarshalerT", _OPAQUE),
    ),
)
"""The struct in which a stream defines its types; exactly one field is set."""
