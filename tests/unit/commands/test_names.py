"""What belongs to the name machsh does not exist under the name docker-machine."""

import pytest

from machsh.commands.declarations.docker_machine import COMMANDS
from machsh.commands.flags import WrongWordsError, parse
from machsh.drivers.generic import GenericDriver
from machsh.options import Kind
from machsh.testing.fakes import FakeEnvironment

OURS = [
    (command, option)
    for command in COMMANDS
    for option in (*command.options, *(GenericDriver.options if command.takes_driver_options else ()))
    if option.ours
]


@pytest.mark.parametrize(("command", "option"), OURS, ids=lambda one: one.name)
def test_our_options_are_not_docker_machines(command, option):
    words = [f"--{option.name}"] if option.kind is Kind.BOOL else [f"--{option.name}", "1"]
    driver = GenericDriver.options if command.takes_driver_options else ()
    with pytest.raises(WrongWordsError, match=f"flag provided but not defined: -{option.name}"):
        parse(command, words, FakeEnvironment(program="docker-machine"), driver)
    assert option.name in parse(command, words, FakeEnvironment(), driver)[0].given


@pytest.mark.parametrize(("command", "option"), OURS, ids=lambda one: one.name)
def test_they_keep_their_defaults(command, option):
    driver = GenericDriver.options if command.takes_driver_options else ()
    values, _ = parse(command, [], FakeEnvironment(program="docker-machine"), driver)
    assert values[option.name] == option.absent(is_docker_machine=True)
