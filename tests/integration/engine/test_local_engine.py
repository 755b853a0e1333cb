"""Which socket is this computer's engine's."""

import socket

import pytest

from machsh.engine import local_engine
from machsh.testing.fakes import FakeEnvironment


@pytest.fixture
def given(tmp_path):
    """An environment whose DOCKER_HOST is a socket that exists."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "own.sock"))
        listener.listen()
        yield FakeEnvironment(tmp_path, variables={"DOCKER_HOST": f"unix://{tmp_path}/own.sock"})


def test_the_users_own_socket_comes_first(given):
    assert local_engine.endpoint(given).url == given.variables["DOCKER_HOST"]
    assert local_engine.answers(given)


def test_a_machines_socket_is_not_taken_for_it(given):
    given.variables["DOCKER_MACHINE_NAME"] = "web"
    assert local_engine.given_socket(given) == ""
    assert local_engine.endpoint(given).url != given.variables["DOCKER_HOST"]
