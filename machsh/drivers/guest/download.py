"""Downloads one large file over HTTP, with resume. What has arrived is kept in a part file beside the target.

A transfer that stalls or breaks is resumed as long as tries bring something. Only the whole file's checksum
says that it is right; that is the caller's business (`image_cache`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from machsh.deadline import Deadline, within
from machsh.drivers.guest.download_reporter import DownloadReporter
from machsh.drivers.guest.web_proxies import authorities, proxies_for
from machsh.errors import DeadlineError, MachshError
from machsh.files import explain, write_atomically
from machsh.humanize import byte_size
from machsh.progress import Progress
from machsh.regular_file import open_regular, read_regular

if TYPE_CHECKING:
    from requests import Response, Session

PART = ".part"
"""Suffix of a file that is being downloaded."""
VALIDATOR = ".validator"
"""Suffix of the file that keeps the part's ETag or date: a resumed download is of the same content."""
SPARE_BYTES = 64 << 20
"""Space that a download leaves free on the disk."""
_PIECE = 1 << 18
_MOST_REDIRECTS = 5
_MOST_TEXT = 1 << 20
_GONE = (404, 410)
_BUSY = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """How long and how large a download may be."""

    total_seconds: float = 4 * 3600.0
    stall_seconds: float = 30.0
    """Longest silence of the server."""
    tries: int = 5
    """Tries in a row that may bring nothing."""
    pause_seconds: float = 1.0
    """Pause before the second try; it doubles with each."""
    largest: int = 64 << 30
    """Bytes."""


class GoneError(MachshError):
    """The server has no such file (any more)."""


class _BrokenError(Exception):
    """The transfer broke, and may be resumed."""


@dataclass
class Download:
    """One download: where from, where to, and how far it has come."""

    url: str
    target: Path
    variables: Mapping[str, str]
    progress: Progress
    limits: DownloadLimits = field(default_factory=DownloadLimits)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More headers, such as a login; a redirect to another host does not get them."""

    @property
    def part(self) -> Path:
        """The file that holds what has arrived."""
        return self.target.with_name(self.target.name + PART)

    @property
    def _validator_file(self) -> Path:
        return self.part.with_name(self.part.name + VALIDATOR)

    @property
    def shown(self) -> str:
        """The URL for messages, without user, password and query."""
        return shown_url(self.url)

    def run(self) -> Path:
        """Download the file, and return the complete part file's path; renaming it is the caller's task.

        Raises GoneError, DeadlineError or MachshError. The part stays when an error or Ctrl-C ends the
        transfer, and the next call resumes it.
        """
        deadline = Deadline.after(self.limits.total_seconds)
        failures = 0
        with _session() as session:
            while True:
                before = self._size()
                try:
                    self._transfer(session, deadline)
                    return self.part
                except _BrokenError as error:
                    failures = failures + 1 if self._size() <= before else 1
                    self._pause(error, failures, deadline)

    def text(self) -> str:
        """Return a small text file, such as a file of sums, of at most 1 MiB. Raises as `run` does."""
        deadline = Deadline.after(min(60.0, self.limits.total_seconds))
        failures = 0
        with _session() as session:
            while True:
                try:
                    return self._text(session, deadline)
                except _BrokenError as error:
                    failures += 1
                    self._pause(error, failures, deadline)

    def forget(self) -> None:
        """Delete what has arrived."""
        forget(self.part)

    def _size(self) -> int:
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0

    def _pause(self, error: _BrokenError, failures: int, deadline: Deadline) -> None:
        if failures >= self.limits.tries or deadline.has_passed:
            kept = (
                f"; {byte_size(size)} are kept, and the next try goes on from there"
                if (size := self._size())
                else ""
            )
            kind = DeadlineError if deadline.has_passed else MachshError
            raise kind(
                f"downloading {self.shown} failed: {error}",
                hint=f"is the network up, or a proxy needed (HTTPS_PROXY)?{kept}",
            ) from error
        self.progress.debug(f"{self.shown}: {error}; trying again")
        time.sleep(min(self.limits.pause_seconds * 2 ** (failures - 1), deadline.remaining))

    def _text(self, session: Session, deadline: Deadline) -> str:
        with self._answer(session, 0, "", deadline) as response:
            content = bytearray()
            for piece in _pieces(response, deadline):
                content += piece
                if len(content) > _MOST_TEXT:
                    raise MachshError(f"{self.shown} is larger than {_MOST_TEXT:,} bytes")
            return content.decode("utf-8", "replace")

    def _transfer(self, session: Session, deadline: Deadline) -> None:
        start, validator = self._size(), self._kept_validator()
        if start and not validator:
            start = 0  # nothing says that the server still has the same content
        with self._answer(session, start, validator, deadline) as response:
            if response.status_code == 416:
                if response.headers.get("Content-Range") == f"bytes */{start}":
                    return  # all of it has arrived before
                self.forget()
                raise _BrokenError("the server's file has changed")
            start = start if _resumes_at(response, start) else 0
            total = self._total(response, start)
            self._keep_validator(response)
            self._write(response, start, total, deadline)

    def _total(self, response: Response, start: int) -> int | None:
        """Return the whole file's size, if the server says it; check that it fits on the disk."""
        total = _whole_size(response, start)
        if total is not None and total > self.limits.largest:
            raise MachshError(f"{self.shown} is too large: {byte_size(total)}", hint="is it the right file?")
        if total is not None:
            check_space(self.target.parent, total - start, self.target.name)
        return total

    def _write(self, response: Response, start: int, total: int | None, deadline: Deadline) -> None:
        reporter = DownloadReporter(self.progress, self.target.name, start, total)
        try:
            with self.part.open("r+b" if start else "wb") as file:
                file.seek(start)
                file.truncate()
                for piece in _pieces(response, deadline):
                    file.write(piece)
                    reporter.add(len(piece))
                    if reporter.size > self.limits.largest:
                        raise MachshError(f"{self.shown} is larger than {byte_size(self.limits.largest)}")
        except OSError as error:
            raise explain(error, self.part, "write") from error
        if total is not None and reporter.size != total:
            raise _BrokenError(f"{byte_size(reporter.size)} of {byte_size(total)} arrived")

    def _kept_validator(self) -> str:
        try:
            return read_regular(self._validator_file, 4096).decode("latin-1")
        except OSError:
            return ""

    def _keep_validator(self, response: Response) -> None:
        tag = response.headers.get("ETag", "")
        # A weak tag stands for equal meaning, not for equal bytes.
        value = tag if tag.startswith('"') else response.headers.get("Last-Modified", "")
        if value and len(value) < 1000:
            write_atomically(self._validator_file, value.encode("latin-1", "replace"))
        else:
            self._validator_file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _answer(self, session: Session, start: int, validator: str, deadline: Deadline) -> Iterator[Response]:
        """Send the request, follow redirects, and yield a response whose body is the file (or the 416)."""
        headers = {"Accept-Encoding": "identity", "User-Agent": "machsh"}
        if start:
            headers |= {"Range": f"bytes={start}-", "If-Range": validator}
        url = self.url
        for _ in range(_MOST_REDIRECTS + 1):
            own = self.headers if urlsplit(url).netloc == urlsplit(self.url).netloc else {}
            response = self._request(session, url, {**headers, **own}, deadline)
            with contextlib.closing(response):
                if not response.is_redirect:
                    self._check_status(response.status_code)
                    yield response
                    return
                url = _redirected(url, response.headers["Location"])
        raise MachshError(
            f"{self.shown} redirects more than {_MOST_REDIRECTS} times", hint="is the URL right?"
        )

    def _request(self, session: Session, url: str, headers: dict[str, str], deadline: Deadline) -> Response:
        from requests.exceptions import ConnectionError as NoConnectionError
        from requests.exceptions import RequestException, SSLError, Timeout

        limit = min(self.limits.stall_seconds, deadline.remaining) or 0.001
        try:
            # A head that arrives drop by drop would never be late for requests' own timeout.
            return within(
                Deadline.after(limit),
                lambda: session.get(
                    url,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                    timeout=limit,
                    proxies=proxies_for(url, self.variables),
                    verify=authorities(self.variables),
                ),
            )
        except SSLError as error:
            raise MachshError(
                f"{shown_url(url)}: the server's certificate is not trusted",
                hint="behind a proxy that opens TLS, name its authority: REQUESTS_CA_BUNDLE=FILE",
            ) from error
        except (Timeout, TimeoutError) as error:
            raise _BrokenError(f"no answer within {limit:g} s") from error
        except NoConnectionError as error:
            raise _BrokenError(f"no connection to {urlsplit(url).hostname}") from error
        except (RequestException, OSError, ValueError) as error:
            raise MachshError(f"{shown_url(url)}: {error}", hint="is the URL right?") from error

    def _check_status(self, status: int) -> None:
        if status in (200, 206, 416):
            return
        if status in _GONE:
            raise GoneError(f"{self.shown}: there is no such file ({status})", hint="is the URL right?")
        if status in _BUSY:
            raise _BrokenError(f"the server answers {status}")
        raise MachshError(
            f"{self.shown}: the server answers {status}",
            hint="does it need a login, or a proxy (HTTPS_PROXY)?" if status in (401, 403, 407) else "",
        )


def forget(part: Path) -> None:
    """Delete a part file, if it is still there, and what belongs to it."""
    for path in (part, part.with_name(part.name + VALIDATOR)):
        path.unlink(missing_ok=True)


def shown_url(url: str) -> str:
    """Return a URL for messages, without user, password, query and fragment."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def check_space(folder: Path, size: int, name: str) -> None:
    """Raise MachshError if `size` more bytes would fill the folder's disk."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise explain(error, folder) from error
    if size + SPARE_BYTES > free:
        raise MachshError(
            f"no space for {name}: it needs {byte_size(size)}, and {folder} has {byte_size(free)} free",
            hint="free some space, or move the store (MACHINE_STORAGE_PATH)",
        )


def _session() -> Session:
    import requests  # late: only a download needs it

    session = requests.Session()
    session.trust_env = False  # the variables are the caller's, not the process's
    return session


def _resumes_at(response: Response, start: int) -> bool:
    """Whether the body begins at `start`; a server without ranges sends the whole file."""
    said = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    if response.status_code != 206:
        return False
    if said != str(start):
        raise MachshError(f"the server sent another part of the file than bytes {start} on")
    return True


def _whole_size(response: Response, start: int) -> int | None:
    """Return the whole file's size, if the server says it; its answer to a range may end before that."""
    length = response.headers.get("Content-Length", "")
    if response.status_code == 206:
        start, length = 0, response.headers.get("Content-Range", "").rpartition("/")[2]
    return start + int(length) if length.isascii() and length.isdigit() else None


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    scheme = urlsplit(target).scheme
    if scheme not in ("http", "https") or (urlsplit(url).scheme == "https" and scheme != "https"):
        raise MachshError(
            f"{shown_url(url)} redirects to {shown_url(target)}, which is not safe",
            hint="name the last address yourself if you trust it",
        )
    return target


def _pieces(response: Response, deadline: Deadline) -> Iterator[bytes]:
    """Yield the body as it arrives. `read1` returns after each packet, so that the deadline is looked at."""
    from urllib3.exceptions import HTTPError

    while True:
        try:
            piece = response.raw.read1(_PIECE, decode_content=False)
        except (HTTPError, OSError) as error:
            raise _BrokenError("the connection broke or fell silent") from error
        if not piece:
            return
        yield piece
        if deadline.has_passed:
            raise _BrokenError(f"not done within {deadline.limit}")


def digest_of(path: Path, kind: str) -> str:
    """Return `KIND:HEX` of a file's content. Raises MachshError if it cannot be read."""
    import hashlib

    try:
        with open_regular(path) as file:
            return f"{kind}:{hashlib.file_digest(file, kind).hexdigest()}"
    except OSError as error:
        raise explain(error, path) from error


def sync(path: Path) -> None:
    """Bring a file's content to the disk."""
    with open_regular(path) as file:
        os.fsync(file.fileno())
