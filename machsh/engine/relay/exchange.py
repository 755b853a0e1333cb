"""Decides whether a connection to the engine can be reused after a command.

It can if every request was a GET or HEAD without body and every response was complete. Anything else, and any
long response, is not tracked: such a connection is closed with its client.
"""

from __future__ import annotations

from collections import deque

_END = b"\r\n\r\n"
_LONGEST = 1 << 18
_MOST_PIECES = 32
"""A response in more pieces than this is taken for a stream, for example `logs -f`."""
_NOT_PLAIN = (b"connection:", b"upgrade:", b"content-length:", b"transfer-encoding:", b"expect:")
_WITHOUT_BODY = (b"204", b"304")


class Exchange:
    """Tracks the requests and responses on one connection."""

    def __init__(self) -> None:
        self._is_plain = True
        self._question = b""
        self._answer = b""
        self._pieces = 0
        self._unanswered: deque[bool] = deque()
        """For each unanswered request, whether it is a HEAD request, whose response has no body."""

    @property
    def is_complete(self) -> bool:
        """Whether every request has its complete response and no other bytes were sent."""
        return self._is_plain and not (self._unanswered or self._question or self._answer)

    def give_up(self) -> None:
        """Stop tracking; `is_complete` stays false from now on."""
        self._is_plain = False
        self._question = self._answer = b""

    def asked(self, content: bytes) -> None:
        """Track bytes that the client sent."""
        if not self._is_plain:
            return
        self._question += content
        while _END in self._question:
            head, _, self._question = self._question.partition(_END)
            if not _is_plain(head):
                return self.give_up()
            self._unanswered.append(head.startswith(b"HEAD "))
        if len(self._question) > _LONGEST:
            self.give_up()

    def answered(self, content: bytes) -> None:
        """Track bytes that the engine sent."""
        if not self._is_plain:
            return
        self._answer += content
        self._pieces += 1
        try:
            while self._unanswered and (size := _whole(self._answer, is_head=self._unanswered[0])):
                self._unanswered.popleft()
                self._answer = self._answer[size:]
                self._pieces = 0
        except ValueError:
            return self.give_up()
        is_long = len(self._answer) > _LONGEST or self._pieces > _MOST_PIECES
        if is_long or (self._answer and not self._unanswered):
            self.give_up()


def _is_plain(head: bytes) -> bool:
    """Whether a request has no body and does not change the state of the connection."""
    first, *lines = head.split(b"\r\n")
    if not first.startswith((b"GET /", b"HEAD /")) or not first.endswith(b" HTTP/1.1"):
        return False
    return not any(line.lower().startswith(_NOT_PLAIN) for line in lines)


def _whole(answer: bytes, *, is_head: bool) -> int:
    """Return the length in bytes of the first response, 0 while it is incomplete.

    Raises ValueError if the length cannot be determined.
    """
    head, end, _ = answer.partition(_END)
    if not end:
        return 0
    first, *lines = head.lower().split(b"\r\n")
    fields = dict(line.split(b": ", 1) for line in lines)
    status = first[9:12]
    if not first.startswith(b"http/1.1 ") or not status.isdigit() or status < b"200":
        raise ValueError(first)
    if b"connection" in fields or len(fields) != len(lines):
        raise ValueError(head)
    start = len(head) + len(_END)
    if is_head or status in _WITHOUT_BODY:
        return start
    if (b"transfer-encoding" in fields) == (b"content-length" in fields):
        raise ValueError(head)
    if b"transfer-encoding" in fields:
        return _end_of_chunks(answer, start)
    size = start + _number(fields[b"content-length"], 10)
    return size if size <= len(answer) else 0


def _end_of_chunks(answer: bytes, at: int) -> int:
    while (line_end := answer.find(b"\r\n", at)) >= 0:
        size = _number(answer[at:line_end], 16)
        at = line_end + 2 + size + 2
        if at > len(answer):
            return 0
        if answer[at - 2 : at] != b"\r\n":
            raise ValueError("a chunk without its end")
        if not size:
            return at
    return 0


def _number(digits: bytes, base: int) -> int:
    if not digits.isalnum() or len(digits) > 16:
        raise ValueError(digits)
    return int(digits, base)
