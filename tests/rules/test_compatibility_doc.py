"""docs/compatibility.md and docs/differences.md cover every command and option of docker-machine."""

import re

from machsh.commands.declarations.docker_machine import COMMANDS
from machsh.commands.global_options import GLOBAL_OPTIONS
from tests.rules.sources import TOP

STATES = ("same", "better", "missing", "new")


def rows():
    """(command, option, state) of each row of the table; a global option has no command."""
    command = ""
    for line in (TOP / "docs/compatibility.md").read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or cells[:2] == ["command", "option"]:
            continue
        command = cells[0] or command
        yield command, cells[1].lstrip("-"), cells[2]


def declared():
    yield from ((("", option.name), option.ours) for option in GLOBAL_OPTIONS)
    for command in COMMANDS:
        yield (command.name, ""), False
        yield from (((command.name, option.name), option.ours) for option in command.options)


def test_every_command_and_option_has_its_row():
    assert [row[:2] for row in rows()] == [place for place, _ in declared()]


def test_a_row_says_new_exactly_for_what_docker_machine_does_not_have():
    told = {row[:2]: row[2] for row in rows()}
    assert [state for state in told.values() if state not in STATES] == []
    assert {place: told[place] == "new" for place in told} == dict(declared())


def test_nothing_is_missing():
    assert [row for row in rows() if row[2] == "missing"] == []


def test_every_command_that_is_better_is_among_the_differences():
    text = (TOP / "docs/differences.md").read_text()
    better = {command for command, _, state in rows() if state == "better" and command}
    assert sorted(name for name in better if not re.search(rf"`{name}[ `]", text)) == []
