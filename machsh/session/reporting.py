"""Prints failures together with the place in the text where they happened."""

from __future__ import annotations

from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.language.errors import LanguageError
from machsh.language.source import SourceText
from machsh.language.tree import Span
from machsh.output import messages
from machsh.output.theme import arrow
from machsh.secrets import redacted


def report_error(error: MachshError, source: SourceText, span: Span, environment: Environment) -> None:
    """Print a failure with `FILE:LINE:COLUMN`; for a LanguageError, also the line with carets below it."""
    picture = ""
    if isinstance(error, LanguageError):
        source, span, picture = error.source, error.span, error.picture
    messages.report_error(environment, error, place=place(source, span), picture=picture)


def place(source: SourceText, span: Span) -> str:
    """Return `FILE:LINE:COLUMN`; empty for a line typed at the prompt."""
    if not source.file:
        return ""
    line, column = source.place(span[0])
    return f"{source.file}:{line}:{column}"


def report_code(text: str, code: int, source: SourceText, span: Span, environment: Environment) -> None:
    """Print which statement of a batch failed, when its command has returned an exit code and no error."""
    messages.note(environment, f"{place(source, span)}: {redacted(text)}: exit code {code}")


def trace(text: str, machine: str, environment: Environment) -> None:
    """Print a line after the machine's name and an arrow, as it would look at the prompt."""
    messages.note(
        environment,
        f" {arrow(environment)} {redacted(text)}",
        lead=machine or "no machine",
        lead_look="machine",
    )


def note(text: str, environment: Environment) -> None:
    """Print a note, which is not a failure."""
    messages.note(environment, text)
