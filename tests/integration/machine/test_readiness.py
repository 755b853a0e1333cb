"""Waiting for the port of an engine."""

import socket

import pytest

from machsh.errors import MachshError
from machsh.machine import readiness
from machsh.machine.readiness import wait_for_engine


@pytest.fixture
def machine(machines, create_request, monkeypatch):
    machines.create(create_request(timeout=1))
    monkeypatch.setattr(readiness, "ASK_AGAIN_SECONDS", 0.01)
    return machines.get("web")


def test_an_engine_that_listens(machine, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setattr(machine.driver, "known_url", lambda: url)
        wait_for_engine(machine)


def test_an_engine_that_does_not(machine, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setattr(machine.driver, "known_url", lambda: url)
    machine.context.seconds = 0.1
    with pytest.raises(MachshError) as caught:
        wait_for_engine(machine)
    assert str(caught.value).startswith("Unable to verify the Docker daemon is listening: Maximum number of")
    assert "connection refused" in caught.value.hint
