"""Handles answers that do not have the documented form: a proxy's page, or fields of other types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from machsh.errors import MachshError

ODD_ANSWER = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, RecursionError)
"""The exceptions that reading an answer of another form raises in libraries and drivers."""
_MOST = 120


def odd_answer(doing: str, who: str, error: BaseException | None = None) -> MachshError:
    """Return the error for an answer of another form than documented; `who` is such as `Hetzner's API`.

    `error` is what reading it has raised.
    """
    reason = "".join(char for char in f"{type(error).__name__}: {error}" if char.isprintable())[:_MOST]
    told = f" ({reason})" if error is not None else ""
    return MachshError(
        f"{doing}: what answered is not {who} as it is documented{told}",
        hint="is a proxy in between, or the endpoint another's?",
    )


@contextmanager
def reading_answer(doing: str, who: str) -> Iterator[None]:
    """Convert the exceptions in ODD_ANSWER to `odd_answer`; usable as a decorator. Raises MachshError."""
    try:
        yield
    except ODD_ANSWER as error:
        raise odd_answer(doing, who, error) from error
