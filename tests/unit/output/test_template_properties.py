"""Any template on any data: a text or a template's error, within its budget."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from machsh.go.template import DOCKER, INSPECT, Template, TemplateError, from_json
from tests.support.texts import made_of

TEMPLATES = made_of(
    *("{{", "}}", "{{-", "-}}", "{{.}}", "{{.A}}", "{{.A.B}}", "{{range .L}}", "{{else}}", "{{end}}", "{{with .A}}", "{{if .A}}"),
    *('{{define "t"}}', '{{template "t" .}}', '{{block "b" .}}', "{{break}}", "{{continue}}", "{{$x := .A}}", "{{$x}}", "{{/*", "*/}}"),
    *("{{range $i, $e := .L}}", "{{$i}}", "{{json .}}", "{{len .L}}", "{{index .L 0}}", "{{slice .S 1 2}}", '{{printf "%v %d %s %q %x" . 1 .S}}'),
    *("{{join .L \",\"}}", "{{upper .S}}", "{{and .A .B}}", "{{eq 1 1.5}}", "{{lt .N 2}}", "{{call .A}}", "{{.L | len | print}}"),
    *("(", ")", "|", ",", ":=", "=", ".", "$", "$x", "nil", "true", "1e3", "0x1p-2", "'a'", '"', "`", "\\", " ", "\n"),
)  # fmt: skip
DATA = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["A", "B", "L", "N", "S", "a"]), inner, max_size=4),
    ),
    max_leaves=8,
)


def rendered(text, data, functions):
    try:
        return Template.parse(text, functions=functions).render(data)
    except TemplateError as error:
        assert str(error)
        assert isinstance(error.printed, str)
        return ""


@settings(deadline=2000, max_examples=100)
@given(TEMPLATES, DATA)
def test_any_template_is_rendered_or_refused(text, data):
    document = from_json(json.loads(json.dumps(data)))
    for functions in ({}, DOCKER, INSPECT):
        rendered(text, document, functions)


@settings(deadline=2000, max_examples=100)
@given(st.text(max_size=60).filter(lambda text: "{{" not in text))
def test_text_without_an_action_comes_out_as_it_is(text):
    assert rendered(text, None, {}) == text
