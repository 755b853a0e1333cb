import os

import pytest

from machsh.drivers.bridge import program_search
from machsh.drivers.bridge.program_search import INNER_DRIVERS
from machsh.errors import RefusedError
from machsh.testing.fakes import FakeEnvironment


@pytest.fixture
def environment(tmp_path):
    found = FakeEnvironment(tmp_path)
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    found.take("PATH", os.pathsep.join([f"{tmp_path}/first", "relative", f"{tmp_path}/second"]))
    return found


def program(folder, name, content="\x7fELF"):
    path = folder / name
    path.write_text(content)
    path.chmod(0o755)
    return path


def test_a_drivers_own_program_comes_before_those_with_drivers_inside(environment, tmp_path):
    program(tmp_path / "first", "docker-machine")
    own = program(tmp_path / "second", "docker-machine-driver-exoscale")
    found = program_search.find("exoscale", environment)
    assert (found.path, found.driver, found.is_given) == (own, "exoscale", False)


def test_drivers_inside_docker_machine_are_looked_for_by_its_names_only(environment, tmp_path):
    inside = program(tmp_path / "second", "rancher-machine")
    assert program_search.find("exoscale", environment).path == inside
    assert program_search.find("exosclae", environment) is None
    environment.driver_program = str(inside)
    assert program_search.find("harvester", environment).path == inside


def test_a_given_program_comes_first_and_is_remembered(environment, tmp_path):
    program(tmp_path / "first", "docker-machine-driver-x")
    other = program(tmp_path, "another-machine")
    found = program_search.find("x", environment, str(other))
    assert (found.path, found.driver, found.is_given) == (other, "x", True)


def test_a_path_is_a_driver_by_the_name_of_its_file(environment, tmp_path):
    path = program(tmp_path, "docker-machine-driver-mine")
    found = program_search.find(str(path), environment)
    assert (found.path, found.driver, found.is_given) == (path, "mine", True)


def test_relative_folders_of_path_are_not_searched(environment, tmp_path, monkeypatch):
    (tmp_path / "relative").mkdir()
    program(tmp_path / "relative", "docker-machine-driver-x")
    monkeypatch.chdir(tmp_path)
    assert program_search.find("x", environment) is None
    assert program_search.names(environment) == []


def test_a_docker_machine_that_is_machsh_is_passed_over(environment, tmp_path):
    program(tmp_path / "first", "docker-machine", "#!/usr/bin/python3\nfrom machsh.cli import main\n")
    assert program_search.find("exoscale", environment) is None
    real = program(tmp_path / "second", "docker-machine")
    assert program_search.find("exoscale", environment).path == real
    with pytest.raises(RefusedError, match="is machsh itself"):
        program_search.find("exoscale", environment, str(tmp_path / "first" / "docker-machine"))


def test_names_are_those_of_programs_that_can_run(environment, tmp_path):
    program(tmp_path / "first", "docker-machine-driver-b")
    program(tmp_path / "second", "docker-machine-driver-a")
    program(tmp_path / "second", "docker-machine-driver-")
    (tmp_path / "second" / "docker-machine-driver-c").write_text("no program")
    (tmp_path / "second" / "docker-machine-driver-d").mkdir()
    assert program_search.names(environment) == ["a", "b"]
    program(tmp_path / "second", "docker-machine")
    assert program_search.names(environment) == sorted(["a", "b", *INNER_DRIVERS])
