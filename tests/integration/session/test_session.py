"""The session and its children."""

import socket

import pytest

from machsh.engine import local_engine
from machsh.errors import MachshError
from machsh.session.opening import begin
from machsh.session.resolve import DockerCommand, resolve
from machsh.session.session import Mode


def test_the_folder_is_where_children_run(session, home):
    (home / "x").mkdir()
    session.folder = home / "x"
    assert session.folder == home / "x"
    session.runner.execute("!pwd")
    assert session.environment.out == f"{home / 'x'}\n"
    with pytest.raises(MachshError, match="no such file"):
        session.folder = home / "none"


def test_docker_runs_on_the_named_machine(session):
    assert session.runner.run_docker(["where"], "b") == 0
    assert session.environment.out == "b tcp://b.test:2376\n"
    assert session.active == "a"


@pytest.mark.parametrize("child", ["docker", "program"])
def test_a_child_of_a_command_does_not_write_onto_an_open_step(open_one, child):
    session = open_one(Mode.BATCH, "a", terminal=True)
    with session.calls.begin(session.environment) as call:
        call.progress.step("Checking 3 machines...")
        if child == "docker":
            session.runner.run_docker(["where"], "a")
        else:
            session.runner.run_program(["/bin/sh", "-c", "echo said"])
    checked, said = session.environment.out.splitlines()[-2:]
    assert "Checking 3 machines" in checked
    assert "Checking" not in said


def test_then_this_computer_when_its_engine_answers(open_one, home):
    session = open_one(Mode.BATCH)
    path = home / "docker.sock"
    session.environment.variables["DOCKER_HOST"] = f"unix://{path}"
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(path))
        engine.listen()
        assert local_engine.answers(session.environment)
        begin(session)
        assert session.active == "local"
        assert session.endpoint().url == f"unix://{path}"
    assert not local_engine.answers(session.environment)


WAYS = [
    "docker proxies",
    "proxies",
    "@a docker proxies",
    "docker proxies | cat",
    "!docker proxies",
    "!echo $NO_PROXY $no_proxy",
    "if docker proxies; end",
    'echo "$(docker proxies)"',
]


@pytest.mark.parametrize("line", WAYS)
def test_no_way_to_docker_leads_through_the_users_proxy(session, home, line):
    (home / "bin" / "docker").write_text(
        "#!/bin/sh\ncase $1 in --help) printf 'Usage:  docker\\n\\nCommands:\\n  proxies   Show\\n';;"
        ' *) echo "$NO_PROXY $no_proxy";; esac\n'
    )
    session.environment.variables |= {"HTTPS_PROXY": "http://127.0.0.1:9", "no_proxy": "b.test"}
    (home / "out").touch()
    with (home / "out").open("w") as file:
        session.environment.stdout = file
        assert session.runner.execute(line) == 0
    assert (home / "out").read_text().split() in (
        ["b.test,a.test"] * 2,
        ["a"] + ["|"] + ["b.test,a.test"] * 2,
    )


def test_a_docker_that_does_not_tell_its_commands_is_called_all_the_same(session, tmp_path):
    program = tmp_path / "mute" / "docker"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    session.environment.variables["PATH"] = str(program.parent)
    assert resolve(["ps", "-a"], session) == DockerCommand(("ps", "-a"))
