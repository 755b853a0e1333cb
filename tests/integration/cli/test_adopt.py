"""`adopt` as a program: docker's contexts in one table, and what a wrong command line is told."""

import json

import pytest

from machsh.engine.docker_contexts import ContextStore, DockerContext
from machsh.testing.fake_engine import FakeEngine
from machsh.testing.fakes import FakeEnvironment
from tests.support.processes import run


def write(home, name, host, **mark):
    """Write a context as docker's CLI does; with a mark, as machsh does."""
    ContextStore(FakeEnvironment(home)).write(DockerContext(name, host, "", mark or {"Test": "1"}))
    if not mark:  # one of the user's own has no mark
        for path in (home / ".docker" / "contexts" / "meta").rglob("meta.json"):
            document = json.loads(path.read_text())
            if document["Name"] == name:
                del document["Metadata"]["Machsh"]
                path.write_text(json.dumps(document))


@pytest.fixture
def engine(tmp_path):
    with FakeEngine(tmp_path / "engine.sock") as one:
        yield one


@pytest.fixture
def home(tmp_path, engine):
    """A home with a context of every sort."""
    write(tmp_path, "good_one", engine.url)
    write(tmp_path, "plain", "tcp://192.0.2.7:2375")
    write(tmp_path, "pipe", "npipe:////./pipe/docker_engine")
    write(tmp_path, "gone", f"unix://{tmp_path}/none.sock")
    write(tmp_path, "empty", "")
    write(tmp_path, "machsh-web", "unix:///run/x.sock", Machine="web", Store="/s")
    broken = tmp_path / ".docker" / "contexts" / "meta" / "0abc"
    broken.mkdir()
    (broken / "meta.json").write_text("{")
    return tmp_path


def rows(home, *words):
    code, out, err = run(home, "adopt", "--contexts", "--json", *words)
    assert (code, err) == (0, "")
    return {row["context"]: row for row in json.loads(out)}


def test_every_context_has_a_row_that_says_what_became_of_it(home, engine):
    dry = rows(home, "--dry-run")
    assert (dry["good_one"]["machine"], dry["good_one"]["result"]) == ("good-one", "can be adopted")
    assert run(home, "ls", "-q")[1] == ""
    said = rows(home)
    assert said["good_one"]["result"] == "adopted"
    assert said["good_one"]["engine"]["version"] == engine.version
    assert "without TLS is not adopted" in said["plain"]["result"]
    assert "named pipe" in said["pipe"]["result"]
    assert "no such file" in said["gone"]["result"]
    assert "no docker endpoint" in said["empty"]["result"]
    assert "machsh's own" in said["machsh-web"]["result"]
    assert "cannot be read" in said["0abc"]["result"]
    assert run(home, "ls", "-q")[1] == "good-one\n"
    assert rows(home)["good_one"]["result"] == "skipped: it is a machine already"


def test_a_table_is_for_people(home):
    code, out, _ = run(home, "adopt", "--contexts", "-n")
    assert code == 0
    head, *lines = out.splitlines()
    assert head.split() == ["CONTEXT", "MACHINE", "ENGINE", "RUNNING", "RESULT"]
    assert any(line.split()[:3] == ["good_one", "good-one", "Docker"] for line in lines)


def test_one_context_may_be_given_another_name(home):
    code, out, _ = run(home, "adopt", "--context", "good_one", "mine")
    assert code == 0
    assert '"mine" is adopted; nothing on its host was changed.' in out
    assert run(home, "ls", "-q")[1] == "mine\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--context", "good-one"), 1, "did you mean good_one"),
        (("--context", "default"), 3, "`local`"),
        (("--contexts", "x"), 2, "takes no names"),
        (("--contexts", "--ssh", "web"), 2, "give one of --ssh, --contexts"),
        (("--ssh", "web", "--tls-ca", "ca.pem", "x"), 2, "--tls-ca does not go with --ssh"),
        (("tcp://192.0.2.7:2376", "--ssh-key", "k", "x"), 2, "--ssh-key does not go with URL"),
        (("tcp://192.0.2.7:2376", "--tls-ca", "k", "x"), 2, "--tls-cert, --tls-key is missing"),
        (("--ssh", "web"), 2, "takes one name"),
        (("web",), 2, "takes the engine and the new machine's name"),
        (("--ssh", "me:hunter2@web", "x"), 2, "takes no password"),
    ],
)
def test_a_wrong_line_is_told_what_is_right(home, words, code, said):
    done = run(home, "adopt", *words)
    assert (done[0], said in done[2]) == (code, True), done
    assert "hunter2" not in done[1] + done[2]
    assert run(home, "ls", "-q")[1] == ""


def test_paths_are_the_users_and_json_has_no_other_line(home, engine):
    code, out, err = run(home, "adopt", engine.url, "web", "--json")
    assert (code, err, json.loads(out)["machine"]) == (0, "", "web")


def test_under_docker_machines_name_there_is_no_such_command(home):
    assert "adopt" not in run(home, "help", name="docker-machine")[1]


def test_an_engine_that_is_a_machine_already_is_adopted_a_second_time_only_with_again(tmp_path):
    info = {"ID": "QZ7F:ABCD"}
    with (
        FakeEngine(tmp_path / "one.sock", info=info) as one,
        FakeEngine(tmp_path / "two.sock", info=info) as two,
    ):
        assert run(tmp_path, "adopt", one.url, "web")[0] == 0
        write(tmp_path, "other", two.url)
        code, _, err = run(tmp_path, "adopt", two.url, "again")
        assert (code, run(tmp_path, "ls", "-q")[1]) == (3, "web\n")
        assert f'This engine is the machine "web" already, reached by {one.url}' in err
        dry = rows(tmp_path, "--dry-run")["other"]
        assert (dry["machine"], dry["result"]) == ("web", "skipped: it is a machine already")
        assert rows(tmp_path)["other"]["result"] == "skipped: it is a machine already"
        assert rows(tmp_path, "--again")["other"]["result"] == "adopted"
        assert run(tmp_path, "adopt", "--again", two.url, "again")[0] == 0
