"""What the cases from Go cannot say: our own limits, and how callers use the room."""

import pytest

from machsh.commands.handlers.ls.ls_items import duration
from machsh.go.template import (
    INSPECT,
    Map,
    Named,
    ParseError,
    Pointer,
    Slice,
    Struct,
    Template,
    TemplateError,
    from_json,
)
from machsh.go.template.listing import align


def test_a_failing_template_keeps_what_it_had_printed():
    with pytest.raises(TemplateError) as caught:
        Template.parse("a{{.Name}}b{{.Name.X}}c").render({"Name": "m1"})
    assert caught.value.printed == "am1b"
    assert caught.value.hint


def test_a_parsed_template_runs_again_and_again():
    template = Template.parse("{{$x := .}}{{range $x}}{{.}}{{end}}")
    assert [template.render(["a"]), template.render(["b", "c"])] == ["a", "bc"]


def test_its_name_stands_in_the_errors():
    with pytest.raises(ParseError, match=r"^template: mine:1: unclosed action$"):
        Template.parse("{{.Name", "mine")


def test_functions_are_known_only_when_given():
    assert Template.parse("{{json .}}", functions=INSPECT).render({}) == "{}"
    with pytest.raises(ParseError, match='function "json" not defined'):
        Template.parse("{{json .}}")


def test_a_template_that_calls_itself_ends():
    with pytest.raises(TemplateError, match="exceeded maximum template depth"):
        Template.parse('{{define "t"}}{{template "t"}}{{end}}{{template "t"}}').render(None)


def test_a_template_nested_without_end_is_refused():
    with pytest.raises(ParseError, match="nested too deeply"):
        Template.parse("{{" + "(" * 5000 + "1" + ")" * 5000 + "}}")


def test_json_numbers_become_floats_and_truth_values_stay():
    assert from_json({"a": [1, True, None, "x", 2.5]}) == {"a": [1.0, True, None, "x", 2.5]}
    assert isinstance(from_json(1), float)
    assert from_json(True) is True


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Struct("a.B", {"X": 1, "Y": "z"}), "{1 z}"),
        (Pointer("a.B", Struct("a.B", {"X": Slice("string", ["p", "q"])})), "{[p q]}"),
        (Pointer("a.B"), "<nil>"),
        (Named("a.C", 3, "three"), "three"),
        (Map("string", {"b": "2", "a": "1"}), "map[a:1 b:2]"),
    ],
)
def test_typed_values_print_as_go_prints_them(value, text):
    assert Template.parse("{{.}}").render(value) == text


def test_fields_of_typed_values():
    data = Struct("a.B", {"Inner": Pointer("a.I", Struct("a.I", {"N": 5})), "None": Pointer("a.I")})
    assert Template.parse("{{.Inner.N}}").render(data) == "5"
    with pytest.raises(TemplateError, match=r"can't evaluate field M in type \*a\.I$"):
        Template.parse("{{.Inner.M}}").render(data)
    with pytest.raises(TemplateError, match=r"nil pointer evaluating \*a\.I\.N$"):
        Template.parse("{{.None.N}}").render(data)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1_500, "1.5µs"),
        (48_000_000, "48ms"),
        (1_000_000_000, "1s"),
        (-2_500_000_000, "-2.5s"),
        (62_500_000_000, "1m2.5s"),
        (3_600_000_000_000, "1h0m0s"),
        (10_000_000_000, "10s"),
    ],
)
def test_durations(nanoseconds, text):
    assert duration(nanoseconds) == text


def test_columns_are_runs_of_lines_that_have_them():
    assert align("a\tb\nlonger\tc\n\nx\ty\n") == "a        b\nlonger   c\n\nx    y\n"
