import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machsh.engine.cli_tree import cache as kept_file
from machsh.engine.cli_tree import query
from machsh.engine.cli_tree.command_tree import CommandTree
from machsh.engine.cli_tree.identity import identify
from machsh.engine.cli_tree.model import CliCommand
from machsh.engine.watch.listing import contexts
from machsh.testing.fakes import FakeEnvironment
from tests.support import zoo
from tests.support.docker_tree import commands

DOCKER = """#!/bin/sh
echo "$* | $DOCKER_HOST | $DOCKER_CONTEXT" >> "$LOG"
case "$*" in
--version) echo "Docker version 1.2.3" ;;
--help) printf 'Usage:  docker COMMAND\\n\\nAll\\n\\nCommands:\\n  run   Run it\\n  net   Networks\\n' ;;
"run --help") printf 'Usage:  docker run IMAGE\\n\\nRun it\\n\\nOptions:\\n      --restart string   When\\n' ;;
"net --help") printf 'Usage:  docker net COMMAND\\n\\nNetworks\\n\\nCommands:\\n  ls   List\\n' ;;
"net ls --help") printf 'Usage:  docker net ls\\n\\nList\\n' ;;
"__complete run --restart ") printf 'no\\nalways\\tevery time\\n_activeHelp_ x\\n:4\\n' ;;
"__complete run --network ") printf ':1\\n' ;;
"__complete slow ") sleep 20 ;;
*) echo "Usage:  docker COMMAND"; exit 1 ;;
esac
"""


@pytest.fixture
def home(tmp_path):
    program = tmp_path / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    return tmp_path


def environment(home):
    variables = {"LOG": str(home / "log"), "DOCKER_HOST": "tcp://real:1", "DOCKER_CONTEXT": "prod"}
    return FakeEnvironment(home, variables=variables)


def tree(home):
    return CommandTree(home / "docker", environment(home))


def asked(home):
    return [line.split(" | ")[0] for line in (home / "log").read_text().splitlines()]


def test_nothing_is_asked_before_it_is_needed(home):
    made = tree(home)
    assert made.known() is None
    assert made.known_values(("run",), "restart") is None
    assert not (home / "log").exists()


def test_a_command_is_asked_once(home):
    made = tree(home)
    assert made.command(("run",)).flag("--restart").takes_value
    assert made.command(("run",)) is made.known(("run",))
    assert asked(home).count("run --help") == 1


def test_the_real_engine_is_never_asked(home):
    tree(home).crawl(threading.Event())
    for line in (home / "log").read_text().splitlines():
        assert line.endswith(f"| {query.NOWHERE} | ")


def test_crawl_reads_all_and_keeps_it(home):
    made = tree(home)
    made.crawl(threading.Event())
    assert {command.path for command in commands(made)} == {(), ("run",), ("net",), ("net", "ls")}
    (home / "log").unlink()
    again = tree(home)
    again.load()
    assert again.known(("net", "ls")).help == "List"
    assert asked(home) == ["--version"]


def test_a_crawl_can_be_stopped(home):
    stop = threading.Event()
    stop.set()
    made = tree(home)
    made.crawl(stop)
    assert list(commands(made)) == []


def test_an_unknown_word_is_no_command(home):
    made = tree(home)
    assert made.command(("nope",)) is None
    assert made.command(("run", "nope")) is None
    assert "nope --help" not in asked(home)


def test_fixed_values_are_asked_once_and_kept(home):
    made = tree(home)
    assert made.values(("run",), "restart").values == (("no", ""), ("always", "every time"))
    assert made.values(("run",), "network").is_live
    made.values(("run",), "restart")
    assert asked(home).count("__complete run --restart ") == 1
    made.save()
    again = tree(home)
    again.load()
    assert again.known_values(("run",), "restart").directive == 4


def test_a_slow_answer_is_given_up(home):
    assert query.complete(str(home / "docker"), ["slow", ""], environment(home).variables, 0.2) is None


def test_a_new_program_or_plugin_is_a_new_tree(home):
    variables = environment(home).variables
    first = identify(home / "docker", variables, home)
    assert identify(home / "docker", variables, home) == first
    plugins = home / ".docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").write_text("x")
    second = identify(home / "docker", variables, home)
    assert second != first
    os.utime(home / "docker", (1, 1))
    assert identify(home / "docker", variables, home) not in (first, second)


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_a_damaged_kept_tree_is_made_again(home, kind):
    made = tree(home)
    made.crawl(threading.Event())
    (kept,) = (home / ".cache" / "machsh" / "docker-commands").glob("*.json")
    zoo.put(kept, kind)
    again = tree(home)
    assert again.command(("run",)) is not None
    again.save()
    last = tree(home)
    last.load()
    assert (last.known(("run",)) is not None) is (kind != "directory")


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), length=st.integers(0, 3))
def test_a_kept_tree_with_any_damage_is_empty_or_as_it_was(tmp_path_factory, place, byte, length):
    file = tmp_path_factory.getbasetemp() / "kept.json"
    commands = {("run",): CliCommand(path=("run",), help="Run", usages=("run IMAGE",))}
    kept_file.save(file, commands, {})
    content = file.read_bytes()
    place %= len(content)
    file.write_bytes(content[:place] + bytes([byte]) * length + content[place + 1 :])
    assert kept_file.load(file)[0] in ({}, commands)


@pytest.mark.parametrize("kind", zoo.KINDS)
def test_dockers_own_configuration_may_be_damaged(home, kind):
    zoo.put(home / ".docker" / "config.json", kind)
    zoo.put(home / ".docker" / "contexts" / "meta" / "x" / "meta.json", kind)
    assert identify(home / "docker", environment(home).variables, home)
    assert [one.name for one in contexts(home / ".docker")] == ["default"]


def test_a_cache_that_cannot_be_written_costs_nothing_else(home):
    (home / ".cache").write_text("a file where the folder should be")
    made = tree(home)
    made.crawl(threading.Event())
    assert made.known(("run",)) is not None
