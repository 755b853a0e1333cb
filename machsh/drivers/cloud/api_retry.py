"""Retries requests that a provider rejects temporarily: rate limits and server errors."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from machsh.deadline import Deadline, within
from machsh.drivers.cloud.limited_answer import MOST_BYTES, read_limited
from machsh.drivers.cloud.same_server import check_redirect

if TYPE_CHECKING:
    from requests import Response
    from requests.adapters import HTTPAdapter

T = TypeVar("T")

TEMPORARY = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses after which the same request may succeed."""
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Methods that are safe to repeat even if the first request was carried out."""
UNDONE = frozenset({429, 503})
"""Statuses that mean that nothing was carried out, so that any method may be repeated."""
BROKEN_TRIES = 3
"""How often a request is sent whose connection breaks or cannot be made."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_LEAST_SECONDS = 0.1
_GRACE_SECONDS = 5.0
"""For last questions after a deadline, such as the one for the reason; a list without an end is none."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The verdict that a call may be repeated, after the provider's hint in seconds (None if it has none)."""

    after: float | None = None


def retrying(
    call: Callable[[], T],
    deadline: Deadline,
    judge: Callable[[Exception], TryAgain | None],
    say: Callable[[str], None] = lambda text: None,
    pause: Callable[[float], None] = time.sleep,
    words: Callable[[Exception], str] = str,
) -> T:
    """Call until it does not fail, or until the deadline does not allow another pause.

    `judge` says of an error whether to repeat; None means no. `say` gets a line for each pause. Raises
    the last error. `words` makes an error's text for `say`.
    """
    for tries in range(1 << 20):
        try:
            return call()
        except Exception as error:
            verdict = judge(error)
            seconds = _pause(verdict, tries) if verdict else 0.0
            if verdict is None or seconds >= deadline.remaining:
                raise
            say(f"{words(error)}: trying again in {seconds:.1f} s")
            pause(seconds)
    raise AssertionError("a deadline ends before that")


def _pause(verdict: TryAgain, tries: int) -> float:
    if verdict.after is not None:
        return max(0.0, verdict.after)
    ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(tries, 10))
    return random.uniform(ceiling / 2, ceiling)


def provider_hint(headers: Mapping[str, str], now: float) -> float | None:
    """Return the pause in seconds that an answer's headers ask for, None if they do not.

    `Retry-After` has seconds or a date; `RateLimit-Reset` has seconds since the epoch.
    """
    after, reset = headers.get("Retry-After", ""), headers.get("RateLimit-Reset", "")
    if after.strip().isdigit():
        return float(after)
    if after:
        try:
            wanted = parsedate_to_datetime(after)
        except ValueError:
            return None
        return max(0.0, (wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)).timestamp() - now)
    if headers.get("RateLimit-Remaining", "").strip() == "0" and reset.strip().isdigit():
        return max(0.0, float(reset) - now)
    return None


class _TemporaryAnswerError(Exception):
    def __init__(self, answer: Response) -> None:
        super().__init__(f"the provider answered {answer.status_code} {answer.reason}")
        self.answer = answer


def retry_adapter(
    deadline: Deadline,
    say: Callable[[str], None] = lambda text: None,
    most_bytes: int = MOST_BYTES,
    *,
    is_patient: bool = True,
) -> HTTPAdapter:
    """Return an adapter for a session of requests: it repeats temporary failures within the deadline.

    One that is not patient repeats nothing: its library does. The last answer is returned as it is. Answers
    of all statuses are read here, whole, also for callers who want a stream: no answer takes more time than
    is left, however slowly it comes, and one with more than `most_bytes` raises MachshError, as does one that
    points to another server. Soon after the deadline nothing is sent any more, so that a list whose pages do
    not end ends.
    """
    from requests.adapters import HTTPAdapter

    class RetryAdapter(HTTPAdapter):
        def send(self, request: Any, *arguments: Any, **options: Any) -> Response:
            def whole() -> Response:
                answer = _sent(
                    super(RetryAdapter, self).send, request, *arguments, **_limited(options, deadline)
                )
                _read(answer, deadline, most_bytes)
                check_redirect(answer)
                return answer

            _check_time(deadline)
            if not is_patient:
                return _in_time(whole, deadline)
            try:
                return retrying(
                    lambda: _checked(_in_time(whole, deadline)), deadline, _judge_of(request.method or ""),
                    say, words=_words,
                )  # fmt: skip
            except _TemporaryAnswerError as error:
                return error.answer

    return RetryAdapter()


def _sent(send: Callable[..., Response], *arguments: Any, **options: Any) -> Response:
    from requests.exceptions import RequestException

    try:
        return send(*arguments, **options)
    except RequestException:
        raise
    except OSError as error:  # a file of certificates that is not there
        raise RequestException(error) from error


def _check_time(deadline: Deadline) -> None:
    from requests.exceptions import ConnectTimeout

    if deadline.clock() > deadline.ends + _GRACE_SECONDS:
        raise ConnectTimeout(f"no end within {deadline.limit}")


def _in_time(whole: Callable[[], Response], deadline: Deadline) -> Response:
    from requests.exceptions import ReadTimeout

    # The library's timeout begins anew with each byte, also with those of an answer's head.
    try:
        return within(Deadline.after(max(2 * _LEAST_SECONDS, deadline.remaining)), whole)
    except TimeoutError as error:
        raise ReadTimeout(f"no whole answer within {deadline.limit}") from error


def _read(answer: Response, deadline: Deadline, most_bytes: int) -> None:
    from requests.exceptions import ConnectionError as BrokenConnectionError
    from requests.exceptions import ReadTimeout
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    ends, host = Deadline.after(max(_LEAST_SECONDS, deadline.remaining)), urlsplit(answer.url).hostname or ""
    try:
        answer._content = read_limited(answer.raw, ends, host, most_bytes)
    except (TimeoutError, ReadTimeoutError) as error:
        raise ReadTimeout(error) from error
    except HTTPError as error:
        raise BrokenConnectionError(error) from error
    answer._content_consumed = True  # type: ignore[attr-defined]


def _words(error: BaseException) -> str:
    """Return the innermost reason: what the library wraps around it names its own objects."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error)


def _limited(options: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
    """Let no timeout be longer than what is left; one may be for the connection, and one for the answer."""
    left, given = max(_LEAST_SECONDS, deadline.remaining), options.get("timeout")
    pair = given if isinstance(given, tuple) else (given, given)
    connect, read = (min(one, left) if isinstance(one, int | float) else left for one in pair)
    return {**options, "timeout": (connect, read)}


def _checked(answer: Response) -> Response:
    if answer.status_code not in TEMPORARY:
        return answer
    raise _TemporaryAnswerError(answer)


def _judge_of(method: str) -> Callable[[Exception], TryAgain | None]:
    broken = 0

    def judge(error: Exception) -> TryAgain | None:
        nonlocal broken
        from requests.exceptions import ConnectionError as BrokenConnectionError

        if isinstance(error, _TemporaryAnswerError):
            may_repeat = method in REPEATABLE or error.answer.status_code in UNDONE
            return TryAgain(provider_hint(error.answer.headers, time.time())) if may_repeat else None
        broken += isinstance(error, BrokenConnectionError)
        may_repeat = isinstance(error, BrokenConnectionError) and method in REPEATABLE
        return TryAgain() if may_repeat and broken < BROKEN_TRIES else None

    return judge
