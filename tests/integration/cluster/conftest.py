import pytest

from machsh.session.session import Mode
from tests.support.sessions import home, open_one  # noqa: F401
from tests.support.swarm import FakeSwarm


@pytest.fixture
def session(open_one):  # noqa: F811
    """A batch session whose store has the machine `web`, which is active, and those of the swarm."""
    made = open_one(Mode.BATCH, "web")
    made.use("web")
    return made


@pytest.fixture
def swarm(session, tmp_path):
    """The cluster `prod` of the managers m1 and m2 and the worker w1."""
    made = FakeSwarm(tmp_path, session.machines.store, ("m1", "m2"), ("w1",))
    yield made
    made.stop()
