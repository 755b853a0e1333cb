import os
import selectors
import socket
import threading
import time
from pathlib import Path

import pytest

from machsh.engine.dial import UnreachableError
from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.dialing import Ready
from machsh.engine.relay.links import Link
from machsh.engine.relay.plan import Plan, target_values
from machsh.engine.relay.relay import Relay
from machsh.engine.relay.server import Server
from machsh.engine.relay.spares import Spares
from machsh.ssh.target import Target
from machsh.testing.fakes import FakeEnvironment

PING = b"HTTP/1.1 200 OK\r\nServer: Docker/1\r\n\r\n"
HEAD_PING = b"HEAD /_ping HTTP/1.1\r\nHost: x\r\n\r\n"


class Engine:
    """Gives out one end of a socket pair per dial and keeps the other."""

    def __init__(self):
        self.ends = []
        self.error = None
        self._dialing = threading.Lock()

    def dial(self):
        with self._dialing:
            if self.error:
                raise self.error
            ours, theirs = socket.socketpair()
            self.ends.append(theirs)
            theirs.settimeout(5)
            return Ready(Link(ours), PING)

    def go_away(self, error):
        """From now on nobody answers, and what was given out is cut."""
        with self._dialing:
            self.error = error
            while self.ends:
                self.ends.pop().close()


@pytest.fixture
def served(tmp_path):
    engine, path = Engine(), str(tmp_path / "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    pipe, shell = os.pipe()
    server = Server(listener, pipe, engine.dial, "web", 1)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()

    def connect():
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        client.connect(path)
        return client

    yield engine, connect
    os.close(shell)
    thread.join(5)
    assert not thread.is_alive(), "the relay must end when the pipe from its shell closes"


def engine_end(engine, used):
    """The engine's end of the connection that carries `used`."""
    deadline = time.monotonic() + 5
    with selectors.DefaultSelector() as selector:
        while time.monotonic() < deadline:
            for end in list(engine.ends):
                if end not in [key.fileobj for key in selector.get_map().values()]:
                    selector.register(end, selectors.EVENT_READ)
            for key, _ in selector.select(0.05):
                assert key.fileobj.recv(65536) == used
                return key.fileobj
    raise AssertionError("nothing arrived")


def is_cut(end):
    """Whether sending to the relay fails within a few seconds."""
    deadline = time.monotonic() + 5
    try:
        while time.monotonic() < deadline:
            end.sendall(b"x")
            time.sleep(0.05)
    except OSError:
        return True
    return False


def test_bytes_go_both_ways_and_each_way_ends_alone(served):
    engine, connect = served
    client = connect()
    client.sendall(b"question")
    end = engine_end(engine, b"question")
    client.shutdown(socket.SHUT_WR)
    assert end.recv(10) == b""
    end.sendall(b"late answer")
    end.close()
    assert client.recv(100) == b"late answer"
    assert client.recv(100) == b""


def test_pings_are_answered_here_and_the_rest_goes_on(served):
    engine, connect = served
    client = connect()
    client.sendall(HEAD_PING[:15])
    time.sleep(0.05)
    client.sendall(HEAD_PING[15:] + HEAD_PING + b"GET /x")
    assert b"".join(client.recv(len(PING)) for _ in range(2)) == PING + PING
    end = engine_end(engine, b"GET /x")
    client.sendall(HEAD_PING)  # later ones are the engine's
    assert end.recv(1000) == HEAD_PING


def test_a_client_that_is_killed_ends_the_engines_side(served):
    engine, connect = served
    client = connect()
    client.sendall(b"logs")
    end = engine_end(engine, b"logs")
    client.close()
    assert end.recv(10) == b""
    assert is_cut(end)


def test_a_client_that_is_killed_after_ending_its_side_does_too(served):
    engine, connect = served
    client = connect()
    client.sendall(b"run")
    end = engine_end(engine, b"run")
    client.shutdown(socket.SHUT_WR)
    assert end.recv(10) == b""
    client.close()
    assert is_cut(end)


def test_bulk_is_whole_and_waits_for_a_slow_reader(served):
    engine, connect = served
    client = connect()
    client.sendall(b"save")
    end = engine_end(engine, b"save")
    blob = os.urandom(1 << 20) * 8
    sender = threading.Thread(target=lambda: (end.sendall(blob), end.close()), daemon=True)
    sender.start()
    time.sleep(0.2)
    assert sender.is_alive(), "without a reader the engine has to wait"
    parts = []
    while part := client.recv(1 << 20):
        parts.append(part)
    assert b"".join(parts) == blob


def test_a_spare_that_the_engine_closed_is_replaced(served):
    engine, connect = served
    wait(lambda: engine.ends)
    engine.ends.pop().close()
    wait(lambda: engine.ends)  # the new one
    time.sleep(0.2)
    client = connect()
    client.sendall(b"hello")
    assert engine_end(engine, b"hello")


def test_an_engine_that_is_away_is_told_at_once(tmp_path, served):
    engine, connect = served
    engine.go_away(UnreachableError("dial tcp 192.0.2.1:2376: connect: connection refused"))
    time.sleep(0.5)  # the relay sees that its spare connections were cut
    start = time.monotonic()
    client = connect()
    client.sendall(b"GET /containers/json HTTP/1.1\r\n\r\n")
    answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"machine web: dial tcp 192.0.2.1:2376: connect: connection refused" in answer
    assert time.monotonic() - start < 1
    engine.error = None
    time.sleep(1.1)
    client = connect()
    client.sendall(b"back")
    assert engine_end(engine, b"back")


def test_a_retired_relay_ends_with_its_last_client(tmp_path):
    engine, path = Engine(), str(tmp_path / "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    pipe, shell = os.pipe()
    thread = threading.Thread(target=Server(listener, pipe, engine.dial, "web", 1).run, daemon=True)
    thread.start()
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.sendall(b"logs")
    end = engine_end(engine, b"logs")
    os.write(shell, b"r")
    time.sleep(1.5)
    assert thread.is_alive()
    with socket.socket(socket.AF_UNIX) as late, pytest.raises(ConnectionRefusedError):
        late.connect(path)
    end.sendall(b"line")
    assert client.recv(10) == b"line"
    client.close()
    thread.join(5)
    assert not thread.is_alive()
    os.close(shell)


def wait(condition):
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert condition()


def test_spares_grow_with_demand():
    engine, came = Engine(), threading.Semaphore(0)
    spares = Spares(engine.dial, 2, came.release)
    spares.refill()
    wait(lambda: len(engine.ends) == 2)
    spares.collect()
    assert len(spares.ready) == 2
    for _ in range(6):
        spares.take()
    spares.refill()
    wait(lambda: len(engine.ends) == 8)


def test_old_spares_are_given_up():
    engine = Engine()
    spares = Spares(engine.dial, 2, lambda: None)
    spares.ready.append(Ready(engine.dial().link, PING, born=time.monotonic() - 3600))
    spares.ready.append(engine.dial())
    assert len(spares.expired()) == 1
    assert len(spares.ready) == 1


def test_an_engine_that_is_away_is_not_hammered():
    engine = Engine()
    engine.error = UnreachableError("away")
    calls = []
    spares = Spares(lambda: (calls.append(1), engine.dial())[1], 3, lambda: None)
    spares.refill()
    wait(lambda: len(calls) == 3)
    time.sleep(0.05)
    assert spares.collect()
    for _ in range(20):
        spares.refill()
    assert len(calls) == 3
    assert not spares.is_refusing, "a quick failure costs nothing to try again"


def test_a_plan_survives_its_pipe():
    target = Target("192.0.2.1", "debian", 2222, Path("/k"), None, True)
    plan = Plan("web", "ssh://debian@192.0.2.1:2222", "/f", 3, "", target_values(target), "word")
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.ssh_target == target
    assert "word" not in repr(plan)


def test_no_relay_for_local_sockets_or_windows():
    environment = FakeEnvironment()
    assert Relay.helps(Endpoint("tcp://h:1"), environment)
    assert Relay.helps(Endpoint("ssh://h"), environment)
    assert not Relay.helps(Endpoint("unix:///x"), environment)
    environment.platform = "win32"
    assert not Relay.helps(Endpoint("tcp://h:1"), environment)


def test_before_the_start_and_after_the_end_the_real_endpoint_is_given():
    relay = Relay(Endpoint("tcp://h:1"), FakeEnvironment())
    assert relay.endpoint == Endpoint("tcp://h:1")
    relay.close()
    assert relay.endpoint == Endpoint("tcp://h:1")
