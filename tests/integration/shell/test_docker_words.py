"""Every command and option of the installed docker CLI is offered, and nothing that it does not have."""

import os
import re
import subprocess
import threading

import pytest

from machsh.engine import docker_cli
from machsh.engine.cli_tree.command_tree import CommandTree
from machsh.shell.completion.docker_tree import LiveTree
from machsh.shell.completion.lookup import answer
from machsh.testing.fakes import FakeEnvironment
from tests.support.docker_tree import commands
from tests.support.shelf import Now, shelf

LONG = re.compile(r"^ {2,6}(?:-\S, )?\s*--([\w.-]+)")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    environment = FakeEnvironment(tmp_path_factory.mktemp("home"), variables={"PATH": os.environ["PATH"]})
    found = CommandTree(docker_cli.find(environment), environment)
    found.crawl(threading.Event())
    return found


def offered(line, tree):
    sources = shelf()
    sources.grammar.tree = LiveTree(tree, Now())
    return {one.text for one in answer(line, sources).candidates()}


def test_every_flag_of_every_command(tree):
    wrong = {}
    found = [command for command in commands(tree) if command.path and not command.children]
    for command in found:
        text = subprocess.run(
            ["docker", *command.path, "--help"],
            capture_output=True,
            text=True,
            env={**os.environ, "DOCKER_HOST": "unix:///nonexistent"},
            check=False,
        ).stdout
        told = {match[1] for line in text.splitlines() if (match := LONG.match(line))}
        given = {word.removeprefix("--") for word in offered(f"docker {' '.join(command.path)} --", tree)}
        if told != given:
            wrong[command.path] = told ^ given
    assert wrong == {}
    assert len(found) > 100


def test_every_command(tree):
    top = {child.name for child in tree.known(()).children}
    assert top <= offered("docker ", tree)
    assert {"ls", "prune", "rm"} <= offered("docker network ", tree)
