"""The connection check against real TLS servers, each wrong in its own way."""

import shutil
import ssl
import time

import pytest

from machsh.engine import engine_version, tls, tls_check
from machsh.engine.dial import dialer
from machsh.engine.endpoint import Endpoint
from machsh.engine.relay.connect import open_link
from machsh.errors import MachshError
from machsh.testing.network_faults import BlackHole, refusing_port
from tests.live.engine.tls_engine import TlsEngine, make_authority, make_pair

pytestmark = pytest.mark.live


def failure(endpoint, seconds=5.0, paths=None):
    with pytest.raises(MachshError) as caught:
        tls_check.check(endpoint, paths, seconds)
    assert caught.value.hint
    return str(caught.value)


def test_a_good_engine_passes(engine):
    tls_check.check(engine.endpoint)


def test_versions_of_tls(certificates):
    with TlsEngine(certificates, highest=ssl.TLSVersion.TLSv1_2) as engine:
        tls_check.check(engine.endpoint)


def test_one_context_per_certificate_pair(certificates, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(certificates, copy)
    first = tls.context(Endpoint("tcp://h:1", certificates).paths)
    assert tls.context(Endpoint("tcp://h:2", copy).paths) is first


def test_refused(certificates):
    port = refusing_port()
    text = failure(Endpoint(f"tcp://127.0.0.1:{port}", certificates))
    assert text == f"dial tcp 127.0.0.1:{port}: connect: connection refused"


def test_unknown_host(certificates):
    assert failure(Endpoint("tcp://no-such-host.invalid:2376", certificates)) == (
        "dial tcp: lookup no-such-host.invalid: no such host"
    )


def test_silence_ends_in_time(certificates):
    start = time.monotonic()
    with BlackHole() as hole:
        assert failure(Endpoint(hole.url, certificates), 0.5) == "tls: DialWithDialer timed out"
    assert time.monotonic() - start < 2


def test_unknown_authority(engine, certificates, tmp_path):
    make_authority(tmp_path)
    for name in ("cert.pem", "key.pem"):
        shutil.copy(certificates / name, tmp_path)
    assert failure(Endpoint(engine.endpoint.url, tmp_path)) == "x509: certificate signed by unknown authority"


def test_expired(certificates):
    make_pair(certificates, "old", san="IP:127.0.0.1", days=-1)
    with TlsEngine(certificates, server="old") as engine:
        assert failure(engine.endpoint) == "x509: certificate has expired or is not yet valid"


def test_another_address(certificates):
    make_pair(certificates, "other", san="IP:192.0.2.7,IP:192.0.2.8,DNS:web")
    with TlsEngine(certificates, server="other") as engine:
        assert (
            failure(engine.endpoint) == "x509: certificate is valid for 192.0.2.7, 192.0.2.8, not 127.0.0.1"
        )
        by_name = Endpoint(f"tcp://localhost:{engine.port}", certificates)
        assert failure(by_name) == "x509: certificate is valid for web, not localhost"


@pytest.mark.parametrize("way", ["check", "version", "relay"])
@pytest.mark.parametrize("san", ["IP:192.0.2.7", ""])
def test_a_wrong_address_is_told_in_the_same_words_in_every_way(certificates, way, san):
    make_pair(certificates, "other", san=san)
    ways = {
        "check": lambda endpoint: tls_check.check(endpoint),
        "version": lambda endpoint: dialer(endpoint)(5.0),
        "relay": lambda endpoint: open_link(endpoint, 5.0),
    }
    with TlsEngine(certificates, server="other") as engine, pytest.raises(MachshError) as caught:
        ways[way](engine.endpoint)
    assert str(caught.value) == (
        "x509: certificate is valid for 192.0.2.7, not 127.0.0.1"
        if san
        else "x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"
    )
    assert "certs renew" in caught.value.hint


def test_no_address_at_all(certificates):
    make_pair(certificates, "bare")
    with TlsEngine(certificates, server="bare") as engine:
        assert failure(engine.endpoint) == (
            "x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"
        )


@pytest.mark.parametrize("highest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_our_certificate_is_refused(certificates, tmp_path, highest):
    make_authority(tmp_path)
    make_pair(tmp_path, "cert")
    shutil.copy(certificates / "ca.pem", tmp_path / "ca.pem")
    with TlsEngine(certificates, highest=highest) as engine:
        text = failure(Endpoint(engine.endpoint.url, tmp_path))
    assert text.startswith("remote error: tls: ")


@pytest.mark.parametrize("name", ["ca.pem", "cert.pem", "key.pem"])
def test_a_missing_file_is_named(certificates, tmp_path, name):
    folder = tmp_path / "certs"
    shutil.copytree(certificates, folder)
    (folder / name).unlink()
    assert (
        failure(Endpoint("tcp://127.0.0.1:1", folder)) == f"open {folder / name}: no such file or directory"
    )


@pytest.mark.parametrize("name", ["ca.pem", "cert.pem", "key.pem"])
def test_a_broken_file_is_named(certificates, tmp_path, name):
    folder = tmp_path / "certs"
    shutil.copytree(certificates, folder)
    (folder / name).write_text("nothing")
    assert str(folder / name) in failure(Endpoint("tcp://127.0.0.1:1", folder))


def test_something_else_on_the_port(certificates):
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            connection, _ = listener.accept()
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 10)
            connection.recv(1000)
            connection.close()

        threading.Thread(target=greet, daemon=True).start()
        text = failure(Endpoint(f"tcp://127.0.0.1:{listener.getsockname()[1]}", certificates))
    assert text == "tls: first record does not look like a TLS handshake"


def server_version():
    import subprocess

    words = ["docker", "version", "--format", "{{.Server.Version}}"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_version_over_tls_and_socket_is_what_docker_says(engine):
    assert engine_version.query(engine.endpoint, 5) == server_version()
    assert engine_version.query(Endpoint("unix:///var/run/docker.sock"), 5) == server_version()


def test_version_of_an_engine_that_is_away(certificates):
    with pytest.raises(MachshError) as caught:
        engine_version.query(Endpoint(f"tcp://127.0.0.1:{refusing_port()}", certificates), 2)
    expected = "Unable to query docker version: Cannot connect to the docker engine endpoint"
    assert str(caught.value) == expected


def test_version_without_certificates(tmp_path):
    with pytest.raises(MachshError) as caught:
        engine_version.query(Endpoint("tcp://127.0.0.1:1", tmp_path), 2)
    assert str(caught.value) == (
        f"Unable to query docker version: Unable to read TLS config: open {tmp_path}/ca.pem: no such file or directory"
    )


def test_version_of_a_silent_engine(certificates):
    with BlackHole() as hole, pytest.raises(MachshError, match="Unable to query docker version: Get"):
        engine_version.query(Endpoint(hole.url, certificates), 0.3)
