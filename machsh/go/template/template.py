"""A parsed template, which can run on any data."""

from __future__ import annotations

from typing import Any, Self

from machsh.go.template.errors import ParseError
from machsh.go.template.evaluator import Evaluator
from machsh.go.template.functions import BUILT_IN, Functions
from machsh.go.template.parser import Definitions, Parser


class Template:
    """A parsed template. `Template.parse("{{.Name}}").render({"Name": "m1"})` returns `m1`."""

    def __init__(self, text: str, name: str, definitions: Definitions, functions: Functions) -> None:
        self._text = text
        self._name = name
        self._definitions = definitions
        self._functions = functions

    @classmethod
    def parse(cls, text: str, name: str = "", functions: Functions | None = None) -> Self:
        """Parse a text; `functions` are added to Go's built-in ones. Raises ParseError with Go's message."""
        known = {**BUILT_IN, **(functions or {})}
        try:
            return cls(text, name, Parser(text, name, known).parse(), known)
        except RecursionError as error:
            raise ParseError(f"template: {name}: nested too deeply") from error

    def render(self, data: Any) -> str:
        """Run on `data` and return the output. Raises TemplateError with Go's message and partial output."""
        return Evaluator(self._text, self._name, self._definitions, self._functions).run(data)
