"""What the engine's files were is kept until the engine runs with the new ones, and put back when it does not."""

import os
from dataclasses import replace

import pytest

from machsh.errors import DeadlineError, InterruptedByUserError
from machsh.provision import rollback
from machsh.provision.apply import StepError, apply
from machsh.provision.facts import probe
from machsh.provision.provisioner import Plan, Recovery, Step
from tests.support.runners import Local, Told


@pytest.fixture
def etc(tmp_path, monkeypatch):
    """A folder with a file that the engine reads; copies are kept beside it."""
    monkeypatch.setattr(rollback, "FOLDER", str(tmp_path / "lib" / "former"))
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "daemon.json").write_text("old")
    (folder / "daemon.json").chmod(0o640)
    os.utime(folder / "daemon.json", (1_000_000, 1_000_000))
    return folder


@pytest.fixture
def former(tmp_path, etc):
    return tmp_path / "lib" / "former"


def write(path, content="new"):
    return Step(f"write {path.name}", file=str(path), content=content, is_engine_file=True)


def shell(script, *words):
    return ("sh", "-c", script, "sh", *words)


def engine(etc, *, goes_with="old"):
    """A step that 'starts an engine', which takes daemon.json only with this content."""
    script = (
        'echo start >> "$1/log"; [ "$(cat "$1/daemon.json")" = "$2" ] || { echo "bad settings" >&2; exit 7; }'
    )
    start = (shell(script, str(etc), goes_with),)
    return Step("restart the engine", commands=start, recovery=Recovery((), start), unit="no-such-unit")


def files(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != "log"}


def test_a_good_change_leaves_no_copies(etc, former):
    apply(Plan((write(etc / "daemon.json"), engine(etc, goes_with="new"))), Local(), Told())
    assert files(etc) == {"daemon.json": "new"}
    assert not former.exists()


def test_what_the_engine_refuses_is_put_back_and_the_engine_started_again(etc, former):
    steps = (write(etc / "daemon.json"), write(etc / "machsh.json"), engine(etc))
    with pytest.raises(StepError) as caught:
        apply(Plan(steps), Local(), Told(), name="m1")
    assert files(etc) == {"daemon.json": "old"}
    assert (etc / "log").read_text() == "start\nstart\n"
    seen = (etc / "daemon.json").stat()
    assert (seen.st_mode & 0o777, seen.st_mtime) == (0o640, 1_000_000)
    assert not former.exists()
    first, *rest = str(caught.value).splitlines()
    assert first == (
        "restart the engine: failed with exit code 7; the engine runs again with its former settings"
    )
    assert "  bad settings" in rest
    assert "machsh provision --engine-opt FLAG=VALUE m1" in caught.value.hint


def test_an_engine_that_does_not_start_with_the_former_files_either_is_said_so(etc, former):
    with pytest.raises(StepError) as caught:
        apply(Plan((write(etc / "daemon.json"), engine(etc, goes_with="third"))), Local(), Told())
    assert str(caught.value).startswith(
        "restart the engine: failed with exit code 7; the former settings were put back\n"
    )
    assert files(etc) == {"daemon.json": "old"}
    assert not former.exists()


def test_a_removed_file_comes_back(etc, former):
    (etc / "drop-in.conf").write_text("[Service]")
    removal = (("rm", "-f", str(etc / "drop-in.conf")),)
    step = Step("remove it", commands=removal, file=str(etc / "drop-in.conf"), is_engine_file=True)
    with pytest.raises(StepError):
        apply(Plan((step, engine(etc, goes_with="x"))), Local(), Told())
    assert files(etc) == {"daemon.json": "old", "drop-in.conf": "[Service]"}


def test_a_file_that_cannot_be_written_undoes_those_before_it(etc, former):
    (etc / "blocked").write_text("")
    steps = (write(etc / "daemon.json"), write(etc / "blocked" / "below"))
    with pytest.raises(StepError, match="the former settings were put back"):
        apply(Plan(steps), Local(), Told())
    assert files(etc) == {"daemon.json": "old", "blocked": ""}


def test_any_step_that_fails_undoes_the_files_before_it(etc, former):
    with pytest.raises(StepError, match="the former settings were put back"):
        apply(Plan((write(etc / "daemon.json"), Step("open a port", (("false",),)))), Local(), Told())
    assert files(etc) == {"daemon.json": "old"}


def test_content_that_is_judged_bad_replaces_nothing(etc, former):
    judge = shell('! grep -q bad "$1" || { echo "key bad is unknown" >&2; exit 1; }')
    step = replace(write(etc / "daemon.json", "bad"), validates=judge)
    with pytest.raises(StepError, match="key bad is unknown") as caught:
        apply(Plan((step, engine(etc))), Local(), Told())
    assert "the engine refuses these settings; the old ones stay" in str(caught.value)
    assert files(etc) == {"daemon.json": "old"}
    assert not (etc / "log").exists()
    apply(Plan((replace(step, content="good"),)), Local(), Told())
    assert files(etc) == {"daemon.json": "good"}


class BreaksOff(Local):
    """Runs a number of commands; then the connection is gone, or Ctrl-C is pressed."""

    def __init__(self, count, error):
        self.left, self.error = count, error

    def run(self, words, *, stdin=b"", seconds=60.0):
        self.left -= 1
        if self.left < 0:
            raise self.error
        return super().run(words, stdin=stdin, seconds=seconds)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), DeadlineError("gone")])
def test_the_run_after_one_that_was_cut_off_still_has_the_files_of_the_engine_that_runs(etc, former, error):
    steps = (write(etc / "daemon.json", "half"), write(etc / "other"), engine(etc))
    with pytest.raises((InterruptedByUserError, StepError)):
        apply(Plan(steps), BreaksOff(1, error), Told())
    assert files(etc) == {"daemon.json": "half"}
    assert former.exists()
    with pytest.raises(StepError, match="runs again with its former settings"):
        apply(Plan((write(etc / "daemon.json", "worse"), engine(etc))), Local(), Told())
    assert files(etc) == {"daemon.json": "old"}


def test_copies_that_are_left_make_the_engine_restart():
    assert rollback.FOLDER in probe("stale")


def test_copies_are_for_root_only(etc, former):
    apply(Plan((write(etc / "daemon.json"),)), Local(), Told())
    assert former.stat().st_mode & 0o077 == 0
    assert former.parent.stat().st_mode & 0o077 == 0


def test_a_restart_that_hangs_is_undone(etc, former):
    class Hangs(Local):
        calls = 0

        def run(self, words, *, stdin=b"", seconds=60.0):
            self.calls += 1
            if self.calls == 2:
                raise DeadlineError("no answer")
            return super().run(words, stdin=stdin, seconds=seconds)

    with pytest.raises(StepError, match="not done within 120 s; the engine runs again"):
        apply(Plan((write(etc / "daemon.json"), engine(etc))), Hangs(), Told())
    assert files(etc) == {"daemon.json": "old"}
