import pytest

from machsh.ssh.connection import Connection
from tests.live.sshd import nobody, running


@pytest.fixture
def sshd(tmp_path):
    with running(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def connect(sshd):
    """Makes connections to the server that are closed after the test."""
    made = []

    def make(ask=None, home=None, **changes):
        connection = Connection(
            sshd.target(**changes), ask=ask or nobody(), seconds=10, home=home or sshd.folder
        )
        made.append(connection)
        return connection

    yield make
    for connection in made:
        connection.close()
