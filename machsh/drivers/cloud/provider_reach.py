"""Converts a library's connection errors to one line with a hint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from machsh.errors import DeadlineError, MachshError


def innermost(error: BaseException) -> BaseException:
    """Return the first cause of an error; the wrappers of libraries only name their own objects."""
    while error.__context__ is not None and error.__context__ is not error:
        error = error.__context__
    return error


def innermost_reason(error: BaseException) -> str:
    """Return the message of an error's first cause."""
    found = innermost(error)
    return str(found) or type(found).__name__


def unreachable(doing: str, who: str, error: BaseException, look_at: str) -> MachshError:
    """Return the error `DOING: WHO cannot be reached: REASON`; `look_at` is where the user looks, too."""
    text = f"{doing}: {who} cannot be reached: {innermost_reason(error)}"
    return MachshError(text, hint=f"look at the network, and at {look_at}")


@contextmanager
def reaching(doing: str, who: str, look_at: str) -> Iterator[None]:
    """Convert network errors of a call by requests. Raises DeadlineError or MachshError.

    `who` is such as `Hetzner's API`, `look_at` such as `status.hetzner.com`.
    """
    from requests.exceptions import RequestException, Timeout
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    try:
        yield
    except (Timeout, ReadTimeoutError) as error:
        raise DeadlineError(f"{doing}: {who} did not answer in time") from error
    except (RequestException, HTTPError) as error:
        raise unreachable(doing, who, error, look_at) from error
