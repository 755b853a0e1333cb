"""The tree of the docker CLI that is installed here, and of a plugin program of our own."""

import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

from machsh.engine import docker_cli
from machsh.engine.cli_tree import query
from machsh.engine.cli_tree.command_tree import CommandTree
from machsh.environment import Environment
from tests.support.docker_tree import commands

pytestmark = pytest.mark.live

PLUGIN = """#!/bin/sh
if [ "$1" = docker-cli-plugin-metadata ]; then
    echo '{"SchemaVersion": "0.1.0", "Vendor": "tests", "ShortDescription": "Say hello"}'
else
    printf 'Usage:  docker hello [OPTIONS] NAME\\n\\nSay hello\\n\\nOptions:\\n      --loud string   How loud\\n'
fi
"""


@pytest.fixture
def environment(tmp_path):
    environment = Environment.of_process()
    environment.variables |= {"MACHSH_CACHE_HOME": str(tmp_path / "cache"), "DOCKER_CONFIG": str(tmp_path)}
    environment.variables |= {"DOCKER_HOST": "tcp://192.0.2.1:1", "DOCKER_CONTEXT": "nope"}
    return environment


def long_flags(program, path):
    variables = {**os.environ, "DOCKER_HOST": query.NOWHERE}
    text = subprocess.run([program, *path, "--help"], env=variables, capture_output=True, text=True).stdout
    return set(re.findall(r"^\s{1,6}(?:-\S, |\s{4})?--([\w.-]+)", text, re.M))


def test_long_flags_of_every_installed_command_equal_its_help(environment):
    program = docker_cli.find(environment)
    tree = CommandTree(program, environment)
    tree.crawl(threading.Event())
    found = list(commands(tree))
    assert len(found) > 150
    differing = {
        command.path: {flag.name for flag in command.flags} ^ long_flags(program, command.path)
        for command in found
        if {flag.name for flag in command.flags} != long_flags(program, command.path)
    }
    assert differing == {}


def test_fixed_values_come_from_the_cli(environment):
    tree = CommandTree(docker_cli.find(environment), environment)
    values = [value for value, _ in tree.values(("run",), "restart").values]
    assert sorted(values) == ["always", "no", "on-failure", "unless-stopped"]
    assert tree.values(("run",), "network").is_live


def test_a_plugin_of_the_users_folder_is_in_the_tree(environment, tmp_path):
    folder = tmp_path / "cli-plugins"
    folder.mkdir()
    plugin = folder / "docker-hello"
    plugin.write_text(PLUGIN)
    plugin.chmod(0o755)
    tree = CommandTree(docker_cli.find(environment), environment)
    child = tree.command().child("hello")
    assert child.is_plugin
    assert child.help == "Say hello"
    hello = tree.command(("hello",))
    assert hello.flag("--loud").type == "string"
    assert [word.text for word in hello.words] == ["NAME"]


def test_every_cli_of_this_computer_is_read(environment):
    for program in {
        Path(path) for path in ("/usr/bin/docker", "/usr/local/bin/docker") if Path(path).exists()
    }:
        tree = CommandTree(program, environment)
        assert tree.command(("run",)).flag("--publish").takes_value
        assert not tree.command(("run",)).flag("-d").takes_value
