"""Errors of a library that cannot reach its provider, in one line that says what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from machsh.errors import DeadlineError, MachshError


def innermost(error: BaseException) -> BaseException:
    """Return the first cause of an error: what libraries wrap around it names their own objects."""
    while error.__context__ is not None and error.__context__ is not error:
        error = error.__context__
    return error


def innermost_reason(error: BaseException) -> str:
    """Return what the first cause of an error says."""
    found = innermost(error)
    return str(found) or type(found).__name__


def unreachable(doing: str, who: str, error: BaseException, look_at: str) -> MachshError:
    """Return the error `DOING: WHO cannot be reached: REASON`; `look_at` is where the user looks, too."""
    text = f"{doing}: {who} cannot be reached: {innermost_reason(error)}"
    return MachshError(text, hint=f"look at the network, and at {look_at}")


@contextmanager
def reaching(doing: str, who: str, look_at: str) -> Iterator[None]:
    """Turn what the network does to a call by requests into ours. Raises DeadlineError or MachshError.

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
