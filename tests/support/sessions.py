"""Fixtures: a session with its own store, and a fake docker on its PATH."""

import os

import pytest

from machsh.session.opening import open_session
from machsh.session.session import Mode
from machsh.testing.fakes import FakeEnvironment
from tests.support.docker import add_docker
from tests.support.stores import add_machine


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    add_docker(tmp_path)
    return tmp_path


@pytest.fixture
def open_one(home):
    """A function that opens a session in a mode, with machines of the given names."""
    opened = []

    def open_one(mode=Mode.BATCH, *names, **options):
        variables = {"PATH": f"{home / 'bin'}{os.pathsep}/usr/bin:/bin", "SHELL": "/bin/sh"}
        environment = FakeEnvironment(home, variables=variables, **options)
        session = open_session(environment, mode)
        opened.append(session)
        for name in names:
            add_machine(session.machines.store, name, URL=f"tcp://{name}.test:2376")
        return session

    yield open_one
    for session in opened:
        session.close()


@pytest.fixture
def session(open_one):
    """A batch session with the machines a and b; a is active."""
    session = open_one(Mode.BATCH, "a", "b")
    session.use("a")
    return session
