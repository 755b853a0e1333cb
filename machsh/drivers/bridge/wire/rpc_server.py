"""A server of Go's net/rpc: reads requests of one connection, runs them side by side, answers as Go does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from machsh.deadline import Deadline
from machsh.drivers.bridge.wire.gob import NOTHING, GobError, Type
from machsh.drivers.bridge.wire.gob_decoder import Decoder
from machsh.drivers.bridge.wire.gob_encoder import Encoder
from machsh.drivers.bridge.wire.rpc import (
    RESPONSE,
    UPGRADE,
    UPGRADED,
    RpcConnectionError,
    RpcError,
    RpcStream,
)

MOST_CALLS = 64
"""How many calls of a connection run at once; more wait unread."""
_REFUSED = b"HTTP/1.0 405 Method Not Allowed\nContent-Type: text/plain; charset=utf-8\n\n405 must CONNECT\n"


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a service: `run` takes the argument as it was decoded and returns a value of type `reply`.

    An RpcError that it raises becomes the error text of the response.
    """

    run: Callable[[Any], Any]
    reply: Type = NOTHING


Services = Mapping[str, Mapping[str, Method]]
"""Name of a service -> name of a method -> method."""


class RpcServer:
    """Serves one connection."""

    def __init__(self, stream: RpcStream, services: Services) -> None:
        self._stream = stream
        self._services = services
        self._encoder = Encoder()
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST_CALLS)

    def serve(self, deadline: Deadline) -> None:
        """Upgrade before the deadline, then answer until the client closes the connection.

        Raises RpcConnectionError if the client sends something that is not net/rpc.
        """
        try:
            self._upgrade(deadline)
            decoder = Decoder(self._stream.read)
            while True:
                self._request(decoder)
        except EOFError:
            return
        except (OSError, GobError) as error:
            raise RpcConnectionError(str(error)) from error
        finally:
            self._stream.close()

    def _upgrade(self, deadline: Deadline) -> None:
        request = self._stream.header(deadline).split(b"\n")[0].split()
        if request[:2] != UPGRADE.split()[:2]:
            self._stream.send(_REFUSED)
            raise RpcConnectionError("the client does not speak net/rpc")
        self._stream.send(UPGRADED)

    def _request(self, decoder: Decoder) -> None:
        request = decoder.decode()
        argument = decoder.decode()
        if not isinstance(request, dict):
            raise GobError("the head of a request is not a struct")
        self._room.acquire()
        work = threading.Thread(
            target=self._answer, args=(request, argument), daemon=True, name="machsh-call"
        )
        work.start()

    def _answer(self, request: dict[str, Any], argument: Any) -> None:
        response = {"ServiceMethod": request.get("ServiceMethod", ""), "Seq": request.get("Seq", 0)}
        try:
            try:
                method = self._method(str(response["ServiceMethod"]))
                self._send(response, method.reply, method.run(argument))
            except (RpcError, GobError) as error:
                self._send(response | {"Error": str(error)}, NOTHING, {})
        except (OSError, GobError):
            self._stream.close()
        finally:
            self._room.release()

    def _method(self, wanted: str) -> Method:
        service, dot, name = wanted.rpartition(".")
        if not dot:
            raise RpcError(f"rpc: service/method request ill-formed: {wanted}")
        if service not in self._services:
            raise RpcError(f"rpc: can't find service {wanted}")
        if name not in self._services[service]:
            raise RpcError(f"rpc: can't find method {wanted}")
        return self._services[service][name]

    def _send(self, response: dict[str, Any], kind: Type, body: Any) -> None:
        with self._lock:
            self._stream.send(self._encoder.encode_all((RESPONSE, response), (kind, body)))
