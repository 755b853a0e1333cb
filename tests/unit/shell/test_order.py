"""What a menu offers first."""

from dataclasses import replace

import pytest

from machsh.language.parser import KEYWORDS
from machsh.shell.completion.grammar import KEYWORDS as GRAMMARS
from tests.support.shelf import offered, shelf


@pytest.mark.parametrize("line", ["create ", "create -", "create --"])
def test_the_driver_comes_first_and_swarm_last(line):
    words = offered(line)
    assert words[0] == "--driver"
    engine, swarm = [[n for n, w in enumerate(words) if w.startswith(p)] for p in ("--engine", "--swarm")]
    assert max(engine) < min(swarm)
    assert max(swarm) == len(words) - 1
    assert words.index("--if-missing") < min(engine)


@pytest.mark.parametrize("driver", ["docker", "generic"])
def test_the_drivers_own_options_follow_the_driver(driver):
    sources = shelf()
    offered(f"create -d {driver} --", sources)
    words = offered(f"create -d {driver} --", sources)
    own = [n for n, word in enumerate(words) if word.startswith(f"--{driver}")]
    assert own == list(range(1, len(own) + 1))


def test_options_with_a_letter_come_first_in_commands_of_ours():
    words = offered("history --")
    assert words[0] == "--number"


def test_dockers_common_options_come_first():
    assert offered("docker run --")[:5] == ["--interactive", "--tty", "--detach", "--rm", "--name"]


def test_dockers_common_commands_come_first():
    assert offered("docker ")[:3] == ["ps", "run", "exec"]


def test_running_machines_first_and_the_active_one():
    assert offered("rm ")[0] == "alpha"
    assert offered("use ")[0] == "prod"


def test_running_containers_first():
    sources = shelf()
    found = sources.live.offer("alpha", "container")
    sources.live.offer = lambda machine, kind: replace(found, candidates=found.candidates[::-1])
    assert offered("docker logs ", sources) == ["web-1", "db"]


def test_keywords_are_the_languages():
    assert GRAMMARS is KEYWORDS
    words = offered("")
    assert set(KEYWORDS) <= set(words)
    assert "while" not in words
