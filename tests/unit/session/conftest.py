"""A session on a store of its own, with a docker of our own on its PATH."""

import os
import stat

import pytest

from machsh.machine.record import MachineRecord
from machsh.session.opening import open_session
from machsh.session.session import Mode
from machsh.testing.fakes import FakeEnvironment

DOCKER = """#!/bin/sh
case "$1" in
--help|--version) echo 'Usage:  docker [OPTIONS] COMMAND

Commands:
  exit      Fail
  fail      Say on stderr and fail
  images    List images
  ps        List containers
  rm        Remove containers
  where     Say where
  words     Say the words';;
where) echo "$DOCKER_MACHINE_NAME $DOCKER_HOST";;
words) shift; for word; do echo "[$word]"; done;;
exit) exit "$2";;
fail) echo "no $2" >&2; exit 5;;
cat) cat;;
slow) sleep "$2"; echo done;;
lines) for n in 1 2 3; do echo "$DOCKER_MACHINE_NAME line $n"; done;;
*) echo "docker $*";;
esac
"""


def machine(session, name, *, url="", driver="none", labels=None):
    """Put a machine into the session's store."""
    store = session.machines.store
    store.machine_folder(name).mkdir(parents=True)
    record = MachineRecord(name=name, driver_name=driver)
    record.driver = {"MachineName": name, "URL": url or f"tcp://{name}.test:2376", "IPAddress": ""}
    record.host_options.engine_options.labels = labels
    store.save(record)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    docker = programs / "docker"
    docker.write_text(DOCKER)
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    return tmp_path


@pytest.fixture
def open_one(home):
    """Opens a session in a mode, with machines of these names."""
    opened = []

    def open_one(mode=Mode.BATCH, *names, **options):
        variables = {"PATH": f"{home / 'bin'}{os.pathsep}/usr/bin:/bin", "SHELL": "/bin/sh"}
        environment = FakeEnvironment(home, variables=variables, **options)
        session = open_session(environment, mode)
        opened.append(session)
        for name in names:
            machine(session, name)
        return session

    yield open_one
    for session in opened:
        session.close()


@pytest.fixture
def session(open_one):
    """A batch's session with the machines a and b; a is active."""
    session = open_one(Mode.BATCH, "a", "b")
    session.use("a")
    return session
