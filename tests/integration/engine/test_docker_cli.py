import os

import pytest

from machsh.engine import docker_cli
from machsh.engine.endpoint import Endpoint
from machsh.engine.sdk import Fallback
from machsh.errors import MachshError
from machsh.process.foreground import Foreground
from machsh.testing.fakes import FakeEnvironment

ENDPOINT = Endpoint("unix:///nowhere/docker.sock")


def program(folder, name, text="#!/bin/sh\nexit 0\n"):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)
    return file


def environment(tmp_path, *folders, called="machsh"):
    path = os.pathsep.join(map(str, folders))
    return FakeEnvironment(tmp_path, variables={"PATH": path}, program=str(called))


def run(words, mine, seconds=None):
    """What the session does with a docker command that runs alone."""
    prepared = docker_cli.prepare(docker_cli.find(mine), ENDPOINT, words, mine)
    return Foreground(mine).run(prepared.argv, prepared.variables, seconds=seconds).code


def test_the_first_docker_on_the_path(tmp_path):
    first = program(tmp_path / "a", "docker")
    program(tmp_path / "b", "docker")
    assert docker_cli.find(environment(tmp_path, tmp_path / "a", tmp_path / "b")) == first


def test_never_ourselves(tmp_path):
    ours = program(tmp_path / "a", "machsh")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "docker").symlink_to(ours)
    real = program(tmp_path / "c", "docker")
    found = docker_cli.find(environment(tmp_path, tmp_path / "b", tmp_path / "c", called=ours))
    assert found == real


def test_never_an_alias_of_docker_machine(tmp_path):
    other = program(tmp_path / "a", "docker-machine")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "docker").symlink_to(other)
    assert docker_cli.find(environment(tmp_path, tmp_path / "b")) is None


def test_not_executable_does_not_count(tmp_path):
    program(tmp_path / "a", "docker").chmod(0o644)
    assert docker_cli.find(environment(tmp_path, tmp_path / "a")) is None


def test_the_path_is_walked_once_until_it_changes(tmp_path, monkeypatch):
    first, second = program(tmp_path / "a", "docker"), program(tmp_path / "b", "docker")
    walks = []
    search = docker_cli._search
    monkeypatch.setattr(docker_cli, "_search", lambda mine: walks.append(1) or search(mine))
    mine = environment(tmp_path, tmp_path / "a", tmp_path / "b")
    assert [docker_cli.find(mine) for _ in range(3)] == [first] * 3
    assert len(walks) == 1
    mine.variables["PATH"] = str(tmp_path / "b")
    assert [docker_cli.find(mine) for _ in range(3)] == [second] * 3
    assert len(walks) == 2


@pytest.mark.parametrize("spoil", [lambda file: file.unlink(), lambda file: file.chmod(0o644)])
def test_a_cli_that_is_gone_is_looked_for_anew(tmp_path, spoil):
    first, second = program(tmp_path / "a", "docker"), program(tmp_path / "b", "docker")
    mine = environment(tmp_path, tmp_path / "a", tmp_path / "b")
    assert docker_cli.find(mine) == first
    spoil(first)
    assert docker_cli.find(mine) == second


def test_a_cli_that_comes_is_found(tmp_path):
    mine = environment(tmp_path, tmp_path / "a")
    assert docker_cli.find(mine) is None
    assert docker_cli.find(mine) is None
    program(tmp_path / "a", "docker")
    assert docker_cli.find(mine) == tmp_path / "a" / "docker"


def test_a_relative_folder_follows_the_working_folder(tmp_path, monkeypatch):
    mine = environment(tmp_path, "bin")
    for place in ("x", "y"):
        program(tmp_path / place / "bin", "docker")
        monkeypatch.chdir(tmp_path / place)
        assert docker_cli.find(mine).resolve() == tmp_path / place / "bin" / "docker"
    monkeypatch.chdir(tmp_path)
    assert docker_cli.find(mine) is None


def test_variables_are_for_the_child_only(tmp_path):
    mine = FakeEnvironment(tmp_path, variables={"DOCKER_CONTEXT": "prod", "X": "1"})
    prepared = docker_cli.prepare(tmp_path / "docker", ENDPOINT, ["ps", "-a"], mine, "web")
    assert prepared.argv == (str(tmp_path / "docker"), "ps", "-a")
    assert "DOCKER_CONTEXT" not in prepared.variables
    assert prepared.variables["DOCKER_MACHINE_NAME"] == "web"
    assert prepared.variables["X"] == "1"
    assert mine.variables["DOCKER_CONTEXT"] == "prod"


@pytest.mark.parametrize("code", [0, 1, 7, 125, 126, 127])
def test_exit_codes_pass_unchanged(tmp_path, code):
    program(tmp_path / "a", "docker", f"#!/bin/sh\nexit {code}\n")
    assert run(["ps"], environment(tmp_path, tmp_path / "a")) == code


def test_a_signal_is_128_and_its_number(tmp_path):
    program(tmp_path / "a", "docker", "#!/bin/sh\nkill -TERM $$\n")
    assert run(["ps"], environment(tmp_path, tmp_path / "a")) == 143


def test_output_reaches_streams_in_memory(tmp_path):
    program(tmp_path / "a", "docker", '#!/bin/sh\necho "$DOCKER_HOST $1"\necho oops >&2\n')
    mine = environment(tmp_path, tmp_path / "a")
    assert run(["ps"], mine) == 0
    assert mine.stdout.getvalue() == "unix:///nowhere/docker.sock ps\n"
    assert mine.stderr.getvalue() == "oops\n"


def test_a_time_limit_only_when_given(tmp_path):
    program(tmp_path / "a", "docker", "#!/bin/sh\nexec sleep 30\n")
    assert run(["ps"], environment(tmp_path, tmp_path / "a", "/bin"), seconds=0.2) == 143


def test_without_a_cli_other_commands_name_the_remedy(tmp_path):
    with pytest.raises(MachshError, match="docker compose: no docker CLI") as caught:
        Fallback(environment(tmp_path)).run(ENDPOINT, ["compose", "up"])
    assert "install the docker CLI" in caught.value.hint
    assert caught.value.code == 127


def test_without_a_cli_the_note_comes_once(tmp_path):
    mine = environment(tmp_path, tmp_path / "none")
    kept = Fallback(mine)
    for _ in range(2):
        with pytest.raises(MachshError, match="Cannot connect to the Docker daemon at unix:///nowhere"):
            kept.run(ENDPOINT, ["ps"])
    assert mine.stderr.getvalue().count("no docker CLI") == 1
