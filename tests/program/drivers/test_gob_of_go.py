"""Go's own gob reads what we encode, and we read what it encodes."""

import io
import subprocess

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from machsh.drivers.bridge.wire.gob import (
    BOOL,
    BYTES,
    COMPLEX,
    FLOAT,
    INT,
    INTERFACE,
    STRING,
    UINT,
    Array,
    Field,
    Interface,
    Map,
    Slice,
    Struct,
)
from machsh.drivers.bridge.wire.gob_decoder import Decoder
from machsh.drivers.bridge.wire.gob_encoder import Encoder
from tests.support.go_programs import built

INNER = Struct("inner", (Field("Name", STRING), Field("Items", Slice(STRING))))
EVERYTHING = Struct(
    "everything",
    (
        Field("Bool", BOOL),
        Field("Int", INT),
        Field("Uint", UINT),
        Field("Float", FLOAT),
        Field("Complex", COMPLEX),
        Field("Text", STRING),
        Field("Bytes", BYTES),
        Field("Numbers", Slice(INT)),
        Field("Pair", Array(STRING, 2)),
        Field("Map", Map(STRING, INNER)),
        Field("Inner", INNER),
        Field("Any", INTERFACE),
        Field("Anys", Slice(INTERFACE)),
    ),
)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=150)
INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
FLOATS = st.floats(allow_nan=False)
INNERS = st.fixed_dictionaries({"Name": TEXTS, "Items": st.lists(TEXTS, max_size=4)})
ANYS = st.one_of(
    TEXTS.map(lambda value: Interface("string", value, STRING)),
    INTEGERS.map(lambda value: Interface("int", value, INT)),
    st.booleans().map(lambda value: Interface("bool", value, BOOL)),
    st.lists(TEXTS, max_size=3).map(lambda value: Interface("[]string", value, Slice(STRING))),
    st.lists(INTEGERS, max_size=3).map(lambda value: Interface("[]int", value, Slice(INT))),
    INNERS.map(lambda value: Interface("inner", value, INNER)),
)
VALUES = st.fixed_dictionaries(
    {
        "Bool": st.booleans(),
        "Int": INTEGERS,
        "Uint": st.integers(0, (1 << 64) - 1),
        "Float": FLOATS,
        "Complex": st.complex_numbers(allow_nan=False),
        "Text": TEXTS,
        "Bytes": st.binary(max_size=300),
        "Numbers": st.lists(INTEGERS, max_size=5),
        "Pair": st.lists(TEXTS, min_size=2, max_size=2),
        "Map": st.dictionaries(TEXTS, INNERS, max_size=3),
        "Inner": INNERS,
        "Any": st.none() | ANYS,
        "Anys": st.lists(ANYS, max_size=4),
    }
)


def full(value):
    """A value without what is zero, which Go leaves out of structs."""
    if isinstance(value, Interface):
        return Interface(value.name, full(value.value))
    if isinstance(value, list):
        return [full(one) for one in value]
    if isinstance(value, dict) and all(isinstance(one, dict) for one in value.values()):
        return {key: full(one) for key, one in value.items()}
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if one}
    return value


def through_go(values):
    encoder = Encoder()
    sent = b"".join(encoder.encode(EVERYTHING, value) for value in values)
    done = subprocess.run([built("echo")], input=sent, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    decoder = Decoder(io.BytesIO(done.stdout).read)
    return [decoder.decode() for _ in values]


@settings(max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(VALUES, min_size=1, max_size=3))
def test_values_of_all_types_come_back_from_go(values):
    for sent, received in zip(values, through_go(values), strict=True):
        assert received.pop("When")
        for name, value in sent.items():
            if value or isinstance(value, Interface):
                assert full(received[name]) == full(value), name
            else:
                assert not received.get(name), name
