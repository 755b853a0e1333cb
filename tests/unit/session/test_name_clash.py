"""Words that machines and containers share."""

import pytest

from machsh.session import name_clash, one_shot
from machsh.session.session import Mode

ID = "3f2a" + "0" * 60


@pytest.fixture
def shell(open_one):
    session = open_one(Mode.SHELL, "web", "m")
    session.use("m")
    session.hooks.container_names = lambda machine, endpoint: {"web", "db", ID}
    return session


@pytest.mark.parametrize("word", name_clash.SHARED)
def test_both_is_refused_with_both_spellings(shell, word):
    assert shell.runner.execute(f"{word} web") == 3
    assert shell.environment.err == (
        f'"web" is a machine and also a container on m\n'
        f"  hint: say which: machine {word} web, or docker {word} web\n"
    )


@pytest.mark.parametrize("word", name_clash.SHARED)
def test_a_container_alone_fails_and_docker_is_offered(shell, word):
    assert shell.runner.execute(f"{word} db") == 1
    assert shell.environment.err == f'"db" is no machine, it is a container on m\n  hint: docker {word} db\n'


def test_only_the_first_word_of_a_rename_is_a_name(shell):
    assert shell.runner.execute("rename db other") == 1
    assert shell.environment.err.endswith("hint: docker rename db other\n")
    assert shell.runner.execute("rename m db") == 0
    assert sorted(shell.machines.names()) == ["db", "web"]
    assert shell.active == "db"


@pytest.mark.parametrize("line", ["rm -y m web", "rm -y web m", "rm web -y"])
def test_one_clashing_name_refuses_the_line(shell, line):
    assert shell.runner.execute(line) == 3
    assert sorted(shell.machines.names()) == ["m", "web"]


def test_a_containers_id_counts(shell):
    assert shell.runner.execute("stop 3f2a") == 1
    assert "docker stop 3f2a" in shell.environment.err


@pytest.mark.parametrize("line", ["machine rm -y web", "rm -y machine:web"])
def test_said_to_be_a_machine(shell, line):
    assert shell.runner.execute(line) == 0
    assert shell.machines.names() == ["m"]


def test_help_is_no_name(shell):
    assert shell.runner.execute("rm --help") == 0


def test_one_shot_means_machines(open_one):
    session = open_one(Mode.ONE_SHOT, "web", "m")
    session.active = "m"
    session.hooks.container_names = lambda machine, endpoint: {"web"}
    assert one_shot.run(session, ["rm", "-y", "web"]) == 0
