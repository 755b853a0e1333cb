"""The parser against two real docker CLIs: their help texts, and the flags their own completion knows."""

import json
import re

import pytest

from machsh.engine.cli_tree.help_parser import parse
from machsh.engine.cli_tree.model import CliCommand
from tests.support.places import CASE_FILES

CASES = CASE_FILES / "docker_help"
VERSIONS = ("20.10.24", "28.2.2")
_LONG = re.compile(r"^\s{1,6}(?:-\S, |\s{4})?--([\w.-]+)", re.M)


def recorded(version):
    return json.loads((CASES / f"{version}.json").read_text())


def command(version, words) -> CliCommand:
    found = parse(tuple(words.split()), recorded(version)[words]["help"])
    assert found is not None
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_long_flags_of_every_command_equal_its_help_and_its_completion(version):
    differing = {}
    for words, said in recorded(version).items():
        flags = {flag.name for flag in command(version, words).flags} - {"help"}
        from_text = set(_LONG.findall(said["help"])) - {"help"}
        completed = {name.removeprefix("--") for name in said["flags"]} - {"help"}
        # 20.10 completes some flags that its own help hides, so there the help alone decides.
        if flags != from_text or flags - completed or (version != "20.10.24" and completed - flags):
            differing[words] = (flags ^ from_text, flags ^ completed)
    assert differing == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_command_has_usage_and_help(version):
    for words in recorded(version):
        found = command(version, words)
        assert found.usages, words
        assert found.help, words


@pytest.mark.parametrize("version", VERSIONS)
def test_the_tree_is_closed(version):
    known = set(recorded(version))
    for words in known:
        for child in command(version, words).children:
            assert f"{words} {child.name}".strip() in known
            assert child.help


def test_sizes_of_both_trees():
    sizes = {version: len(recorded(version)) for version in VERSIONS}
    assert sizes["20.10.24"] > 180
    assert sizes["28.2.2"] > 180


def test_types_tell_values_from_switches():
    run = command("28.2.2", "run")
    assert run.flag("-d").takes_value is False
    assert run.flag("--name").type == "string"
    assert run.flag("-e").name == "env"
    assert run.flag("--env").type == "list"
    assert run.flag("--memory").type == "bytes"
    assert run.flag("--mount").type == "mount"
    assert run.flag("--nope") is None


def test_wrapped_help_is_joined():
    assert command("28.2.2", "run").flag("--add-host").help == "Add a custom host-to-IP mapping (host:ip)"


def test_words_of_the_usage_line():
    def words(version, path):
        return [(word.text, word.is_optional, word.is_repeated) for word in command(version, path).words]

    assert words("28.2.2", "run") == [("IMAGE", False, False), ("COMMAND", True, False), ("ARG", True, True)]
    assert words("28.2.2", "rm") == [("CONTAINER", False, False), ("CONTAINER", True, True)]
    assert words("28.2.2", "cp") == [("CONTAINER:SRC_PATH", False, False), ("DEST_PATH|-", False, False)]
    assert words("28.2.2", "images") == [("REPOSITORY[:TAG]", True, False)]
    assert words("28.2.2", "network connect") == [("NETWORK", False, False), ("CONTAINER", False, False)]
    assert words("28.2.2", "inspect") == [("NAME|ID", False, False), ("NAME|ID", True, True)]
    assert command("28.2.2", "build").words[0].names == ("PATH", "URL", "-")
    assert words("28.2.2", "network") == []


def test_second_usage_line_is_kept():
    assert len(command("28.2.2", "cp").usages) == 2


def test_sections_of_commands():
    root = command("28.2.2", "")
    assert root.child("run").section == "Common Commands"
    assert root.child("network").section == "Management Commands"
    assert root.child("nope") is None
    assert root.flag("-H").name == "host"


def test_aliases():
    assert ("container", "run") in command("28.2.2", "run").aliases


def test_the_two_clis_differ_so_that_no_frozen_list_can_be_right():
    shared = set(recorded("20.10.24")) & set(recorded("28.2.2"))
    differing = [
        words
        for words in shared
        if {flag.name for flag in command("20.10.24", words).flags}
        != {flag.name for flag in command("28.2.2", words).flags}
    ]
    assert len(differing) > 30


def test_plugins_are_marked_and_equals_values_known():
    text = """
Usage:  docker demo [OPTIONS] COMMAND

A plugin

Options:
      --progress string[="auto"]   How to show progress
  -q, --quiet                      Less

Management Commands:
  compose*    Docker Compose

Commands:
  up          Start
"""
    found = parse(("demo",), text)
    assert found.child("compose").is_plugin
    assert not found.child("up").is_plugin
    assert found.flag("--progress").needs_equals
    assert not found.flag("--progress").takes_value


@pytest.mark.parametrize("text", ["", "docker: 'nope' is not a docker command.\n", "Error\n\nnothing\n"])
def test_no_help_is_no_command(text):
    assert parse(("nope",), text) is None
