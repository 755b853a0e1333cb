import io
import random
import re
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machsh.drivers.bridge import message_types
from machsh.drivers.bridge.wire.gob import (
    BOOL,
    BYTES,
    COMPLEX,
    FLOAT,
    INT,
    INTERFACE,
    NOTHING,
    STRING,
    UINT,
    Array,
    Field,
    GobError,
    Interface,
    Map,
    Slice,
    Struct,
)
from machsh.drivers.bridge.wire.gob_decoder import DEEPEST, MOST_ELEMENTS, MOST_TYPES, Decoder
from machsh.drivers.bridge.wire.gob_encoder import Encoder
from machsh.drivers.bridge.wire.rpc import REQUEST, RESPONSE
from tests.support.recordings import RECORDINGS, stream, values

KINDS = {bytes: BYTES, str: STRING, int: INT, dict: NOTHING}


def decoded(content, **limits):
    return Decoder(io.BytesIO(content).read, **limits).decode()


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("side", ["C", "S"])
def test_recorded_streams_decode_to_calls_and_replies_in_turn(path, side):
    found = values(stream(path, side))
    assert len(found) >= 8
    heads = found[::2]
    assert all(head["ServiceMethod"] for head in heads)
    assert len(heads) == len({head.get("Seq", 0) for head in heads})


@pytest.mark.parametrize(
    "path", [one for one in RECORDINGS if one.stem[:2] != "09"], ids=lambda path: path.stem
)
@pytest.mark.parametrize(("side", "head"), [("C", REQUEST), ("S", RESPONSE)])
def test_what_is_decoded_encodes_to_the_recorded_bytes(path, side, head):
    """All but interface values, whose definitions Go sends in the middle and we send in front."""
    recorded = stream(path, side)
    found = values(recorded)
    plain = found[: next((at for at, one in enumerate(found) if _has_interface(one)), len(found))]
    plain = plain[: len(plain) // 2 * 2]
    encoder, encoded = Encoder(), b""
    for at, value in enumerate(plain):
        encoded += encoder.encode(KINDS[type(value)] if at % 2 else head, value)
    assert len(plain) >= 8
    assert recorded.startswith(encoded)


def _has_interface(value):
    return isinstance(value, Interface) or (isinstance(value, list) and any(map(_has_interface, value)))


def test_flags_of_every_type_are_those_that_were_recorded():
    found = next(one for one in values(stream(RECORDINGS[3], "S")) if isinstance(one, list))
    told = re.search(r"=> type 67 value \[(.*)\]$", RECORDINGS[3].read_text(), re.MULTILINE)[1]
    shown = ", ".join(f"{one.name} {one.value}" for one in found)
    assert shown == told
    assert {one.name for one in found} == {
        "*mcnflag.StringFlag",
        "*mcnflag.IntFlag",
        "*mcnflag.StringSliceFlag",
    }


def test_a_definition_inside_a_nested_interface_is_followed():
    found = [one for one in values(stream(RECORDINGS[1], "C")) if isinstance(one, Interface)]
    assert len(found) == 1
    assert found[0].value["Values"]["engine-label"] == Interface("[]string", ["x=y"])
    assert found[0].value["Values"]["swarm"] == Interface("bool", False)


def leaf(kind, strategy):
    return st.tuples(st.just(kind), st.just(strategy))


LEAVES = st.one_of(
    leaf(BOOL, st.booleans()),
    leaf(INT, st.integers(-(1 << 63), (1 << 63) - 1)),
    leaf(UINT, st.integers(0, (1 << 64) - 1)),
    leaf(FLOAT, st.floats(allow_nan=False)),
    leaf(BYTES, st.binary()),
    leaf(STRING, st.text(st.characters(codec="utf-8"))),
    leaf(COMPLEX, st.complex_numbers(allow_nan=False)),
)
NAMES = st.text("abcXYZ", min_size=1, max_size=4)


def wider(inner):
    """Types made of other types, with a strategy for their values."""
    return st.one_of(
        st.tuples(NAMES, inner).map(lambda one: (Slice(one[1][0], one[0]), st.lists(one[1][1], max_size=4))),
        st.tuples(inner, st.integers(0, 3)).map(
            lambda one: (Array(one[0][0], one[1]), st.lists(one[0][1], min_size=one[1], max_size=one[1]))
        ),
        inner.map(lambda one: (Map(STRING, one[0]), st.dictionaries(st.text("ab"), one[1], max_size=3))),
        st.dictionaries(NAMES, inner, max_size=4).map(
            lambda fields: (
                Struct("S", tuple(Field(name, kind) for name, (kind, _) in fields.items())),
                st.fixed_dictionaries({name: strategy for name, (_, strategy) in fields.items()}),
            )
        ),
        inner.map(lambda one: (INTERFACE, one[1].map(lambda value: Interface("t", value, one[0])))),
    )


TYPED = st.recursive(LEAVES, wider, max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_value_comes_back_as_it_went(data):
    kind, strategy = data.draw(TYPED)
    sent = [data.draw(strategy) for _ in range(2)]
    encoder = Encoder()
    content = b"".join(encoder.encode(kind, value) for value in sent)
    for before, after in zip(sent, values(content), strict=True):
        assert fits(kind, before, after)


def fits(kind, before, after):
    match kind:
        case Struct():
            return all(
                fits(field.type, before[field.name], after[field.name])
                if field.name in after
                else not before[field.name] or str(before[field.name]) == "-0.0"
                for field in kind.fields
            )
        case Slice() | Array():
            return len(before) == len(after) and all(
                fits(kind.element, one, other) for one, other in zip(before, after, strict=True)
            )
        case Map():
            return before.keys() == after.keys() and all(
                fits(kind.element, before[key], after[key]) for key in before
            )
    if isinstance(before, Interface):
        return before.name == after.name and fits(before.type, before.value, after.value)
    return before == after


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_nonsense_is_refused(content):
    try:
        values(content)
    except GobError:
        pass


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_damaged_recordings_are_refused_or_understood_and_take_little_memory(path):
    chance = random.Random(path.name)
    recorded = stream(path, "S")
    tracemalloc.start()
    for _ in range(150):
        damaged = bytearray(recorded)
        for _ in range(chance.randint(1, 5)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            values(bytes(damaged))
        except GobError:
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def message(*parts):
    content = b"".join(parts)
    encoded = bytearray()
    encoded.append(len(content))
    assert len(content) < 128
    return bytes(encoded + content)


def test_a_length_of_two_to_the_62_takes_no_memory():
    tracemalloc.start()
    with pytest.raises(GobError, match="4611686018427387904 bytes"):
        decoded(b"\xf8" + (1 << 62).to_bytes(8, "big") + b"abc")
    with pytest.raises(GobError, match="middle"):
        decoded(b"\xfc" + (30 << 20).to_bytes(4, "big") + b"abc")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_type_that_contains_itself_ends_at_the_depth_limit():
    # type 65 is a slice of type 65
    definition = message(bytes.fromhex("ff81020101015401ff820001ff820000"))
    value = message(b"\xff\x82\x00", b"\x01" * 100, b"\x00")
    with pytest.raises(GobError, match=f"deeper than {DEEPEST}"):
        decoded(definition + value)
    assert decoded(definition + message(b"\xff\x82\x00", b"\x01" * 3, b"\x00")) == [[[[]]]]


def test_counts_beyond_the_limit_are_refused_at_once():
    encoder = Encoder()
    content = encoder.encode(Slice(INT), [1])
    huge = content.replace(message(b"\xff\x82\x00\x01\x02"), message(b"\xff\x82\x00\xfc\x7f\xff\xff\xff\x02"))
    assert huge != content
    with pytest.raises(GobError, match=f"more than {MOST_ELEMENTS} elements"):
        decoded(huge)


def test_a_stream_may_not_define_types_without_end():
    encoder = Encoder()
    types = [Struct(f"T{number}", (Field("X", INT),)) for number in range(MOST_TYPES + 1)]
    content = [encoder.encode(kind, {}) for kind in types]
    with pytest.raises(GobError, match=f"more than {MOST_TYPES} types"):
        values(b"".join(content))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (INT, 1 << 63),
        (INT, "1"),
        (INT, True),
        (UINT, -1),
        (STRING, b"x"),
        (Slice(STRING), ["a", 1]),
        (Map(STRING, INT), {"a": None}),
        (REQUEST, {"Seq": "one"}),
        (INTERFACE, Interface("x", 1)),
        (INTERFACE, 5),
        (Array(INT, 2), [1]),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_the_encoder_unharmed(kind, value):
    encoder = Encoder()
    with pytest.raises(GobError):
        encoder.encode_all((RESPONSE, {"Seq": 1}), (kind, value))
    assert encoder.encode(RESPONSE, {"Seq": 1}) == Encoder().encode(RESPONSE, {"Seq": 1})


def test_options_are_encoded_with_the_types_that_drivers_expect():
    encoded = {
        name: message_types.option_value(value)
        for name, value in {"a": "x", "b": 5, "c": True, "d": ["x"], "e": []}.items()
    }
    content = Encoder().encode(
        INTERFACE, Interface(message_types.OPTIONS_NAME, {"Values": encoded}, message_types.OPTIONS)
    )
    found = decoded(content)
    assert found.name == "*rpcdriver.RPCFlags"
    assert [one.name for one in found.value["Values"].values()] == [
        "string",
        "int",
        "bool",
        "[]string",
        "[]string",
    ]
