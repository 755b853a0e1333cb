"""Go's text/template for `ls --format` and `inspect --format`, with Go's output and Go's errors."""

from __future__ import annotations

from typing import Any, Self

from machsh.output.template.errors import ParseError, TemplateError
from machsh.output.template.evaluator import Evaluator
from machsh.output.template.functions import BUILT_IN, DOCKER, INSPECT, Functions
from machsh.output.template.parser import Definitions, Parser
from machsh.output.template.values import Map, Named, Pointer, Slice, Struct, from_json

__all__ = [
    "DOCKER",
    "INSPECT",
    "Map",
    "Named",
    "ParseError",
    "Pointer",
    "Slice",
    "Struct",
    "Template",
    "TemplateError",
    "from_json",
]


class Template:
    """A parsed template. `Template.parse("{{.Name}}").render({"Name": "m1"})` gives `m1`."""

    def __init__(self, text: str, name: str, definitions: Definitions, functions: Functions) -> None:
        self._text = text
        self._name = name
        self._definitions = definitions
        self._functions = functions

    @classmethod
    def parse(cls, text: str, name: str = "", functions: Functions | None = None) -> Self:
        """Parse a text; `functions` come on top of Go's own. Raises ParseError with Go's message."""
        known = {**BUILT_IN, **(functions or {})}
        try:
            return cls(text, name, Parser(text, name, known).parse(), known)
        except RecursionError as error:
            raise ParseError(f"template: {name}: nested too deeply") from error

    def render(self, data: Any) -> str:
        """Run it on data. Raises TemplateError with Go's message; its `printed` is what came before."""
        return Evaluator(self._text, self._name, self._definitions, self._functions).run(data)
