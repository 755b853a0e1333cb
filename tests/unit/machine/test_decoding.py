import pytest

from machsh.go.json import go_json
from machsh.machine.errors import BrokenRecordError
from machsh.machine.records.decoding import decode, record_of
from tests.support.places import CASE_FILES

WHOLE = (CASE_FILES / "machines/none.json").read_bytes()


# The texts are those of Go's encoding/json.
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "unexpected end of JSON input"),
        (b"   \n", "unexpected end of JSON input"),
        (b"\0\0\0\0", "invalid character '\\x00' looking for beginning of value"),
        (b'{"a', "unexpected end of JSON input"),
        (b'{"a": ', "unexpected end of JSON input"),
        (b'{"a": 1,', "unexpected end of JSON input"),
        (b"x", "invalid character 'x' looking for beginning of value"),
        (b"{x}", "invalid character 'x' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a": 1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b'{"a": "\n"}', "invalid character '\\n' in string literal"),
        (b'"\r\0', "invalid character '\\r' in string literal"),
        (b'{"a": "\x1b"}', "invalid character '\\x1b' in string literal"),
        (b"'", "invalid character '\\'' looking for beginning of value"),
        (b'{"a": "\\x"}', "invalid character 'x' in string escape code"),
        (b'{"a": NaN}', "invalid character 'N' looking for beginning of value"),
        (b"[]", "json: cannot unmarshal array into Go value of type host.RawHost"),
        (b'"x"', "json: cannot unmarshal string into Go value of type host.RawHost"),
        (b"[" * 200_000, "exceeded max depth"),
    ],
)
def test_a_broken_file_is_told_in_gos_words(content, text):
    with pytest.raises(BrokenRecordError) as caught:
        decode(content, "web")
    assert str(caught.value) == f"Error getting migrated host: {text}"


@pytest.mark.parametrize("length", range(0, len(WHOLE) - 1, 37))
def test_a_file_cut_anywhere_is_one_broken_record(length):
    with pytest.raises(BrokenRecordError, match="unexpected end of JSON input"):
        decode(WHOLE[:length], "web")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"Driver": "x"}, "string into Go struct field Host.Driver of type map[string]interface {}"),
        ({"HostOptions": []}, "array into Go struct field Host.HostOptions of type struct"),
        (
            {"HostOptions": {"EngineOptions": {"Labels": "a"}}},
            "string into Go struct field Host.HostOptions.EngineOptions.Labels of type []string",
        ),
        ({"DriverName": 5}, "number into Go struct field Host.DriverName of type string"),
        ({"HostOptions": {"Memory": True}}, "bool into Go struct field Host.HostOptions.Memory of type int"),
    ],
)
def test_wrong_types_are_one_broken_record(document, text):
    with pytest.raises(BrokenRecordError) as caught:
        record_of({"ConfigVersion": 3, **document}, "web")
    assert str(caught.value) == f"Error getting migrated host: json: cannot unmarshal {text}"


def test_null_is_absent_as_in_go():
    record = record_of({"ConfigVersion": 3, "Driver": None, "DriverName": None, "HostOptions": None}, "web")
    assert record.driver == {}
    assert record.driver_name == ""
    assert record.engine.labels is None
    assert '"Labels": null' in go_json(record.to_json())


def test_a_number_that_go_keeps_as_float_may_have_a_fraction():
    document = {"DriverName": "none", "HostOptions": {"SwarmOptions": {"Overcommit": 0.05}}}
    assert record_of(document, "web").swarm.overcommit == 0.05
