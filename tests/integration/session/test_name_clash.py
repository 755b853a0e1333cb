"""Words that machines and containers share, with a docker and an address."""

import pytest

from machsh.engine.endpoint import Endpoint
from machsh.session import name_clash
from machsh.session.session import Mode
from machsh.testing.fake_engine import FakeEngine

ID = "3f2a" + "0" * 60


@pytest.fixture
def shell(open_one):
    session = open_one(Mode.SHELL, "web", "m")
    session.use("m")
    session.hooks.container_names = lambda machine, endpoint: {"web", "db", ID}
    return session


def test_said_to_be_a_container(shell):
    assert shell.runner.execute("docker rm web") == 0
    assert shell.environment.out == "docker rm web\n"


def test_an_engine_that_does_not_answer_has_no_containers(shell, monkeypatch):
    monkeypatch.setattr(name_clash, "ANSWER_SECONDS", 0.2)
    shell.hooks.container_names = None
    record = shell.machines.store.load("m")
    record.driver["URL"] = "tcp://127.0.0.1:1"
    shell.machines.store.save(record)
    assert shell.runner.execute("rm -y web") == 0


def test_a_machine_alone_is_ours(shell):
    assert shell.runner.execute("rm -y m") == 0


def test_the_engines_answer(shell, tmp_path):
    with FakeEngine(tmp_path / "e.sock") as engine:
        engine.containers["front"] = {"Id": ID, "State": {"Status": "running"}}
        shell.hooks.container_names = None
        shell.hooks.docker_endpoint = lambda machine, endpoint: Endpoint(engine.url)
        assert name_clash._containers(shell) == {ID, ID[:12], "front"}
        assert engine.requests == ["GET /containers/json"]
