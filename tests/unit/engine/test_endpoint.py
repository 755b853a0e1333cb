from pathlib import Path

import pytest

from machsh.engine.endpoint import DOCKER_VARIABLES, Endpoint
from machsh.errors import MachshError
from machsh.testing.fakes import FakeEnvironment
from tests.support.zoo import NOT_FILES, put


def test_tls_variables_and_removals():
    changes = Endpoint("tcp://192.0.2.1:2376", Path("/certs")).variables("web")
    assert changes["DOCKER_HOST"] == "tcp://192.0.2.1:2376"
    assert changes["DOCKER_TLS_VERIFY"] == "1"
    assert changes["DOCKER_CERT_PATH"] == "/certs"
    assert changes["DOCKER_MACHINE_NAME"] == "web"
    assert changes["DOCKER_CONTEXT"] is None
    assert changes["DOCKER_API_VERSION"] is None


def test_a_socket_loses_every_stale_variable():
    changes = Endpoint("unix:///run/x.sock").variables()
    assert {name for name, value in changes.items() if value is not None} == {"DOCKER_HOST"}
    assert set(changes) == set(DOCKER_VARIABLES)


@pytest.mark.parametrize(
    ("url", "address"),
    [("tcp://192.0.2.1:2376", ("192.0.2.1", 2376)), ("tcp://[2001:db8::1]:2376/", ("2001:db8::1", 2376))],
)
def test_address(url, address):
    assert Endpoint(url).address == address


def test_paths_only_with_tls():
    assert Endpoint("tcp://h:1", Path("/c")).paths.key == Path("/c/key.pem")
    assert Endpoint("unix:///s", Path("/c")).paths is None
    assert Endpoint("tcp://h:1").paths is None
    assert Endpoint("unix:///run/x.sock").socket_path == "/run/x.sock"


@pytest.mark.parametrize("kind", sorted({*NOT_FILES, "huge"} - {"dangling"}))
@pytest.mark.parametrize("name", ["ca.pem", "cert.pem", "key.pem"])
def test_docker_is_not_started_on_files_that_it_would_wait_for(tmp_path, name, kind):
    put(tmp_path / name, kind)
    with pytest.raises(MachshError, match=name):
        Endpoint("tcp://192.0.2.1:2376", tmp_path).child_variables(FakeEnvironment(tmp_path))
