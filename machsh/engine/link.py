"""Non-blocking connections, plain or TLS, whose two directions can be closed separately."""

from __future__ import annotations

import contextlib
import select
import selectors
import socket
import ssl

from machsh.deadline import Deadline

CHUNK = 65536
"""How many bytes are read at once; also the memory used per direction."""
_RECORD = 16384
"""The longest TLS record; one read decrypts at most this much."""


class Link:
    """A non-blocking plain socket with a buffer for unsent bytes."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.has_ended = False
        """The other side has closed its direction."""
        self._unsent = bytearray()
        self._is_finishing = False

    def fileno(self) -> int:
        """Return the file descriptor for a selector; -1 once closed."""
        return self.connection.fileno()

    @property
    def has_unsent(self) -> bool:
        """Whether bytes are waiting to be sent; callers should not `send` more until they are."""
        return bool(self._unsent)

    def receive(self) -> bytes:
        """Return the bytes received, b"" if there are none yet or `has_ended` is now set. Raises OSError."""
        try:
            content = self.connection.recv(CHUNK)
        except BlockingIOError:
            return b""
        self.has_ended = not content
        return content

    def send(self, content: bytes) -> None:
        """Send as much as the system accepts now and keep the rest for `flush`. Raises OSError."""
        if self._unsent:
            self._unsent += content
            return
        sent = self._try(content)
        if sent < len(content):
            self._unsent += memoryview(content)[sent:]

    def flush(self) -> None:
        """Continue sending unsent bytes. Raises OSError."""
        sent = self._try(self._unsent)
        del self._unsent[:sent]
        if not self._unsent and self._is_finishing:
            self._end_sending()

    def finish(self) -> None:
        """Close the sending direction once all bytes are sent; receiving continues."""
        self._is_finishing = True
        if not self._unsent:
            self._end_sending()

    def close(self) -> None:
        """Close both directions."""
        with contextlib.suppress(OSError):
            self.connection.close()

    def _try(self, content: bytes | bytearray) -> int:
        try:
            return self.connection.send(content)
        except BlockingIOError:
            return 0

    def _end_sending(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)


class TlsLink(Link):
    """A TLS connection whose directions close separately, which `ssl.SSLSocket` cannot do.

    The constructor takes a blocking socket and does the handshake before the deadline; it raises OSError.
    """

    def __init__(
        self, connection: socket.socket, context: ssl.SSLContext, host: str, deadline: Deadline
    ) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._encrypted = bytearray(CHUNK)
        self._shake_hands(connection, deadline)
        super().__init__(connection)

    def receive(self) -> bytes:
        """Receive and decrypt; see `Link.receive`."""
        try:
            size = self.connection.recv_into(self._encrypted)
        except BlockingIOError:
            return b""
        if size:
            self._incoming.write(memoryview(self._encrypted)[:size])
        else:
            self._incoming.write_eof()
            self.has_ended = True
        content = self._decrypt()
        if self._outgoing.pending:  # an answer to a key update
            super().send(self._outgoing.read())
        return content

    def send(self, content: bytes) -> None:
        """Encrypt and send; see `Link.send`."""
        self._tls.write(content)
        super().send(self._outgoing.read())

    def _decrypt(self) -> bytes:
        parts = list[bytes]()
        try:
            while content := self._tls.read(_RECORD):
                parts.append(content)
            self.has_ended = True
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self.has_ended = True
        return b"".join(parts)

    def _end_sending(self) -> None:
        with contextlib.suppress(OSError):  # raises because the peer has not closed its side yet
            self._tls.unwrap()
        self._is_finishing = False
        with contextlib.suppress(OSError):
            super().send(self._outgoing.read())

    def _shake_hands(self, connection: socket.socket, deadline: Deadline) -> None:
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                # Never 0: that would make the socket non-blocking.
                connection.settimeout(max(deadline.remaining, 0.001))
                self._exchange(connection)
        if self._outgoing.pending:
            connection.sendall(self._outgoing.read())

    def _exchange(self, connection: socket.socket) -> None:
        if self._outgoing.pending:
            connection.sendall(self._outgoing.read())
        content = connection.recv(CHUNK)
        if content:
            self._incoming.write(content)
        else:
            self._incoming.write_eof()


class WaitingLink:
    """A blocking `ByteStream` over a link, for requests sent before the link is handed to a selector."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._seconds: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        """Set the time limit of each later call, in seconds; None means no limit."""
        self._seconds = seconds

    def sendall(self, content: bytes) -> None:
        """Send all bytes. Raises OSError, or TimeoutError after the time limit."""
        deadline = self._deadline()
        self._link.send(content)
        while self._link.has_unsent:
            self._wait(selectors.EVENT_WRITE, deadline)
            self._link.flush()

    def recv(self, size: int) -> bytes:
        """Wait for bytes; return b"" at the end of the stream. `size` is ignored.

        Raises OSError, or TimeoutError after the time limit.
        """
        deadline = self._deadline()
        while not (content := self._link.receive()) and not self._link.has_ended:
            self._wait(selectors.EVENT_READ, deadline)
        return content

    def close(self) -> None:
        """Close both directions."""
        self._link.close()

    def _deadline(self) -> Deadline | None:
        return None if self._seconds is None else Deadline.after(self._seconds)

    def _wait(self, events: int, deadline: Deadline | None) -> None:
        """Wait for an event on the link. Not with `select.select`, which fails from descriptor 1024 on."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._link, events)
            if not selector.select(None if deadline is None else deadline.remaining):
                raise TimeoutError("the engine does not answer")


def has_hung_up(link: Link) -> bool:
    """Whether the other side has closed both directions, and not just its own."""
    return _polled(link.fileno(), 0)


def wait_for_hang_up(connection: socket.socket) -> None:
    """Block until the other side has closed both directions; call it in a separate thread."""
    with contextlib.suppress(OSError, ValueError):
        _polled(connection.fileno(), None)


def _polled(file: int, milliseconds: int | None) -> bool:
    poll = select.poll()
    poll.register(file, 0)
    return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(milliseconds))
