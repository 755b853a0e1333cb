"""`machsh relay` as a program: it holds a machine's socket through all that happens to relay and machine."""

import http.client
import json
import signal
import socket
import tempfile
import threading
from pathlib import Path

import pytest

from machsh.machine.records.store import Store
from machsh.testing.fake_engine import FakeEngine
from tests.support.processes import run, stand_in, start, variables_of
from tests.support.stores import add_machine
from tests.support.waiting import wait_until


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a local socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(path, question="/version"):
    """Status and document of an engine's answer."""
    connection = UnixConnection(path)
    try:
        connection.request("GET", question)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def version(path):
    return ask(path)[1].get("Version")


def has_failed(path):
    """Whether the relay itself answers that the engine is away; a connection that is just cut does not count."""
    try:
        return ask(path)[0] == 503
    except (http.client.HTTPException, OSError):
        return False


@pytest.fixture
def engines(tmp_path):
    """Starts engines by version; gives their URLs."""
    started = []

    def make(name):
        engine = FakeEngine(tmp_path / f"{name}.sock", version=name)
        engine.start()
        started.append(engine)
        return engine

    yield make
    for engine in started:
        engine.stop()


@pytest.fixture
def store(home):
    return Store(home / ".docker" / "machine")


@pytest.fixture
def runtime():
    """A runtime folder of the test's own, with a name that leaves room for a socket's."""
    with tempfile.TemporaryDirectory(prefix="run-", dir="/tmp") as folder:
        yield folder


@pytest.fixture
def machsh(home, runtime):
    """Runs the program to its end; gives exit code and all that it said."""

    def call(*words, **variables):
        code, out, err = run(home, *words, variables={"XDG_RUNTIME_DIR": runtime, **variables})
        return code, out + err

    return call


@pytest.fixture
def relay(home, runtime):
    """Starts `relay NAME`; gives the process and the path that it said."""
    started = []

    def make(name="web", **variables):
        process = start(home, "relay", name, variables={"XDG_RUNTIME_DIR": runtime, **variables})
        started.append(process)
        said = []
        reader = threading.Thread(
            target=lambda: said.append((process.stdout.readline() or process.stderr.readline()).strip()),
            daemon=True,
        )
        reader.start()
        reader.join(30)
        assert said
        assert "docker -H unix://" in said[0], said
        return process, Path(said[0].split("unix://")[1].split()[0])

    yield make
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def web(store, engines):
    engine = engines("1.2.3")
    add_machine(store, "web", URL=engine.url)
    return engine


def test_a_relay_says_where_it_is_serves_the_engine_and_leaves_nothing(home, machsh, web, relay):
    process, path = relay()
    assert version(path) == "1.2.3"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_relay_ends_cleanly_when_the_system_asks(web, relay, number):
    process, path = relay()
    process.send_signal(number)
    assert process.wait(20) == 0
    assert list(path.parent.iterdir()) == []


def test_a_second_relay_of_a_machine_says_that_it_is_there(home, machsh, web, relay):
    _, path = relay()
    code, said = machsh("relay", "web")
    assert code == 3
    assert str(path) in said
    assert version(path) == "1.2.3"


def test_the_line_to_copy_holds_for_a_folder_with_a_space(home, web, runtime):
    spaced = Path(runtime, "a b")
    spaced.mkdir(mode=0o700)
    process = start(home, "relay", "web", variables={"XDG_RUNTIME_DIR": str(spaced)})
    try:
        wait_until(lambda: any(spaced.glob("machsh/*.sock")))
        (path,) = spaced.glob("machsh/*.sock")
        _, out, err = run(home, "relay", "web", variables={"XDG_RUNTIME_DIR": str(spaced)})
        assert f"docker -H 'unix://{path}' ps" in out + err
    finally:
        process.kill()
        process.communicate()


def test_of_relays_that_start_at_once_one_serves_and_the_others_say_so(home, runtime, web):
    processes = [start(home, "relay", "web", variables={"XDG_RUNTIME_DIR": runtime}) for _ in range(4)]
    try:
        wait_until(lambda: sum(process.poll() is not None for process in processes) == 3)
        (serving,) = [process for process in processes if process.poll() is None]
        (path,) = Path(runtime, "machsh").glob("*.sock")
        assert version(path) == "1.2.3"
        ended = [(one.returncode, *one.communicate()) for one in processes if one is not serving]
        assert {code for code, *_ in ended} == {3}, ended
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_a_killed_relay_leaves_a_socket_that_the_next_one_replaces(home, machsh, web, relay):
    process, path = relay()
    process.kill()
    process.wait(20)
    assert path.exists()
    assert json.loads(machsh("relay", "--status", "--json")[1])[0]["running"] is False
    _, again = relay()
    assert again == path
    assert version(path) == "1.2.3"
    assert json.loads(machsh("relay", "--status", "--json")[1])[0]["running"] is True


def test_a_relay_goes_on_while_the_engine_is_away(web, relay, engines):
    _, path = relay()
    assert version(path) == "1.2.3"
    web.breaks_at = "GET"
    web.stop()
    wait_until(lambda: has_failed(path))
    assert "web" in ask(path)[1]["message"]
    engine = FakeEngine(web.path, version="1.2.3")
    with engine:
        wait_until(lambda: version(path) == "1.2.3")


def test_a_relay_follows_a_machine_to_another_address(store, web, relay, engines):
    _, path = relay()
    assert version(path) == "1.2.3"
    other = engines("4.5.6")
    with store.change("web") as record:
        record.driver["URL"] = other.url
    assert version(path) == "4.5.6"


def test_a_relay_ends_with_its_machine(store, web, relay):
    process, path = relay()
    assert version(path) == "1.2.3"
    store.remove("web")
    assert process.wait(30) == 0
    assert list(path.parent.iterdir()) == []


def test_machines_of_one_name_in_two_stores_have_their_own_relays(
    home, machsh, tmp_path, web, relay, engines
):
    other = engines("4.5.6")
    add_machine(Store(tmp_path / "second"), "web", URL=other.url)
    _, one = relay()
    _, two = relay(MACHINE_STORAGE_PATH=str(tmp_path / "second"))
    assert (version(one), version(two)) == ("1.2.3", "4.5.6")


def test_a_folder_that_others_can_write_to_is_refused(home, machsh, web, relay):
    process, path = relay()
    process.send_signal(signal.SIGINT)
    process.wait(20)
    path.parent.chmod(0o777)
    code, said = machsh("relay", "web")
    assert code == 3
    assert f"chmod 700 {path.parent}" in said


def test_a_machine_that_does_not_exist_has_no_relay(machsh):
    code, said = machsh("relay", "nosuch")
    assert code == 1
    assert 'Docker machine "nosuch" does not exist' in said


def test_a_broken_machine_has_no_relay(store, web, machsh):
    store.config_path("web").write_text("{")
    code, said = machsh("relay", "web")
    assert code == 1
    assert "unexpected end of JSON input" in said


def test_without_a_service_manager_the_unit_is_written_and_the_rest_is_said(home, machsh, web):
    code, said = machsh("relay", "--install", "web", PATH=str(home / "bin"))
    (unit,) = (home / ".config" / "systemd" / "user").glob("machsh-relay-web-*.service")
    assert code == 0
    assert f"systemctl --user restart {unit.name}" in said
    assert (unit.parent / "default.target.wants" / unit.name).resolve() == unit
    assert machsh("relay", "--remove", "web", PATH=str(home / "bin"))[0] == 0
    assert [path for path in unit.parent.rglob("*") if not path.is_dir()] == []


def test_with_a_service_manager_the_unit_is_started(home, machsh, web):
    stand_in(home, "systemctl")
    code, said = machsh("relay", "--install", "web")
    assert (code, "systemctl" in said) == (0, False)
    saved = json.loads((home / "systemctl.json").read_text())
    assert saved[:2] == ["--user", "restart"]


def test_the_unit_runs_the_relay(home, machsh, web):
    """Its own command line and variables, run as systemd would."""
    import shlex
    import subprocess

    machsh("relay", "--install", "web", PATH=str(home / "bin"))
    (unit,) = (home / ".config" / "systemd" / "user").glob("*.service")
    lines = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line)
    command = shlex.split(lines["ExecStart"])
    assignments = [
        shlex.split(line.partition("=")[2])[0]
        for line in unit.read_text().splitlines()
        if line.startswith("Environment=")
    ]
    given = dict(pair.split("=", 1) for pair in assignments)
    process = subprocess.Popen(
        command,
        env=variables_of(home, **given),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert "docker -H unix://" in process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
