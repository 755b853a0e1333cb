"""Go's net/rpc over one TCP connection: the messages, the upgrade from HTTP, and the client.

    with RpcClient.connect(("127.0.0.1", 39277), Deadline.after(10)) as client:
        version = client.call("RPCServerDriver.GetVersion", int, Deadline.after(10))

Both directions are one gob stream each. Calls run side by side, replies are matched by number.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from machsh.deadline import Deadline
from machsh.drivers.bridge.wire.gob import NOTHING, STRING, UINT, Field, GobError, Struct, Type
from machsh.drivers.bridge.wire.gob_decoder import Decoder
from machsh.drivers.bridge.wire.gob_encoder import Encoder

REQUEST = Struct("Request", (Field("ServiceMethod", STRING), Field("Seq", UINT)))
RESPONSE = Struct("Response", (Field("ServiceMethod", STRING), Field("Seq", UINT), Field("Error", STRING)))
UPGRADE = b"CONNECT /_goRPC_ HTTP/1.0\n\n"
UPGRADED = b"HTTP/1.0 200 Connected to Go RPC\n\n"
SEND_SECONDS = 20.0
"""How long the other side may take nothing of a message before the connection is given up."""
_LONGEST_HEADER = 4096
_Reply = TypeVar("_Reply")


class RpcError(Exception):
    """The server answered a call with this error text."""


class RpcConnectionError(Exception):
    """The connection failed, ended, or carried something that is not net/rpc."""


class RpcStream:
    """A connected socket; reading waits without limit, sending `SEND_SECONDS`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._left = b""
        connection.settimeout(SEND_SECONDS)

    def header(self, deadline: Deadline) -> bytes:
        """Return what comes before and including the first empty line. Raises RpcConnectionError."""
        header = b""
        while not (end := _header_end(header)):
            if len(header) > _LONGEST_HEADER:
                raise RpcConnectionError("the other side does not speak net/rpc: its answer has no end")
            self._connection.settimeout(max(deadline.remaining, 0.001))
            piece = self._connection.recv(_LONGEST_HEADER)
            if not piece:
                raise RpcConnectionError("the connection was closed before its first answer")
            header += piece
        self._connection.settimeout(SEND_SECONDS)
        self._left = header[end:]
        return header[:end]

    def read(self, count: int) -> bytes:
        """Return between one and `count` bytes, b"" at the end; waits until some come."""
        if self._left:
            piece, self._left = self._left[:count], self._left[count:]
            return piece
        while True:
            try:
                return self._connection.recv(count)
            except TimeoutError:
                continue

    def send(self, data: bytes) -> None:
        """Send everything. Raises OSError, and TimeoutError if the other side takes nothing."""
        self._connection.sendall(data)

    def close(self) -> None:
        """End the connection in both directions; a thread that reads from it wakes up."""
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._connection.close()


def _connected(address: tuple[str, int], deadline: Deadline) -> socket.socket:
    """Connect to an address that is given in digits; `create_connection` would take longer to resolve it."""
    connection = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    try:
        connection.settimeout(max(deadline.remaining, 0.001))
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _header_end(header: bytes) -> int:
    """Return the position behind the first empty line, or 0."""
    ends = [at + len(mark) for mark in (b"\n\n", b"\n\r\n") if (at := header.find(mark)) >= 0]
    return min(ends, default=0)


@dataclass(slots=True)
class _Call:
    """A call that waits for its reply."""

    done: threading.Event = field(default_factory=threading.Event)
    reply: Any = None
    error: Exception | None = None


class RpcClient:
    """The client of one connection. Any thread may call; each call has its own deadline."""

    def __init__(self, stream: RpcStream) -> None:
        self._stream = stream
        self._encoder = Encoder()
        self._lock = threading.Lock()
        self._calls: dict[int, _Call] = {}
        self._count = 0
        self._lost: Exception | None = None
        threading.Thread(target=self._receive, daemon=True, name="machsh-rpc").start()

    @classmethod
    def connect(cls, address: tuple[str, int], deadline: Deadline) -> Self:
        """Connect and upgrade. Raises RpcConnectionError, also when the deadline passes."""
        where = f"{address[0]}:{address[1]}"
        try:
            connection = _connected(address, deadline)
        except OSError as error:
            raise RpcConnectionError(f"{where} cannot be reached: {error.strerror or error}") from error
        stream = RpcStream(connection)
        try:
            stream.send(UPGRADE)
            first = stream.header(deadline).split(b"\n")[0].strip().split(b" ", 1)
        except (OSError, RpcConnectionError) as error:
            stream.close()
            raise RpcConnectionError(f"{where} gives no answer of net/rpc: {error}") from error
        if first[1:] != UPGRADED.strip().split(b" ", 1)[1:]:
            stream.close()
            raise RpcConnectionError(f"{where} does not speak net/rpc")
        return cls(stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended."""
        return self._lost is not None

    def call(
        self,
        method: str,
        reply: type[_Reply],
        deadline: Deadline,
        argument: Any = None,
        kind: Type = NOTHING,
    ) -> _Reply:
        """Call `Service.Method` with an argument of a gob type, by default `struct{}{}`; return the reply.

        `reply` is the Python type of the reply: int, str, bytes, list, or dict for a struct.
        Raises RpcError for an error of the server, RpcConnectionError if the connection is or gets lost or
        the reply has another type, GobError if the argument does not fit its type, TimeoutError at the
        deadline (the reply is dropped when it comes).
        """
        number, call = self._begin(method, kind, {} if argument is None else argument)
        try:
            if not call.done.wait(deadline.remaining):
                raise TimeoutError(f"no answer within {deadline.limit}")
        finally:
            self._calls.pop(number, None)
        if call.error is not None:
            raise call.error
        if type(call.reply) is not reply:
            got = type(call.reply).__name__
            raise RpcConnectionError(f"the reply to {method} is of type {got}, not {reply.__name__}")
        return call.reply

    def _begin(self, method: str, kind: Type, argument: Any) -> tuple[int, _Call]:
        call = _Call()
        with self._lock:
            if self._lost is not None:
                raise RpcConnectionError(str(self._lost))
            number = self._count
            self._count += 1
            self._calls[number] = call
            try:
                request = {"ServiceMethod": method, "Seq": number}
                self._stream.send(self._encoder.encode_all((REQUEST, request), (kind, argument)))
            except OSError as error:
                self._calls.pop(number, None)
                # Half a message may have left: nothing that follows would be understood.
                self._end(error)
                raise RpcConnectionError(f"{method} cannot be sent: {error}") from error
        return number, call

    def _receive(self) -> None:
        decoder = Decoder(self._stream.read)
        try:
            while True:
                response = decoder.decode()
                body = decoder.decode()
                self._deliver(response, body)
        except EOFError:
            self._end(RpcConnectionError("the connection was closed"))
        except (OSError, GobError) as error:
            self._end(error)

    def _deliver(self, response: Any, body: Any) -> None:
        if not isinstance(response, dict):
            raise GobError("the head of a reply is not a struct")
        number, text = response.get("Seq", 0), response.get("Error", "")
        call = self._calls.pop(number, None) if isinstance(number, int) else None
        if call is None:
            return
        if text:
            call.error = RpcError(str(text))
        call.reply = body
        call.done.set()

    def _end(self, reason: Exception) -> None:
        """Fail all calls that wait, and all later ones."""
        self._lost = self._lost or reason
        self._stream.close()
        for number in list(self._calls):
            call = self._calls.pop(number, None)
            if call is not None:
                call.error = RpcConnectionError(str(reason))
                call.done.set()

    def close(self) -> None:
        """End the connection; calls that wait fail."""
        self._end(RpcConnectionError("the connection was closed"))
