"""`contexts` and `ssh-config` as programs: what goes to which stream, and what a wrong line is told."""

import json

import pytest

from tests.support.processes import run
from tests.support.program import add_machines


@pytest.fixture
def home(tmp_path):
    add_machines(tmp_path, "web", "db")
    return tmp_path


def test_standard_output_of_json_is_json_alone(home):
    code, out, _ = run(home, "contexts", "sync", "--json")
    assert code == 0
    assert [one["context"] for one in json.loads(out)] == ["machsh-db", "machsh-web"]


def test_a_sync_says_which_machines_have_no_relay_and_how_to_get_one(home):
    _, out, err = run(home, "contexts", "sync")
    assert "machsh relay --install db web" in out + err


def test_a_docker_host_that_hides_contexts_is_told(home):
    _, out, err = run(home, "contexts", "sync", variables={"DOCKER_HOST": "tcp://192.0.2.1:2376"})
    assert "DOCKER_HOST is set (tcp://192.0.2.1:2376)" in out + err


@pytest.mark.parametrize("words", [(), ("sync",), ("sync", "--remove")], ids=["list", "sync", "remove"])
def test_a_damaged_context_that_stops_docker_is_told_with_its_folder(home, words):
    run(home, "contexts", "sync")
    folders = sorted((home / ".docker" / "contexts" / "meta").iterdir())
    (folders[0] / "meta.json").write_text('{"Name": "machsh-w')
    (folders[0].parent / "empty").mkdir()  # docker passes over it
    _, out, err = run(home, "contexts", *words)
    assert f"rm -r {folders[0]}" in out + err
    assert "empty" not in out + err


def test_the_list_is_a_table_and_changes_nothing(home):
    code, out, _ = run(home, "contexts")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["MACHINE", "db", "web"]
    assert not (home / ".docker" / "contexts").exists()


def test_where_nobody_can_be_asked_the_line_to_add_is_named(home):
    code, out, err = run(home, "ssh-config", "--write")
    assert code == 0
    assert f"Include {home}/.ssh/machsh_config" in out + err
    assert not (home / ".ssh" / "config").exists()
    assert run(home, "ssh-config", "--write", "-y")[0] == 0
    assert (home / ".ssh" / "config").read_text() == f"Include {home}/.ssh/machsh_config\n"


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("contexts", "--remove"), 2, "contexts sync --remove"),
        (("contexts", "push"), 2, "one of list, sync"),
        (("ssh-config", "nosuch"), 1, "machsh ls"),
        (("ssh-config", "--file", "x"), 2, "--write --file FILE"),
        (("ssh-config", "--write", "web"), 2, "leave the names out"),
        (("relay", "web", "db"), 2, "give one name"),
        (("relay", "--install", "--remove", "web"), 2, "give one of"),
        (("relay", "--install", "web", "nosuch"), 1, "machsh ls"),
    ],
)
def test_a_wrong_line_is_told_and_changes_nothing(home, words, code, hint):
    found, out, err = run(home, *words)
    assert (found, hint in out + err) == (code, True)
    assert not (home / ".config").exists()
    assert not (home / ".ssh").exists()


def test_none_of_them_is_a_command_of_docker_machine(home):
    for word in ("relay", "contexts", "ssh-config"):
        assert word not in run(home, "--help", name="docker-machine")[1]
