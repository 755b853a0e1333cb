"""What is wrong with a template, in Go's own words."""

from __future__ import annotations

from machsh.errors import MachshError


class TemplateError(MachshError):
    """A template that does not parse, or fails while it runs."""

    def __init__(self, message: str, *, printed: str = "") -> None:
        super().__init__(message, hint="templates are Go's: see https://pkg.go.dev/text/template")
        self.printed = printed
        """What the template had printed before it failed."""


class ParseError(TemplateError):
    """It does not parse."""


class CallError(Exception):
    """A function refuses its arguments; the evaluator adds where."""
