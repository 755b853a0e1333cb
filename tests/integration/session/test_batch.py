"""Files, -c and standard input."""

import pytest

from machsh.errors import MachshError, RefusedError, UsageError
from machsh.session import batch
from machsh.session.batch import Batch, BatchOptions
from machsh.session.session import Mode


def run(session, text, arguments=(), **options):
    return batch.run(session, Batch(text, "f"), arguments, BatchOptions(**options))


def test_arguments(session):
    assert run(session, 'words $1 "$2" $#\nwords "$@"', ["x", "y z"]) == 0
    assert session.environment.out == "[x]\n[y z]\n[2]\n[x]\n[y z]\n"
    assert session.arguments == []


def test_a_file(session, home):
    path = home / "x.machsh"
    path.write_bytes(b"\xef\xbb\xbf#!/usr/bin/env machsh\r\nactive\r\n")
    assert batch.run(session, Batch.of_file(path), []) == 0
    assert session.environment.out == "a\n"


def test_files_that_cannot_be_read(home):
    with pytest.raises(MachshError, match="no such file"):
        Batch.of_file(home / "none")
    (home / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(MachshError, match="not text in UTF-8"):
        Batch.of_file(home / "binary")


def test_standard_input(open_one):
    session = open_one(Mode.BATCH, "a", stdin="use a\nactive\n")
    assert batch.run(session, Batch.of_input(session), []) == 0
    assert session.environment.out == "a\n"


def test_source_runs_in_the_session(session, home):
    (home / "x").write_text("use $1\nset X=$#\n")
    assert run(session, "source x b\nactive\necho $X") == 0
    assert session.environment.out == "b\n1\n"


def test_source_stops_at_its_first_failure(session, home):
    (home / "x").write_text("echo 1\ndocker exit 4\necho 2\n")
    assert run(session, "source x\necho 3") == 4
    assert session.environment.out == "1\n"
    assert (
        session.environment.err == f"{home}/x:2:1: docker exit 4: exit code 4\nf:1:1: source x: exit code 4\n"
    )


def test_keep_going(session):
    assert run(session, "docker exit 4\nnosuch\necho on\ndocker exit 5\necho on", keep_going=True) == 5
    assert session.environment.out == "on\non\n"
    assert len([line for line in session.environment.err.splitlines() if line.startswith("f:")]) == 3


def test_keep_going_inside_blocks(session):
    assert run(session, "for x in 1 2; docker exit 4; echo $x; end\necho on", keep_going=True) == 4
    assert session.environment.out == "1\n2\non\n"


def test_trace(session):
    text = "use b  # away\nwords 'a b'\nif docker exit 1\nend\nfor x in 1; echo $x; end"
    assert run(session, text, trace=True) == 0
    assert session.environment.err.splitlines() == [
        "a ❯ use b",
        "b ❯ words 'a b'",
        "b ❯ if docker exit 1",
        "b ❯ echo $x",
    ]


def test_check_runs_nothing(session):
    assert run(session, "use b\nrm -y a\nset X=1\nwords $(ls -q) $X | grep x", check=True) == 0
    assert (session.active, session.machines.names()) == ("a", ["a", "b"])
    assert session.environment.out == session.environment.err == ""


def test_check_tells_every_fault(session):
    text = "nosuch\nls --nosuch\nif psx\n create --driver nosuch x\nend\nfor x in $(lsx); @a usex b; end\nps | greppp"
    assert run(session, text, check=True) == 2
    told = [line.partition(": ")[0] for line in session.environment.err.splitlines() if line.startswith("f:")]
    assert told == ["f:1:1", "f:2:1", "f:3:4", "f:4:2", "f:6:12", "f:6:21", "f:7:6"]


def test_check_of_what_does_not_parse(session):
    assert run(session, "echo 'a", check=True) == 2
    assert session.environment.err.startswith("f:1:6: the quote ' is not closed\n")


def test_resume_skips_what_is_done(session, home, open_one):
    path = home / "done"
    options = {"checkpoint": path, "resume": True}
    assert run(session, "use b\nset X=7\necho one\n!test -e go\necho $X", **options) == 1
    assert session.environment.out == "one\n"
    assert "one" not in path.read_text()
    (home / "go").write_text("")
    again = open_one(Mode.BATCH)
    assert run(again, "use b\nset X=7\necho one\n!test -e go\necho $X", **options) == 0
    assert again.environment.out == "7\n"
    assert again.active == "b"
    assert not path.exists()


def test_a_changed_statement_is_refused(session, home):
    options = {"checkpoint": home / "done", "resume": True}
    assert run(session, "echo one\ndocker exit 3", **options) == 3
    assert run(session, "echo two\ndocker exit 3", **options) == 3
    assert "f:1:1: this statement has changed since the checkpoint was written" in session.environment.err


def test_other_arguments_are_refused(session, home):
    options = {"checkpoint": home / "done", "resume": True}
    assert run(session, "echo one\ndocker exit 3", ["x"], **options) == 3
    with pytest.raises(RefusedError, match="other arguments"):
        run(session, "echo one\ndocker exit 3", ["y"], **options)


def test_a_checkpoint_without_resume_begins_anew(session, home):
    for _ in range(2):
        assert run(session, "echo one\ndocker exit 3", checkpoint=home / "done") == 3
    assert session.environment.out == "one\none\n"


def test_a_foreign_file_is_no_checkpoint(session, home):
    (home / "done").write_text("precious")
    with pytest.raises(RefusedError, match="is not a checkpoint"):
        run(session, "echo", checkpoint=home / "done", resume=True)
    assert (home / "done").read_text() == "precious"


def test_resume_needs_a_checkpoint(session):
    with pytest.raises(UsageError, match="--resume needs --checkpoint"):
        run(session, "echo", resume=True)


def test_ctrl_c_ends_a_batch(session):
    assert run(session, "- !kill -INT $$\necho on") == 130
    assert run(session, "for x in 1 2; docker exit 130; end\necho on", keep_going=True) == 130
    assert session.environment.out == ""
