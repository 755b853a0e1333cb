"""No template takes more memory or time than an answer is worth."""

import time
import tracemalloc

import pytest

from machsh.go.template import DOCKER, Template, TemplateError

_DOUBLING = "".join('{{$x = printf "%s%s" $x $x}}' for _ in range(60))
_LAUGHS = "".join(
    f'{{{{define "t{n}"}}}}{{{{template "t{n + 1}"}}}}{{{{template "t{n + 1}"}}}}{{{{end}}}}'
    for n in range(40)
)


@pytest.mark.parametrize(
    "text",
    [
        '{{pad "x" 1000000000 1000000000}}',
        '{{pad "x" 1000000000 -1000000000}}',
        '{{$x := "ab"}}' + _DOUBLING + "{{len $x}}",
        '{{$x := "ab"}}' + _DOUBLING.replace('printf "%s%s"', "print"),
        '{{$x := "ab"}}' + '{{$x = join (split $x "") $x}}' * 20,
        '{{printf "' + "%1000000d" * 50 + '"' + " 1" * 50 + "}}",
        '{{printf "%1000000d" 1}}' * 50,
        '{{define "t40"}}x{{end}}' + _LAUGHS + '{{template "t0"}}',
    ],
)
def test_it_ends_soon_and_small(text):
    template = Template.parse(text, functions=DOCKER)
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(TemplateError, match="too"):
        template.render({})
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 20
    assert peak < 200 << 20


def test_what_go_permits_is_permitted():
    assert len(Template.parse('{{printf "%1000000d" 1}}').render({})) == 1_000_000
    # Go takes no larger width: the verb then stands without one
    assert "BADWIDTH" in Template.parse('{{printf "%*d" 1000000000 1}}').render({})
    assert Template.parse('{{pad "x" 2 1}}', functions=DOCKER).render({}) == "  x "
