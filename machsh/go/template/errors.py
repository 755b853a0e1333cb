"""Errors of templates, with Go's texts."""

from __future__ import annotations

from machsh.errors import MachshError


class TemplateError(MachshError):
    """A template does not parse, or fails while it runs."""

    def __init__(self, message: str, *, printed: str = "") -> None:
        super().__init__(message, hint="templates are Go's: see https://pkg.go.dev/text/template")
        self.printed = printed
        """The output before the failure."""


class ParseError(TemplateError):
    """A template does not parse."""


class CallError(Exception):
    """A function refuses its arguments; the evaluator turns it into a TemplateError with the place."""
