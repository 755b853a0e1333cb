import json

import pytest

from machsh.drivers.bridge import program_flags, program_trust
from machsh.drivers.bridge.program_search import ProgramPlace
from machsh.options import Kind, Option, Values
from machsh.testing.fakes import FakeEnvironment


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "docker-machine-driver-x"
    path.write_text("program")
    return ProgramPlace(path, "x")


FLAG = {"kind": "int", "name": "x-size", "help": "A size", "variable": "X_SIZE,SIZE", "default": 5}


def keep(environment, place, flags, **more):
    cache = program_flags._cache_file(place, environment)
    cache.parent.mkdir(parents=True, exist_ok=True)
    content = {"form": 1, "stamp": program_trust.program_stamp(place.path), "flags": flags, **more}
    cache.write_text(json.dumps(content))


def test_kept_options_are_read_without_a_program(tmp_path, place):
    environment = FakeEnvironment(tmp_path)
    assert program_flags.cached_options(place, environment) is None
    keep(environment, place, [FLAG])
    assert program_flags.cached_options(place, environment) == (
        Option("x-size", "A size", Kind.INT, default=5, variable="X_SIZE"),
    )
    place.path.write_text("another")
    assert program_flags.cached_options(place, environment) is None


@pytest.mark.parametrize(
    "flags",
    [
        "x",
        [1],
        [{}],
        [{**FLAG, "kind": "float"}],
        [{**FLAG, "name": "--x"}],
        [{**FLAG, "name": "x y"}],
        [{**FLAG, "default": "5"}],
        [{**FLAG, "default": True}],
        [{**FLAG, "kind": "list", "default": [1]}],
        [{**FLAG, "help": None}],
    ],
)
def test_a_damaged_cache_counts_as_none(tmp_path, place, flags):
    environment = FakeEnvironment(tmp_path)
    keep(environment, place, flags)
    assert program_flags.cached_options(place, environment) is None


def test_help_texts_cannot_carry_control_characters(tmp_path, place):
    environment = FakeEnvironment(tmp_path)
    keep(environment, place, [{**FLAG, "help": "a\nb \x1b[31mred\x07"}])
    assert program_flags.cached_options(place, environment)[0].help == "a b [31mred"


def test_a_driver_gets_every_option_and_those_that_docker_machine_gives_to_all():
    options = [
        Option("x-size", "", Kind.INT, default=5),
        Option("x-list", "", Kind.LIST),
        Option("x-on", "", Kind.BOOL),
    ]
    values = Values({"x-size": 7, "swarm": False, "swarm-host": "tcp://0.0.0.0:3376", "if-missing": True})
    found = program_flags.argument_of(options, values, "x").value["Values"]
    assert {name: (one.name, one.value) for name, one in found.items()} == {
        "driver": ("string", "x"),
        "swarm": ("bool", False),
        "swarm-host": ("string", "tcp://0.0.0.0:3376"),
        "x-size": ("int", 7),
        "x-list": ("[]string", []),
        "x-on": ("bool", False),
    }
