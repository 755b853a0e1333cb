import socket
import threading
import time
from contextlib import contextmanager

import pytest

from machsh.deadline import Deadline
from machsh.drivers.bridge.wire.gob import BYTES, INT, STRING
from machsh.drivers.bridge.wire.rpc import UPGRADED, RpcClient, RpcConnectionError, RpcError, RpcStream
from machsh.drivers.bridge.wire.rpc_server import Method, RpcServer


def soon(seconds=5.0):
    return Deadline.after(seconds)


def refuse(argument):
    raise RpcError("Host is not running")


@contextmanager
def listener(work):
    """A server whose `work` gets each connection, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=work, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def client(methods):
    def work(connection):
        RpcServer(RpcStream(connection), {"A": methods}).serve(soon())

    with listener(work) as address, RpcClient.connect(address, soon()) as found:
        yield found


def answers(*pieces):
    """A server that upgrades and then sends these bytes, whatever it is asked."""

    def work(connection):
        connection.recv(4096)
        connection.sendall(UPGRADED)
        connection.recv(4096)
        for piece in pieces:
            connection.sendall(piece)
        connection.recv(4096)
        connection.close()

    return work


def test_calls_get_their_replies_and_errors():
    with client({"One": Method(lambda argument: 1, INT), "No": Method(refuse)}) as found:
        assert found.call("A.One", int, soon()) == 1
        for method, text in {
            "A.No": "Host is not running",
            "A.Nope": "rpc: can't find method A.Nope",
            "B.One": "rpc: can't find service B.One",
            "nodot": "rpc: service/method request ill-formed: nodot",
        }.items():
            with pytest.raises(RpcError) as caught:
                found.call(method, int, soon())
            assert str(caught.value) == text
        assert found.call("A.One", int, soon()) == 1


def test_a_slow_call_holds_up_no_other():
    gate = threading.Event()

    def wait(argument):
        assert gate.wait(5)
        return 7

    with client({"Slow": Method(wait, INT), "Fast": Method(lambda argument: "x", STRING)}) as found:
        slow = []
        thread = threading.Thread(target=lambda: slow.append(found.call("A.Slow", int, soon())))
        thread.start()
        assert found.call("A.Fast", str, soon()) == "x"
        gate.set()
        thread.join(5)
        assert slow == [7]


def test_a_reply_after_the_deadline_is_dropped():
    gate = threading.Event()

    def wait(argument):
        assert gate.wait(5)
        return 7

    with client({"Slow": Method(wait, INT), "Fast": Method(lambda argument: 1, INT)}) as found:
        with pytest.raises(TimeoutError):
            found.call("A.Slow", int, soon(0.1))
        gate.set()
        assert found.call("A.Fast", int, soon()) == 1


def test_a_hundred_calls_side_by_side_are_not_mixed_up():
    with client({"Same": Method(lambda argument: argument, BYTES)}) as found:
        results = {}

        def call(number):
            content = str(number).encode() * number
            results[number] = found.call("A.Same", bytes, soon(), content, BYTES) == content

        threads = [threading.Thread(target=call, args=(number,)) for number in range(1, 101)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(results) == 100
        assert all(results.values())


def test_a_reply_of_another_type_is_told():
    with (
        client({"One": Method(lambda argument: 1, INT)}) as found,
        pytest.raises(RpcConnectionError, match=r"the reply to A\.One is of type int, not str"),
    ):
        found.call("A.One", str, soon())


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        (b"\xf8" + (1 << 62).to_bytes(8, "big") + b"abc", "4611686018427387904 bytes"),
        (b"nonsense " * 100, ""),
        (b"\x00" * 100, "middle"),
        (b"", "closed|cannot be sent"),
    ],
)
def test_what_is_no_gob_ends_all_calls(piece, text):
    with listener(answers(piece)) as address, RpcClient.connect(address, soon()) as found:
        if not piece:
            found._stream._connection.shutdown(socket.SHUT_WR)
        with pytest.raises(RpcConnectionError, match=text):
            found.call("A.One", int, soon())
        with pytest.raises(RpcConnectionError):
            found.call("A.One", int, soon())
        assert found.is_lost


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 404 Not Found\r\n\r\n", b"SSH-2.0-x\n\n", b"x" * 5000, b""], ids=range(4)
)
def test_a_server_of_something_else_is_refused_in_time(greeting):
    def work(connection):
        connection.recv(4096)
        connection.sendall(greeting)
        connection.close()

    with listener(work) as address, pytest.raises(RpcConnectionError):
        RpcClient.connect(address, soon(2))


def test_a_server_that_says_nothing_is_given_up_at_the_deadline():
    began = time.monotonic()
    with (
        listener(lambda connection: connection.recv(4096) and connection.recv(4096)) as address,
        pytest.raises(RpcConnectionError),
    ):
        RpcClient.connect(address, soon(0.3))
    assert time.monotonic() - began < 3


def refused(connection):
    with pytest.raises(RpcConnectionError):
        RpcServer(RpcStream(connection), {}).serve(soon())


def test_what_does_not_ask_for_an_upgrade_gets_a_405():
    with (
        listener(refused) as address,
        socket.create_connection(address, 5) as connection,
    ):
        connection.sendall(b"GET /_goRPC_ HTTP/1.0\n\n")
        received = b""
        while piece := connection.recv(4096):
            received += piece
    assert received.startswith(b"HTTP/1.0 405 ")
    assert received.endswith(b"405 must CONNECT\n")
