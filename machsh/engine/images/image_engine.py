"""One engine's images, through its API: listing, saving, copying, loading, tagging and removing."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from machsh.engine.dial import ByteStream, Dialer
from machsh.engine.http import HttpConnection, HttpResponse, decode, message_in
from machsh.engine.images.image_facts import ImageFacts, of_inspection
from machsh.engine.images.load_archive import LoadArchive
from machsh.errors import MachshError

CONNECT_SECONDS = 20.0
ANSWER_SECONDS = 60.0
SILENT_SECONDS = 1800.0
"""Time limit for the first byte while an engine saves or unpacks an image."""
_AT_ONCE = 100
"""How many requests are sent before their responses are read."""
_MOST_IMAGES = 20_000
_CONTAINERD = "io.containerd.snapshotter"


class ImageRefusedError(MachshError):
    """The engine responded with an error, and the connection is good."""


@dataclass(frozen=True, slots=True)
class EngineHoldings:
    """What an engine is and which images it has."""

    os: str
    architecture: str
    is_containerd: bool
    """Whether containerd keeps the images; then the engine cannot say which layers it has."""
    images: tuple[ImageFacts, ...]

    @property
    def chains(self) -> set[str]:
        """The chain IDs of all its layers."""
        return {chain for image in self.images for chain in image.chains}

    def find(self, name: str) -> ImageFacts | None:
        """Return the image with this tag."""
        return next((image for image in self.images if name in image.tags), None)


@dataclass(slots=True)
class ImageEngine:
    """Requests to one engine. Each call has a connection of its own; `stop` breaks all of them off."""

    name: str
    """The engine's name in messages."""
    dial: Dialer
    silent_seconds: float = SILENT_SECONDS
    _open: set[ByteStream] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _is_stopped: bool = False

    def holdings(self) -> EngineHoldings:
        """Ask what the engine is and has. Raises MachshError."""
        with self._connection() as connection:
            version, info, listed = (
                _checked(one) for one in connection.ask(["/version", "/info", "/images/json"], ANSWER_SECONDS)
            )
            ids = [str(one["Id"]) for one in _list(listed)]
            images = tuple(_inspected(connection, ids))
        status = json.dumps(info.get("DriverStatus") or [])
        return EngineHoldings(
            str(version.get("Os", "")), str(version.get("Arch", "")), _CONTAINERD in status, images
        )

    def inspect(self, name: str) -> ImageFacts | None:
        """Return an image by name or digest, or None if there is none. Raises MachshError."""
        with self._connection() as connection:
            response = connection.send("GET", f"/images/{quote(name)}/json", ANSWER_SECONDS)
        return None if response.status == 404 else of_inspection(_checked(response))

    def sizes(self, name: str) -> list[int]:
        """Return the sizes in bytes of an image's steps that added something, the lowest first."""
        with self._connection() as connection:
            history = _list(
                _checked(connection.send("GET", f"/images/{quote(name)}/history", ANSWER_SECONDS))
            )
        sizes = [one.get("Size", 0) for one in reversed(history) if isinstance(one, dict)]
        return [size for size in sizes if isinstance(size, int) and size > 0]

    @contextmanager
    def saved(self, names: Sequence[str]) -> Iterator[Callable[[int], bytes]]:
        """Open the tar of several images as `docker save` makes it; yield its `read(size)`.

        Raises ImageRefusedError, or MachshError when the connection breaks.
        """
        query = urlencode([("names", name) for name in names])
        with self._tar(f"/images/get?{query}") as read:
            yield read

    @contextmanager
    def copied(self, container: str, path: str) -> Iterator[Callable[[int], bytes]]:
        """Open the tar of a folder in a container as `docker cp` gets it; yield its `read(size)`.

        Raises ImageRefusedError, or MachshError when the connection breaks.
        """
        with self._tar(f"/containers/{quote(container)}/archive?{urlencode({'path': path})}") as read:
            yield read

    def storage(self, image: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the engine's `GET /info`, and the inspection of an image.

        Raises MachshError.
        """
        with self._connection() as connection:
            info, image_json = (
                _mapping(_checked(one))
                for one in connection.ask(["/info", f"/images/{quote(image)}/json"], ANSWER_SECONDS)
            )
        return info, image_json

    def create(self, container: str, spec: Mapping[str, Any]) -> None:
        """Create a container without starting it. `stop` does not interrupt this call: its result must be
        known.

        Raises MachshError.
        """
        content = json.dumps(spec).encode()
        path = f"/containers/create?{urlencode({'name': container})}"
        with self._stream(is_lasting=True) as stream, self._explained():
            connection = HttpConnection(stream)
            _check(connection.send("POST", path, ANSWER_SECONDS, content, "application/json"))

    def containers(self, label: str) -> dict[str, str]:
        """Return all containers that have a label: ID -> the label's value. Raises MachshError."""
        query = urlencode({"all": "1", "filters": json.dumps({"label": [label]})})
        with self._connection() as connection:
            listed = _list(_checked(connection.send("GET", f"/containers/json?{query}", ANSWER_SECONDS)))
        pairs = [
            (one.get("Id"), _mapping(one.get("Labels") or {}).get(label)) for one in map(_mapping, listed)
        ]
        return {id: owner for id, owner in pairs if isinstance(id, str) and isinstance(owner, str)}

    def discard(self, container: str) -> None:
        """Remove a container with its volumes, also after `stop`; none of that name is no error.

        Raises MachshError.
        """
        path = f"/containers/{quote(container)}?force=1&v=1"
        with self._stream(is_lasting=True) as stream, self._explained():
            response = HttpConnection(stream).send("DELETE", path, ANSWER_SECONDS)
        if response.status != 404:
            _check(response)

    def load(
        self,
        archive: LoadArchive,
        tell: Callable[[int], object],
        before_end: Callable[[], object] = lambda: None,
    ) -> None:
        """Load an archive, and call `tell` with the size of each piece that was sent.

        `before_end` is called when all but the archive's end was sent; it may wait, or raise to break off.
        Raises ImageRefusedError with the engine's reason, or MachshError when the connection breaks.
        """
        with self._connection() as connection:
            pieces = _reported(archive.pieces(before_end), tell)
            head = connection.upload("/images/load?quiet=0", self.silent_seconds, archive.size, pieces)
            if head.status != 200:
                raise _refusal(connection.body(head))
            for line in connection.lines(head, self.silent_seconds):
                _check_line(line)

    def tag(self, id: str, name: str) -> None:
        """Give an image another name, `REPOSITORY:TAG`. Raises MachshError."""
        repository, _, tag = name.rpartition(":")
        query = urlencode({"repo": repository, "tag": tag})
        with self._connection() as connection:
            _check(connection.send("POST", f"/images/{quote(id)}/tag?{query}", ANSWER_SECONDS))

    def remove(self, id: str) -> None:
        """Remove an image that has no name; its layers stay where others use them. Raises MachshError."""
        with self._connection() as connection:
            _check(connection.send("DELETE", f"/images/{quote(id)}?noprune=1", ANSWER_SECONDS))

    def stop(self) -> None:
        """Break off running calls and refuse later ones; they raise MachshError."""
        with self._guard:
            self._is_stopped = True
        self.break_off()

    def break_off(self) -> None:
        """Break off running calls, which then raise MachshError."""
        with self._guard:
            for stream in self._open:
                _shut(stream)

    @contextmanager
    def _tar(self, path: str) -> Iterator[Callable[[int], bytes]]:
        with self._stream() as stream, self._explained():
            connection = HttpConnection(stream)
            head, begun = connection.follow(path, self.silent_seconds)
            if head.status != 200:
                raise _refusal(begun or stream.recv(65536))
            stream.settimeout(self.silent_seconds)
            yield self._reader(begun, stream)

    def _reader(self, begun: bytes, stream: ByteStream) -> Callable[[int], bytes]:
        rest = bytearray(begun)

        def read(size: int) -> bytes:
            if rest:
                content = bytes(rest[:size])
                del rest[:size]
                return content
            with self._explained():
                return stream.recv(size)

        return read

    @contextmanager
    def _connection(self) -> Iterator[HttpConnection]:
        with self._stream() as stream, self._explained():
            yield HttpConnection(stream)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise MachshError(
                f"{self.name}: the engine was silent for too long",
                hint="give it more with --timeout SECONDS, or look at its log",
            ) from error
        except (OSError, EOFError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise MachshError(
                f"{self.name}: the connection to the engine broke: {reason}",
                hint="run it again: it goes on with the layers that are missing",
            ) from error

    @contextmanager
    def _stream(self, *, is_lasting: bool = False) -> Iterator[ByteStream]:
        """Open a connection, which `stop` and `break_off` end unless it is lasting."""
        stream = self.dial(CONNECT_SECONDS)
        with self._guard:
            if not is_lasting:
                self._open.add(stream)
            is_stopped = self._is_stopped and not is_lasting
        try:
            if is_stopped:
                raise MachshError(f"{self.name}: stopped")
            yield stream
        finally:
            with self._guard:
                self._open.discard(stream)
            stream.close()


def _inspected(connection: HttpConnection, ids: Sequence[str]) -> Iterator[ImageFacts]:
    if len(ids) > _MOST_IMAGES:
        raise MachshError(f"the engine has more than {_MOST_IMAGES} images", hint="docker image prune")
    for start in range(0, len(ids), _AT_ONCE):
        paths = [f"/images/{quote(id)}/json" for id in ids[start : start + _AT_ONCE]]
        for response in connection.ask(paths, ANSWER_SECONDS):
            if response.status != 404:  # it was removed meanwhile
                yield of_inspection(_checked(response))


def _shut(stream: ByteStream) -> None:
    """End a connection that another thread uses, and will close."""
    if isinstance(stream, socket.socket):
        with suppress(OSError):
            # Not a TLS socket's own method, which takes the session away from that thread.
            socket.socket.shutdown(stream, socket.SHUT_RDWR)
    else:
        stream.close()


def _reported(pieces: Iterator[bytes], tell: Callable[[int], object]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        tell(len(piece))


def _check_line(line: bytes) -> None:
    """Raise ImageRefusedError if a line of the response to a load tells of an error."""
    if not line.strip():
        return
    content = decode(line)
    if not isinstance(content, Mapping):
        return
    text = content.get("error") or content.get("stream")
    # containerd's store tells of layers that it cannot unpack, and calls that a success.
    if isinstance(text, str) and (content.get("error") or text.startswith("Error ")):
        raise ImageRefusedError(text.strip())


def _check(response: HttpResponse) -> None:
    if response.status >= 300:
        raise _refusal(response.body)


def _checked(response: HttpResponse) -> Any:
    """Return the JSON of a response. Raises ImageRefusedError unless its status is 200."""
    _check(response)
    return response.json()


def _list(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise MachshError("the engine's list is malformed", hint="is it a Docker engine?")
    return content


def _mapping(content: Any) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise MachshError("the engine's answer is malformed", hint="is it a Docker engine?")
    return content


def _refusal(body: bytes) -> ImageRefusedError:
    return ImageRefusedError(message_in(body) or "the engine refused without a reason")
