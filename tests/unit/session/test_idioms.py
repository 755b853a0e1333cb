"""Lines made for other shells."""

import pytest

from machsh.session import idioms

SWITCHES = [
    ('eval "$(docker-machine env b)"', "b"),
    ("eval $(docker-machine env b)", "b"),
    ("eval $(machsh env b)", "b"),
    ("eval $(machine env --shell bash b)", "b"),
    ("  eval `docker-machine env b`", "b"),
    ('eval "`docker-machine env b`"  # switch', "b"),
    ("eval (docker-machine env b)", "b"),
    ("docker-machine env b | source", "b"),
    ("docker-machine env --shell=fish b | source -", "b"),
    ("& docker-machine env b | Invoke-Expression", "b"),
    (r'& "C:\bin\docker-machine.exe" env --shell powershell b | iex', "b"),
    ("docker-machine env b | Invoke-Expression", "b"),
    ("""FOR /f "tokens=*" %i IN ('docker-machine env b') DO %i""", "b"),
    ("""@for /f "tokens=*" %%i in ('docker-machine env --shell cmd b') do @%%i""", "b"),
    ('eval "$(docker-machine env --swarm --no-proxy b)"', "b"),
    ('eval "$(docker-machine env -u)"', "local"),
    ("eval $(docker-machine env --unset --shell zsh)", "local"),
    ("eval $(/usr/local/bin/docker-machine env b);", "b"),
    ("eval $(docker-machine env)", "default"),
    ("eval $(docker-machine env $NAME)", "$NAME"),
]


@pytest.mark.parametrize(("line", "name"), SWITCHES)
def test_a_switch_of_another_shell_is_use(line, name):
    assert idioms.switched(line) == name
    assert idioms.translated(f"ls\n{line}\nps") == (
        f"ls\n{' ' * (len(line) - len(line.lstrip()))}use {name}\nps",
        [f"use {name}"],
    )


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ('eval "$(docker-machine env b)" && docker ps', "use b && docker ps"),
        ("cd x; eval `docker-machine env b`; ps", "cd x; use b; ps"),
        ("false||eval $(docker-machine env b)&&ps", "false||use b&&ps"),
        ("docker-machine env b | source; ps", "use b; ps"),
    ],
)
def test_a_switch_may_be_one_command_of_a_line(line, meant):
    assert idioms.translated(line) == (meant, ["use b"])


@pytest.mark.parametrize(
    "line",
    [
        "!eval $(docker-machine env b)",
        "!echo a; eval $(docker-machine env b)",
        'echo "a; eval $(machine env b)"',
    ],
)
def test_what_the_system_s_shell_or_a_quote_holds_stays(line):
    assert idioms.translated(line) == (line, [])


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("%1", "fg 1"),
        ("%%", "fg"),
        ("kill %2", "jobs --kill 2"),
        ("kill -9 %2", "jobs --kill 2"),
        ("kill %x", "kill %x"),
    ],
)
def test_jobs_by_their_sign(line, meant):
    assert idioms.translated(line) == (meant, [])


@pytest.mark.parametrize(
    "line",
    ["env b", "docker-machine env b", "eval $(ls)", "echo eval", "docker-machine env b | grep HOST", ""],
)
def test_other_lines_stay(line):
    assert idioms.translated(line) == (line, [])


@pytest.mark.parametrize(
    "line", ["export A=1", "A=1 docker ps", "set -gx A 1", "setenv A 1", "$Env:A = 1", "SET A=1"]
)
def test_how_a_variable_is_set_here(line):
    assert idioms.hint(line) == "variables are set with: set A=1"


def test_a_batch_switches_and_says_how(session):
    from machsh.session.executor import Executor

    assert Executor(session).execute('eval "$(docker-machine env b)"') == 0
    assert session.active == "b"
    assert "use b does that" in session.environment.err


@pytest.mark.parametrize(
    "line",
    ["export A=1", "A=1 docker ps", "set -gx A 1", "set -x A 1", "$Env:A = 1", '$env:A="1"', "SET A=1"],
)
def test_an_unknown_command_that_sets_a_variable_gets_the_hint(session, line):
    from machsh.session.executor import Executor

    session.kept_docker_words = frozenset(("export", "ps"))
    assert Executor(session).execute(line) == 2
    assert "set A=" in session.environment.err


@pytest.mark.parametrize("line", ["set A=1", "set", "export web", "export -o f web"])
def test_words_of_ours_and_of_docker_stay(line):
    assert idioms.hint(line) == ""
    assert not idioms.sets_variable(line)


@pytest.mark.parametrize(
    "line", ["sudo docker ps -a", "sudo -E docker-machine ls", "while true; do ls; done"]
)
def test_sudo_and_loops_get_a_hint(line):
    assert idioms.hint(line)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("alias x=y", "[aliases]"),
        ("type docker", "!type docker"),
        ("command -v docker", "!command -v docker"),
        ("pushd /tmp", "cd FOLDER"),
        (". f.sh", "source FILE"),
        ("ll", "ls lists the machines"),
        ("done", "end"),
        ("case x in", "if and for"),
        ("man ls", "!man ls"),
        ("sudo apt install x", "!sudo apt install x"),
        ("export DOCKER_HOST=tcp://1.2.3.4:2376", "use NAME"),
        ('$Env:DOCKER_HOST = "tcp://1.2.3.4:2376"', "use NAME"),
        ("set -gx DOCKER_CERT_PATH /x", "use NAME"),
    ],
)
def test_words_of_other_shells_get_a_hint(session, line, hint):
    from machsh.session.executor import Executor

    session.kept_docker_words = frozenset(("export", "ps"))
    assert Executor(session).execute(line) == 2
    assert hint in session.environment.err


@pytest.mark.parametrize("line", ["set DOCKER_HOST=tcp://1.2.3.4:2376", "unset DOCKER_HOST"])
def test_that_docker_s_variables_do_not_switch_is_told(session, line):
    from machsh.session.executor import Executor

    assert Executor(session).execute(line) == 0
    assert "use NAME" in session.environment.err


@pytest.mark.parametrize("line", ["docker-machine.exe ls -q", "machsh.EXE ls -q"])
def test_a_program_s_ending_of_windows_is_no_matter(session, line):
    from machsh.session.executor import Executor

    assert Executor(session).execute(line) == 0
