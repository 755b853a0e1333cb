"""Waiting for the port of an engine."""

import socket
import threading
from contextlib import suppress

import pytest

from machsh.errors import MachshError
from machsh.machine.contact import readiness
from machsh.machine.contact.readiness import wait_for_engine


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


def test_a_port_that_is_forwarded_to_nobody(machine, monkeypatch):
    """Such a port accepts, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setattr(machine.driver, "known_url", lambda: url)
        monkeypatch.setattr(machine.driver, "listening_port", lambda: 2376)
        machine.context.seconds = 0.5
        thread = threading.Thread(target=close_all, args=(server,), daemon=True)
        thread.start()
        with pytest.raises(MachshError, match="Unable to verify the Docker daemon is listening"):
            wait_for_engine(machine)


def close_all(server):
    with suppress(OSError):
        while True:
            server.accept()[0].close()


def test_a_forwarded_port_that_answers_in_any_way(machine, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setattr(machine.driver, "known_url", lambda: url)
        monkeypatch.setattr(machine.driver, "listening_port", lambda: 2376)
        thread = threading.Thread(target=answer_one, args=(server,), daemon=True)
        thread.start()
        wait_for_engine(machine)
        thread.join()


def answer_one(server):
    with server.accept()[0] as link:
        link.recv(1000)
        link.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
