"""The functions that templates can call: Go's built-in ones, and those of docker-machine and docker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from machsh.go.strconv import is_printable
from machsh.go.template import comparing, containers
from machsh.go.template.budget import check_length
from machsh.go.template.errors import CallError
from machsh.go.template.json import to_json
from machsh.go.template.printf import print_line, print_values, printf
from machsh.go.template.printing import show
from machsh.go.template.values import ANY, Slice, is_true, type_name, unboxed

VALUE = "reflect.Value"
"""The parameter type of functions that take any value without conversion."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function and the Go types of its parameters; the last one repeats if it is variadic."""

    call: Callable[..., Any]
    parameters: tuple[str, ...] = ()
    is_variadic: bool = False
    is_lazy: bool = False
    """`and`, `or`: the evaluator stops at the first argument that decides."""


Functions = Mapping[str, Function]

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"})
_JS = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}


def _joined(arguments: tuple[Any, ...]) -> str:
    """Join arguments to one text, None as `<no value>`."""
    values = [unboxed(one) for one in arguments]
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return print_values(*("<no value>" if value is None else value for value in values))


def _html(*arguments: Any) -> str:
    return _joined(arguments).translate(_HTML)


def _js(*arguments: Any) -> str:
    return "".join(map(_js_character, _joined(arguments)))


def _js_character(character: str) -> str:
    if character in _JS:
        return _JS[character]
    if character < " " or (character > "\x7f" and not is_printable(character)):
        return f"\\u{ord(character):04X}"
    return character


def _urlquery(*arguments: Any) -> str:
    from urllib.parse import quote_plus

    return quote_plus(_joined(arguments), safe="", errors="surrogateescape")


def _call(function: Any, *_: Any) -> Any:
    value = unboxed(function)
    if value is None:
        raise CallError("call of nil")
    raise CallError(f"non-function of type {type_name(value)}")


def _join(values: Any, separator: str) -> str:
    found = unboxed(values)
    if not isinstance(found, list):
        raise CallError(f"join of type {ANY if found is None else type_name(found)}")
    check_length(len(separator) * len(found))
    return separator.join(show(unboxed(one)) for one in found)


def _title(text: str) -> str:
    """Go's strings.Title: title case for the first letter of each word, other letters unchanged."""
    starts = [place == 0 or _separates(text[place - 1]) for place in range(len(text))]
    return "".join(one.title() if is_start else one for one, is_start in zip(text, starts, strict=True))


def _separates(character: str) -> bool:
    if character.isascii():
        return not character.isalnum() and character != "_"
    return character.isspace()


def _pad(text: str, before: int, after: int) -> str:
    check_length(max(before, 0) + max(after, 0) + len(text))
    return " " * before + text + " " * after if text else text


def _truncate(text: str, length: int) -> str:
    content = text.encode()
    return text if len(content) < length else content[:length].decode("utf-8", "replace")


BUILT_IN: dict[str, Function] = {
    "and": Function(is_true, (VALUE, VALUE), True, is_lazy=True),
    "or": Function(is_true, (VALUE, VALUE), True, is_lazy=True),
    "not": Function(lambda value: not is_true(value), (VALUE,)),
    "call": Function(_call, (VALUE, VALUE), True),
    "html": Function(_html, (ANY,), True),
    "js": Function(_js, (ANY,), True),
    "urlquery": Function(_urlquery, (ANY,), True),
    "index": Function(containers.index, (VALUE, VALUE), True),
    "slice": Function(containers.slice_of, (VALUE, VALUE), True),
    "len": Function(containers.length, (VALUE,)),
    "print": Function(print_values, (ANY,), True),
    "printf": Function(printf, ("string", ANY), True),
    "println": Function(print_line, (ANY,), True),
    "eq": Function(comparing.equal, (VALUE, VALUE), True),
    "ne": Function(comparing.not_equal, (VALUE, VALUE)),
    "lt": Function(comparing.less, (VALUE, VALUE)),
    "le": Function(comparing.less_or_equal, (VALUE, VALUE)),
    "gt": Function(comparing.greater, (VALUE, VALUE)),
    "ge": Function(comparing.greater_or_equal, (VALUE, VALUE)),
}
"""Functions of every template."""

INSPECT: dict[str, Function] = {
    "json": Function(lambda value: to_json(value, indent=0), (ANY,)),
    "prettyjson": Function(lambda value: to_json(value, indent=4), (ANY,)),
}
"""Additional functions of `inspect`, as in docker-machine."""

DOCKER: dict[str, Function] = {
    **INSPECT,
    "json": Function(lambda value: to_json(value, indent=0, is_html_safe=False), (ANY,)),
    "split": Function(lambda text, separator: Slice("string", _split(text, separator)), ("string", "string")),
    "join": Function(_join, (ANY, "string")),
    "lower": Function(str.lower, ("string",)),
    "upper": Function(str.upper, ("string",)),
    "title": Function(_title, ("string",)),
    "pad": Function(_pad, ("string", "int", "int")),
    "truncate": Function(_truncate, ("string", "int")),
}
"""The docker CLI's additional functions, for commands that docker-machine does not have."""


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)
