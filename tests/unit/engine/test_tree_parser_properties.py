"""Any text that a docker prints as its help: a command or none, never an error."""

from hypothesis import given, settings

from machsh.engine.cli_tree.help_parser import parse
from tests.support.texts import made_of

HELP = made_of(
    *("Usage:  docker ps [OPTIONS]", "Usage:", "docker", "Options:", "Commands:", "Management Commands:", "Aliases:"),
    *("\n", "\n\n", "  ", "      ", "-a, ", "--all", "--filter filter", "--x=y", "[", "]", "|", "...", "NAME", "\t"),
    *("  -q, --quiet   Only show ids\n", "  ps   List containers\n", "  compose*  Docker Compose\n", "docker ps, docker ls"),
    size=30,
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(HELP)
def test_any_help_is_a_command_or_none(text):
    command = parse(("ps",), text)
    if command is None:
        return
    assert command.path == ("ps",)
    assert all(flag.name.strip() and " " not in flag.name for flag in command.flags)
    assert all(child.name.strip() and not child.name.startswith("-") for child in command.children)
