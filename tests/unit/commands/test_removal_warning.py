"""What `rm` says before it destroys a host that the store knows by several names."""

from types import SimpleNamespace

import pytest

from machsh.commands.handlers.lifecycle import _warning
from machsh.drivers.capabilities import Capability
from machsh.testing.fakes import FakeEnvironment


def made(name, engine, *capabilities):
    driver = SimpleNamespace(loses="the container", has=lambda one: one in capabilities)
    record = SimpleNamespace(machsh=SimpleNamespace(engine_id=engine))
    return SimpleNamespace(name=name, driver=driver, record=record)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["web", "lent"], "This destroys web: the container; web-2 is the same host; lent: the container."),
        (
            ["web", "web-2", "lent"],
            "This destroys web: the container; web-2: the container; lent: the container.",
        ),
        (["db"], "This destroys db: the container."),
        (["lent"], "This destroys lent: the container."),
        (["untold"], "This destroys untold: the container."),
    ],
)
def test_a_host_of_two_names_is_told(names, said):
    machines = {
        one.name: one
        for one in (
            made("web", "QZ7F"),
            made("web-2", "QZ7F"),
            made("db", "AB12"),
            made("lent", "QZ7F", Capability.FIXED_ADDRESS),
            made("untold", ""),
        )
    }
    service = SimpleNamespace(get=machines.__getitem__, readable=lambda: list(machines.values()))
    assert _warning(SimpleNamespace(environment=FakeEnvironment(), machines=service), names) == said
