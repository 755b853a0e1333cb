"""Engines that run here become machines: by a socket, by TLS, and not at all when something is wrong."""

import shutil
import stat
from datetime import UTC, datetime

import pytest

from machsh.certs.authority import ensure_authority
from machsh.certs.authority_paths import AuthorityPaths
from machsh.certs.spec import CertificateSpec
from machsh.engine.endpoint import TlsPaths
from machsh.errors import MachineExistsError, MachshError, RefusedError, UsageError
from machsh.machine.adopting.engine_source import EngineSource
from machsh.testing.fake_engine import FakeEngine
from machsh.testing.fakes import RecordingProgress
from machsh.testing.network_faults import refusing_port

PODMAN = {"Name": "Podman Engine", "Version": "4.3.1", "Details": {"APIVersion": "4.3.1"}}


def authority(folder, **spec):
    folder.mkdir()
    paths = AuthorityPaths.in_folder(folder)
    ensure_authority(paths, CertificateSpec(**spec), "tester", RecordingProgress())
    return TlsPaths.in_folder(folder)


@pytest.fixture
def tls(tmp_path):
    return authority(tmp_path / "theirs")


@pytest.fixture
def secured(tls):
    """An engine behind TLS whose authority is not the store's."""
    one = FakeEngine()
    one.start(tls.ca.parent)
    yield one
    one.stop()


def adopt(machines, url, tls=None, name="web"):
    found = machines.examine_engine(EngineSource(url, tls), name, seconds=5)
    machines.adopt(found)
    return found


def test_an_engine_behind_tls_becomes_a_machine_with_copies_of_the_files(machines, secured, tls, catalog):
    found = adopt(machines, secured.url, tls)
    assert (found.facts.version, found.url) == ("20.10.7", secured.url)
    machine = machines.get("web")
    assert machine.record.machsh.adopted
    assert machine.endpoint().certificates == machine.folder
    shutil.rmtree(tls.ca.parent)
    assert machines.engine_version("web") == "20.10.7"
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in machine.folder.glob("*.pem")}
    assert kept == dict.fromkeys(("ca.pem", "cert.pem", "key.pem"), 0o600)
    assert [event.machine for event in catalog.events] == ["web"]


def test_nothing_but_questions_reach_the_engine(machines, secured, tls):
    adopt(machines, secured.url, tls)
    assert set(secured.requests) == {"GET /version", "GET /info"}


def test_an_engine_at_a_socket_becomes_a_machine(machines, tmp_path):
    with FakeEngine(tmp_path / "engine.sock") as engine:
        found = adopt(machines, engine.url)
        assert machines.engine_version("web") == "20.10.7"
    assert list(found.limits.values()) == ["only the engine is known, not its host"]


def test_podman_is_adopted_with_a_note(machines, tmp_path):
    with FakeEngine(tmp_path / "podman.sock", version="4.3.1", components=[PODMAN]) as engine:
        found = adopt(machines, engine.url)
    assert found.facts.product == "Podman"
    assert "this is Podman" in found.notes[0]


def test_docker_desktop_is_adopted_with_a_note(machines, tmp_path):
    info = {"OperatingSystem": "Docker Desktop", "Containers": 1, "ContainersRunning": 1}
    with FakeEngine(tmp_path / "desktop.sock", info=info) as engine:
        found = adopt(machines, engine.url)
    assert "Docker Desktop starts and stops it" in found.notes[0]


def test_an_engine_that_is_reached_in_another_way_is_known_again(machines, tmp_path):
    info = {"ID": "QZ7F:ABCD", "Containers": 0}
    with (
        FakeEngine(tmp_path / "one.sock", info=info) as one,
        FakeEngine(tmp_path / "two.sock", info=info) as two,
    ):
        adopt(machines, one.url)
        found = machines.examine_engine(EngineSource(two.url), "again", seconds=5)
        assert machines.adopted_as(found) == "web"
    assert machines.get("web").record.machsh.engine_id == "QZ7F:ABCD"


@pytest.mark.parametrize("more", [{"components": [PODMAN]}, {"info": {}}, {"info": {"ID": "-no-word"}}])
def test_engines_that_do_not_say_which_they_are_are_never_taken_for_one(machines, tmp_path, more):
    more = {"info": {"ID": "QZ7F:ABCD"}, **more}
    with FakeEngine(tmp_path / "one.sock", **more) as one, FakeEngine(tmp_path / "two.sock", **more) as two:
        adopt(machines, one.url)
        assert not machines.adopted_as(machines.examine_engine(EngineSource(two.url), "again", seconds=5))


def refusal(machines, url, tls=None, name="web"):
    with pytest.raises(MachshError) as caught:
        adopt(machines, url, tls, name)
    assert not machines.store.exists(name)
    assert not machines.store.machines_folder.exists() or not list(machines.store.machines_folder.iterdir())
    return str(caught.value), caught.value.hint


def test_another_authority_is_told(machines, secured, tls, tmp_path):
    other = authority(tmp_path / "other")
    message, hint = refusal(machines, secured.url, TlsPaths(other.ca, tls.cert, tls.key))
    assert "signed by unknown authority" in message
    assert "is not of --tls-ca" in hint
    message, hint = refusal(machines, secured.url, TlsPaths(tls.ca, other.cert, other.key))
    assert "--tls-cert" in hint, message  # some systems see the end of the connection before the refusal


def test_a_key_of_another_certificate_is_told(machines, secured, tls, tmp_path):
    other = authority(tmp_path / "other")
    _, hint = refusal(machines, secured.url, TlsPaths(tls.ca, tls.cert, other.key))
    assert "do not belong together" in hint


def test_an_expired_certificate_is_told_before_the_engine_is_asked(machines, secured, tls):
    machines.environment.now = lambda: datetime(2040, 1, 1, tzinfo=UTC).timestamp()
    message, _ = refusal(machines, secured.url, tls)
    assert "expired on" in message
    assert secured.requests == []


def test_an_encrypted_key_is_refused_and_nobody_is_asked(machines, secured, tls):
    tls.key.write_bytes(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    message, hint = refusal(machines, secured.url, tls)
    assert "is encrypted" in message
    assert "openssl pkey" in hint


def test_a_file_that_is_missing_or_none_is_told(machines, secured, tls, tmp_path):
    message, _ = refusal(machines, secured.url, TlsPaths(tls.ca, tls.cert, tmp_path / "nowhere.pem"))
    assert "no such file" in message
    message, _ = refusal(machines, secured.url, TlsPaths(tmp_path, tls.cert, tls.key))
    assert "directory" in message


def test_a_name_that_the_certificate_lacks_is_told(machines, secured, tls):
    message, hint = refusal(machines, f"tcp://localhost:{secured.port}", tls)
    assert "localhost" in message
    assert "give the URL with" in hint


def test_a_port_without_tls_is_refused(machines):
    message, hint = refusal(machines, "tcp://192.0.2.7:2375")
    assert "is root on the host" in message
    assert "machsh adopt --ssh USER@192.0.2.7 web" in hint


def test_nobody_there_is_told(machines, tls, tmp_path):
    message, _ = refusal(machines, f"tcp://127.0.0.1:{refusing_port()}", tls)
    assert "connection refused" in message
    message, _ = refusal(machines, f"unix://{tmp_path}/none.sock")
    assert "no such file" in message


@pytest.mark.parametrize(
    "url", ["http://web", "web", "tcp://web", "tcp://web:2376/x", "tcp://:2376", "unix:/x", ""]
)
def test_what_is_no_engines_url_is_refused(machines, tls, url):
    refusal(machines, url, tls)


def test_a_pipe_of_windows_is_refused(machines):
    with pytest.raises(RefusedError, match="only the docker CLI can open"):
        adopt(machines, "npipe:////./pipe/docker_engine")


def test_tls_files_for_a_socket_are_a_mistake(machines, tls):
    with pytest.raises(UsageError, match="a socket has no TLS"):
        adopt(machines, "unix:///var/run/docker.sock", tls)


def test_an_engine_that_refuses_is_told(machines, tmp_path):
    with FakeEngine(tmp_path / "engine.sock", refuses={"GET /info": "denied by policy"}) as engine:
        message, _ = refusal(machines, engine.url)
    assert "denied by policy" in message


def test_an_engine_that_dies_while_it_is_asked_leaves_nothing(machines, tmp_path):
    with FakeEngine(tmp_path / "engine.sock", breaks_at="GET /info") as engine:
        refusal(machines, engine.url)


def test_a_name_that_is_taken_is_refused_also_when_it_is_taken_meanwhile(machines, tmp_path):
    with FakeEngine(tmp_path / "engine.sock") as engine:
        found = machines.examine_engine(EngineSource(engine.url), "web")
        adopt(machines, engine.url)
        with pytest.raises(MachineExistsError):
            machines.examine_engine(EngineSource(engine.url), "web")
        with pytest.raises(MachineExistsError):
            machines.adopt(found)
    assert machines.names() == ["web"]


@pytest.mark.parametrize(
    ("name", "message"), [("all", "is reserved"), ("a_b", "Invalid hostname"), ("../x", "Invalid")]
)
def test_a_name_that_no_machine_can_have_is_refused(machines, name, message):
    with pytest.raises(RefusedError, match=message) as caught:
        machines.examine_engine(EngineSource("unix:///x"), name)
    assert "creating" not in str(caught.value)


def test_a_store_that_cannot_be_written_is_left_without_a_trace(machines, secured, tls, monkeypatch):
    found = machines.examine_engine(EngineSource(secured.url, tls), "web")

    def full(*_):
        raise MachshError("the disk is full")

    monkeypatch.setattr("machsh.machine.adopting.adopt.write_atomically", full)
    with pytest.raises(MachshError, match="full"):
        machines.adopt(found)
    assert list(machines.store.machines_folder.iterdir()) == []


def test_the_machine_of_an_engine_is_found_by_its_url(machines, tmp_path):
    with FakeEngine(tmp_path / "engine.sock") as engine:
        adopt(machines, engine.url)
        assert machines.name_of_engine(engine.url) == "web"
    assert machines.name_of_engine("unix:///other") == ""
