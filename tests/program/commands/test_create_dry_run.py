"""`create --dry-run` checks as `create` does, lists what would be made, and writes nothing."""

from tests.support.processes import run

NONE = ("create", "-d", "none", "--url", "tcp://192.0.2.1:2376", "--dry-run")


def test_it_lists_what_would_be_made_and_makes_nothing(tmp_path):
    code, out, err = run(tmp_path, *NONE, "web")
    assert code == 0, err
    head, row = out.splitlines()[-2:]
    assert head.split() == ["KIND", "NAME", "DETAILS", "COST"]
    assert row.split()[:2] == ["host", "web"]
    assert not (tmp_path / ".docker" / "machine" / "machines" / "web").exists()
    assert not list((tmp_path / ".docker").rglob("*.pem"))


def test_what_create_would_refuse_is_refused(tmp_path):
    assert run(tmp_path, *NONE, "a b")[0] != 0
    code, _, err = run(tmp_path, "create", "-d", "none", "--dry-run", "web")
    assert code != 0
    assert "url" in err.lower()


def test_docker_machine_does_not_know_it(tmp_path):
    code, _, err = run(tmp_path, *NONE, "web", name="docker-machine")
    assert code == 1
    assert "flag provided but not defined: -dry-run" in err
