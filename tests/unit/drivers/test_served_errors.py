import pytest

from machsh.commands.command_table import built_in
from machsh.drivers.bridge.served_errors import COMMANDS, text_of
from machsh.errors import MachineNotRunningError, MachshError


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("", "it failed"),
        ("ask for less", "it failed (ask for less)"),
        ("start it: machsh start web", "it failed (start it: docker-machine start web)"),
        ("machsh regenerate-certs web", "it failed (docker-machine regenerate-certs web)"),
        ("see machsh console web", "it failed (see machsh console web)"),
        ("machsh start-all, or `machsh ls`", "it failed (machsh start-all, or `docker-machine ls`)"),
        ("its last lines were:\none\n  two", "it failed (its last lines were: one two)"),
        (
            "give it more time with --timeout SECONDS",
            "it failed (give it more time with the variable MACHSH_TIMEOUT=SECONDS)",
        ),
    ],
)
def test_the_remedy_is_part_of_the_text_in_docker_machines_terms(hint, shown):
    assert text_of(MachshError("it failed", hint=hint)) == shown


def test_docker_machine_recognizes_a_host_that_is_not_running_by_its_text():
    assert text_of(MachineNotRunningError(hint="start it first: machsh start web")) == "Host is not running"


def test_docker_machines_commands_are_those_of_the_command_table():
    here = {command.name for command in built_in() if command.in_docker_machine}
    assert set(COMMANDS) == here - {"help", "version"}
