import fcntl
import os
import selectors
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from machsh.engine.dial import dial_tcp
from machsh.engine.endpoint import Endpoint
from machsh.engine.errors import UnreachableError
from machsh.engine.link import Link
from machsh.engine.relay import connect
from machsh.engine.relay.connect import WarmConnection
from machsh.engine.relay.limits import BACKLOG
from machsh.engine.relay.plan import RelayPlan, target_values
from machsh.engine.relay.process import RelayProcess, remove_abandoned
from machsh.engine.relay.server import Server
from machsh.engine.relay.warm_pool import WarmPool
from machsh.ssh.target import Target
from machsh.testing.fake_engine import FakeEngine
from machsh.testing.fakes import FakeEnvironment
from machsh.testing.network_faults import BlackHole
from tests.support.places import TOP
from tests.support.waiting import wait_until

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
            return WarmConnection(Link(ours), PING)

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

    def fails():
        try:
            end.sendall(b"x")
        except OSError:
            return True
        return False

    wait_until(fails, "the end of the connection")
    return True


def all_is_read(client):
    """Whether the other end of a Unix socket has taken everything."""
    return fcntl.ioctl(client, termios.TIOCOUTQ, bytes(4)) == bytes(4)


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
    wait_until(lambda: all_is_read(client))
    client.sendall(HEAD_PING[15:] + HEAD_PING + b"GET /x")
    assert b"".join(client.recv(len(PING)) for _ in range(2)) == PING + PING
    end = engine_end(engine, b"GET /x")
    client.sendall(HEAD_PING)  # later ones are the engine's
    assert end.recv(1000) == HEAD_PING


GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


def test_a_connection_whose_command_was_answered_whole_serves_the_next_one(served):
    engine, connect = served
    ends = []
    for _ in range(20):
        with connect() as client:
            client.sendall(GET)
            ends.append(engine_end(engine, GET))
            ends[-1].sendall(ANSWER)
            assert client.recv(1000) == ANSWER
    assert len(set(ends)) < 10


def test_a_connection_whose_answer_was_not_whole_serves_nobody_else(served):
    engine, connect = served
    client = connect()
    client.sendall(GET)
    end = engine_end(engine, GET)
    end.sendall(ANSWER[:-1])
    assert client.recv(1000) == ANSWER[:-1]
    client.close()
    assert end.recv(10) == b""


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
    parts = [client.recv(1)]
    assert sender.is_alive(), "without a reader the engine has to wait"
    while part := client.recv(1 << 20):
        parts.append(part)
    assert b"".join(parts) == blob


def test_a_spare_that_the_engine_closed_is_replaced(served):
    engine, connect = served
    wait_until(lambda: engine.ends)
    engine.ends.pop().close()
    wait_until(lambda: engine.ends)  # the new one
    client = connect()
    client.sendall(b"hello")
    assert engine_end(engine, b"hello")


def test_an_engine_that_is_away_is_told_at_once(tmp_path, served):
    engine, connect = served
    engine.go_away(UnreachableError("dial tcp 192.0.2.1:2376: connect: connection refused"))
    reason = b"machine web: dial tcp 192.0.2.1:2376: connect: connection refused"
    wait_until(lambda: reason in answer_to(connect()))  # the relay sees that its spare connections were cut
    start = time.monotonic()
    answer = answer_to(connect())
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert reason in answer
    assert time.monotonic() - start < 5
    engine.error = None
    client = connect()  # a quick failure is no reason not to try again
    client.sendall(b"back")
    assert engine_end(engine, b"back")


def answer_to(client):
    """What a command gets that asks for the containers."""
    with client:
        try:
            client.sendall(b"GET /containers/json HTTP/1.1\r\n\r\n")
            return client.recv(65536)
        except OSError:
            return b""


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
    wait_until(lambda: is_refused(path))
    assert thread.is_alive()
    end.sendall(b"line")
    assert client.recv(10) == b"line"
    client.close()
    thread.join(5)
    assert not thread.is_alive()
    os.close(shell)


def is_refused(path):
    with socket.socket(socket.AF_UNIX) as late:
        try:
            late.connect(path)
        except ConnectionRefusedError:
            return True
    return False


def test_spares_grow_with_demand():
    engine, came = Engine(), threading.Semaphore(0)
    spares = WarmPool(engine.dial, 2, came.release)
    spares.refill()
    wait_until(lambda: len(engine.ends) == 2)
    spares.collect()
    assert len(spares.ready) == 2
    for _ in range(6):
        spares.take()
    spares.refill()
    wait_until(lambda: len(engine.ends) == 8)


def test_old_spares_are_given_up():
    engine = Engine()
    spares = WarmPool(engine.dial, 2, lambda: None)
    spares.ready.append(WarmConnection(engine.dial().link, PING, born=time.monotonic() - 3600))
    spares.ready.append(engine.dial())
    assert len(spares.expired()) == 1
    assert len(spares.ready) == 1


def test_an_engine_that_is_away_is_not_hammered():
    engine = Engine()
    engine.error = UnreachableError("away")
    calls = []
    spares = WarmPool(lambda: (calls.append(1), engine.dial())[1], 3, lambda: None)
    spares.refill()
    wait_until(lambda: len(calls) == 3)
    wait_until(spares.collect)
    for _ in range(20):
        spares.refill()
    assert len(calls) == 3
    assert not spares.is_refusing, "a quick failure costs nothing to try again"


def test_a_plan_survives_its_pipe():
    target = Target("192.0.2.1", "debian", 2222, Path("/k"), None, True)
    plan = RelayPlan("web", "ssh://debian@192.0.2.1:2222", "/f", 3, "", target_values(target), "word")
    again = RelayPlan.from_json(plan.to_json())
    assert again == plan
    assert again.ssh_target == target
    assert "word" not in repr(plan)


def test_no_relay_for_local_sockets_or_windows():
    environment = FakeEnvironment()
    assert RelayProcess.helps(Endpoint("tcp://h:1"), environment)
    assert RelayProcess.helps(Endpoint("ssh://h"), environment)
    assert not RelayProcess.helps(Endpoint("unix:///x"), environment)
    environment.platform = "win32"
    assert not RelayProcess.helps(Endpoint("tcp://h:1"), environment)


def test_before_the_start_and_after_the_end_the_real_endpoint_is_given():
    relay = RelayProcess(Endpoint("tcp://h:1"), FakeEnvironment())
    assert relay.endpoint == Endpoint("tcp://h:1")
    relay.close()
    assert relay.endpoint == Endpoint("tcp://h:1")


def relay_of(tmp_path, engine, most=0):
    """A relay in a thread: its socket's path, and what ends it."""
    path = str(tmp_path / "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(BACKLOG)
    pipe, shell = os.pipe()
    thread = threading.Thread(target=Server(listener, pipe, engine.dial, "web", 1, most).run, daemon=True)
    thread.start()

    def end():
        os.close(shell)
        thread.join(5)
        assert not thread.is_alive()

    return path, end


def connected(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(path)
    return client


class Echo:
    """An engine that sends back what it gets, on any number of connections."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.most = self.open = 0
        threading.Thread(target=self._run, daemon=True).start()

    def dial(self):
        ours, theirs = socket.socketpair()
        self.open += 1
        self.most = max(self.most, self.open)
        self.selector.register(theirs, selectors.EVENT_READ)
        return WarmConnection(Link(ours), PING)

    def _run(self):
        while True:
            for key, _ in self.selector.select(0.05):
                content = key.fileobj.recv(65536)
                if content:
                    key.fileobj.sendall(content)
                else:
                    self.open -= 1
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()


def test_a_thousand_clients_at_once_are_all_served(tmp_path):
    path, end = relay_of(tmp_path, Echo(), most=1000)
    clients = [connected(path) for _ in range(1000)]
    for number, client in enumerate(clients):
        client.sendall(b"%d" % number)
    assert [client.recv(10) for client in clients] == [b"%d" % number for number in range(1000)]
    for client in clients:
        client.close()
    end()


def test_clients_beyond_the_limit_wait_until_others_end(tmp_path):
    engine = Echo()
    path, end = relay_of(tmp_path, engine, most=3)
    clients = [connected(path) for _ in range(8)]
    answers = []
    for client in clients:
        client.sendall(b"x")
    while clients:
        client = clients.pop(0)
        answers.append(client.recv(1))
        client.close()
    assert answers == [b"x"] * 8
    end()


RUN_OUT = """
import resource, socket, sys, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from pathlib import Path
from tests.integration.engine.test_relay import Echo, connected, relay_of
path, end = relay_of(Path(sys.argv[1]), Echo())
print("ready", flush=True)
sys.stdin.read()
end()
"""


def test_the_end_of_descriptors_makes_clients_wait_and_cuts_none(tmp_path):
    relay = subprocess.Popen(
        [sys.executable, "-c", RUN_OUT, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TOP,
    )  # fmt: skip
    assert relay.stdout.readline() == "ready\n"
    clients = [connected(str(tmp_path / "s")) for _ in range(400)]
    for client in clients:
        client.sendall(b"x")
    first = clients[0]
    assert first.recv(1) == b"x"
    for client in clients[1:]:
        assert client.recv(1) == b"x"
        client.close()
    first.sendall(b"still here")
    assert first.recv(20) == b"still here"
    first.close()
    relay.stdin.close()
    assert relay.wait(10) == 0


def test_a_client_that_says_a_byte_and_stops_is_in_nobodys_way(served):
    engine, connect = served
    halves = [connect() for _ in range(20)]
    for half in halves:
        half.sendall(b"H")
    client = connect()
    client.sendall(b"GET /x")
    assert engine_end(engine, b"GET /x")
    halves[0].sendall(HEAD_PING[1:])
    assert halves[0].recv(len(PING)) == PING
    halves[1].shutdown(socket.SHUT_WR)
    assert engine_end(engine, b"H"), "what was no ping goes on to the engine"


def test_clients_that_say_nothing_free_their_place_when_they_go(tmp_path):
    path, end = relay_of(tmp_path, Echo(), most=3)
    for client in [connected(path) for _ in range(12)]:
        client.close()
    client = connected(path)
    client.sendall(b"x")
    assert client.recv(1) == b"x"
    client.close()
    end()


def test_a_spare_that_ends_in_the_very_turn_is_not_given_out(tmp_path):
    engine = Engine()
    pipe, shell = os.pipe()
    with socket.socket(socket.AF_UNIX) as listener:
        server = Server(listener, pipe, engine.dial, "web", 2)
        for _ in range(2):
            server._spares.ready.append(engine.dial())
        engine.ends[1].close()
        assert server._take().link.connection.fileno() != -1
        assert server._take() is None
        engine.ends[0].close()
    os.close(pipe)
    os.close(shell)


def test_an_engine_that_comes_back_is_dialled_before_anybody_asks(served):
    engine, _ = served
    wait_until(lambda: engine.ends)
    engine.go_away(UnreachableError("away"))
    engine.error = None
    wait_until(lambda: engine.ends)


def test_an_engine_that_accepts_and_never_answers_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(connect, "DIAL_SECONDS", 0.2)
    with BlackHole() as engine:
        plan = RelayPlan("web", engine.url, str(tmp_path), 0)
        path, end = relay_of(tmp_path, SimpleNamespace(dial=connect.dial_of(plan)))
        assert b"machine web: the engine does not answer" in answer_to(connected(path))
        end()


def test_without_threads_clients_are_told_and_the_relay_lives(served, monkeypatch):
    engine, connect = served
    wait_until(lambda: engine.ends)

    def no_more(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more)
        engine.go_away(UnreachableError("away"))
        wait_until(lambda: b"can't start new thread" in answer_to(connect()))
    engine.error = None
    client = connect()
    client.sendall(b"back")
    assert engine_end(engine, b"back")


MANY = """
import socket, sys
from machsh.engine.endpoint import Endpoint
from machsh.engine.relay import connect
from machsh.engine.relay.limits import raise_limit
raise_limit()
held = [socket.socket() for _ in range(1100)]
ready = connect.dial_of(connect.RelayPlan("web", sys.argv[1], "/f", 0))()
assert ready.link.fileno() > 1024
print(ready.ping.decode().splitlines()[0])
"""


def test_connections_beyond_the_thousandth_descriptor_are_made(tmp_path):
    with FakeEngine() as engine:
        done = subprocess.run(
            [sys.executable, "-c", MANY, engine.url],
            capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[3],
        )  # fmt: skip
    assert done.stdout == "HTTP/1.1 200 x\n", done.stderr


SHELL = """
import sys
from pathlib import Path
from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.process import RelayProcess
from machsh.testing.fakes import FakeEnvironment
relay = RelayProcess(Endpoint(sys.argv[1]), FakeEnvironment(variables={"XDG_RUNTIME_DIR": sys.argv[2]}))
relay.start()
print(relay.endpoint.socket_path, relay._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def shell(tmp_path):
    """A process that stands in for a shell; its relay's folder and process number."""
    with FakeEngine() as engine:
        process = subprocess.Popen(
            [sys.executable, "-c", SHELL, engine.url, str(tmp_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
        )  # fmt: skip
        path, pid = process.stdout.readline().split()
        assert b"HTTP/1.1 200" in answer_to(connected(path))
        yield process, Path(path).parent, int(pid)
        process.kill()
        process.wait(5)


def test_a_shell_that_is_killed_takes_its_relay_and_folder_along(shell):
    process, folder, _ = shell
    process.kill()
    wait_until(lambda: not folder.exists())


def test_shell_and_relay_that_are_killed_leave_a_folder_that_the_next_start_removes(shell, tmp_path):
    process, folder, pid = shell
    os.kill(pid, signal.SIGSTOP)  # it must not see the shell's end
    process.kill()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_refused(str(folder / "docker.sock")))
    os.utime(folder, (time.time() - 100, time.time() - 100))
    environment = FakeEnvironment(tmp_path, variables={"XDG_RUNTIME_DIR": str(tmp_path)})
    following = RelayProcess(Endpoint("tcp://127.0.0.1:1"), environment)
    following.start()
    assert not folder.exists()
    following.close()


def test_keepalive_notices_a_peer_that_vanished():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = dial_tcp(listener.getsockname(), 5)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        connection.close()


def test_folders_of_killed_relays_are_removed_and_others_stay(tmp_path):
    def folder(name, age, *, listens=None):
        made = tmp_path / name
        made.mkdir()
        if listens is not None:
            server = socket.socket(socket.AF_UNIX)
            server.bind(str(made / "docker.sock"))
            if listens:
                server.listen()
                kept.append(server)
            else:
                server.close()
        os.utime(made, (time.time() - age, time.time() - age))
        return made

    kept = []
    killed = folder("machsh-relay-a", 100, listens=False)
    empty = folder("machsh-relay-b", 100)
    stay = [
        folder("machsh-relay-c", 100, listens=True),
        folder("machsh-relay-d", 1, listens=False),
        folder("machsh-other", 100),
    ]
    remove_abandoned(tmp_path)
    assert not killed.exists()
    assert not empty.exists()
    assert all(one.exists() for one in stay)
    kept[0].close()
