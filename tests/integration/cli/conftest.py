import pytest

from machsh import cli
from machsh.testing.fake_engine import FakeEngine
from machsh.testing.fakes import FakeEnvironment


class Done:
    """What a run left behind."""

    def __init__(self, code, environment):
        self.code, self.out, self.err = code, environment.out, environment.err


class House:
    """A home with a store, and the process run in it without a process."""

    def __init__(self, home):
        self.home = home
        self.store = home / ".docker" / "machine"
        self.engines = []

    def run(self, *words, program="docker-machine", stdin="", variables=None, terminal=False):
        environment = FakeEnvironment(
            self.home,
            program=program,
            arguments=tuple(words),
            stdin=stdin,
            variables={"SHELL": "/bin/bash", **(variables or {})},
            terminal=terminal,
        )
        return Done(cli.run(environment), environment)

    def create(self, name, url="tcp://127.0.0.1:1", *more):
        done = self.run("create", "-d", "none", "--url", url, *more, name)
        assert done.code == 0, done.err

    def engine(self, *names):
        """An engine behind TLS that the named machines stand for."""
        engine = FakeEngine()
        self.engines.append(engine)
        for name in names:
            self.create(name, f"tcp://{engine.address}")
        if not names:
            self.create("seed")
            self.run("rm", "-f", "seed")
        engine.start(self.store / "certs")
        return engine


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    for engine in made.engines:
        engine.stop()
