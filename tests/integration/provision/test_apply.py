import os
import signal
import subprocess

import pytest

from machsh.errors import DeadlineError, ExitCode, InterruptedByUserError
from machsh.provision import apply as engine
from machsh.provision.apply import StepError, apply, describe
from machsh.provision.provisioner import Plan, Step
from machsh.ssh.target import Completed
from tests.support.runners import Local, Scripted, Told
from tests.support.waiting import wait_until

GOOD = Completed(0, "", "")


def test_an_empty_plan_asks_the_host_nothing():
    runner = Scripted(GOOD)
    assert apply(Plan(notes=("x",)), runner, Told()) == 0
    assert runner.calls == []


def test_steps_are_announced_once_and_counted():
    told = Told()
    steps = (
        Step("a", (("true",),), announce="Copying..."),
        Step("b", (("true",),), announce="Copying..."),
        Step("c", (("true",),)),
    )
    assert apply(Plan(steps), Scripted(GOOD), told) == 3
    assert told.lines == [("step", "Copying..."), ("debug", "a"), ("debug", "b"), ("debug", "c")]


def test_a_file_is_written_whole_with_its_mode(tmp_path):
    path = tmp_path / "new folder" / "it's.json"
    step = Step("write", file=str(path), content="ü\n", mode=0o600)
    assert apply(Plan((step,)), Local(), Told()) == 1
    assert path.read_text() == "ü\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["it's.json"]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    apply(Plan((Step("write", file=str(tmp_path / "link"), content="new"),)), Local(), Told())
    assert (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "link").is_symlink()


class CutOff(Local):
    def run(self, words, *, stdin=b"", seconds=60.0):
        return super().run(words, stdin=stdin[:3], seconds=seconds)


def test_content_that_arrives_cut_off_replaces_nothing(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(StepError, match="arrived cut off"):
        apply(Plan((Step("write", file=str(path), content="new content"),)), CutOff(), Told())
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_a_file_leaves_the_old_one_and_nothing_else(tmp_path, number):
    path = tmp_path / "file"
    path.write_text("old")
    words, content = engine._script(Step("write", file=str(path), content="new content"))
    process = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)
    process.stdin.write(content[:3])
    process.stdin.flush()
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2, "the new file", 20)
    os.killpg(process.pid, number)
    process.stdin.close()  # as the end of a connection does
    assert process.wait(20) != 0
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "old"


def test_a_secret_goes_through_the_input_only():
    runner = Scripted(GOOD)
    apply(Plan((Step("copy", file="/k", content="PRIVATE", secret=True),)), runner, Told())
    words, stdin, _ = runner.calls[0]
    assert "PRIVATE" not in " ".join(words)
    assert stdin == b"PRIVATE"


def test_the_first_failing_command_ends_the_step_and_the_plan(tmp_path):
    steps = (
        Step(
            "one",
            (("touch", f"{tmp_path}/1"), ("sh", "-c", "echo why >&2; exit 7"), ("touch", f"{tmp_path}/2")),
        ),
        Step("two", (("touch", f"{tmp_path}/3"),)),
    )
    with pytest.raises(StepError) as caught:
        apply(Plan(steps), Local(), Told(), name="m1")
    assert str(caught.value) == "one: failed with exit code 7\n  why"
    assert caught.value.hint == "see what the host says: machsh ssh m1; then go on with: machsh provision m1"
    assert [file.name for file in tmp_path.iterdir()] == ["1"]


def test_a_failure_shows_the_service_and_its_last_lines():
    said = Completed(
        0, "ActiveState=failed SubState=failed Result=exit-code\nunable to configure the Docker daemon", ""
    )
    runner = Scripted(Completed(1, "", "Job for docker.service failed"), said)
    with pytest.raises(StepError) as caught:
        apply(Plan((Step("restart the engine", (("x",),), unit="docker"),)), runner, Told())
    assert str(caught.value).splitlines() == [
        "restart the engine: failed with exit code 1",
        "  Job for docker.service failed",
        "  ActiveState=failed SubState=failed Result=exit-code",
        "  unable to configure the Docker daemon",
    ]


def test_a_step_has_a_deadline():
    runner = Scripted(DeadlineError("no answer"), DeadlineError("no answer"))
    with pytest.raises(StepError, match="restart: not done within 5 s"):
        apply(Plan((Step("restart", (("x",),), seconds=5, unit="docker"),)), runner, Told())


def test_the_user_can_raise_the_deadline():
    runner = Scripted(GOOD)
    apply(Plan((Step("a", (("x",),), seconds=5),)), runner, Told(), at_least=900)
    assert 890 < runner.calls[0][2] <= 900


def test_a_lock_is_waited_for(monkeypatch):
    monkeypatch.setattr(engine, "PAUSE_WHEN_BUSY", 0.01)
    busy = Completed(100, "", "E: Could not get lock /var/lib/dpkg/lock-frontend")
    runner = Scripted(busy, busy, GOOD)
    assert apply(Plan((Step("install", (("x",),), busy="Could not get lock"),)), runner, Told()) == 1
    assert len(runner.calls) == 3


def test_a_lock_that_is_never_free_is_a_failure(monkeypatch):
    monkeypatch.setattr(engine, "PAUSE_WHEN_BUSY", 0.05)
    busy = Completed(100, "", "E: Could not get lock")
    with pytest.raises(StepError, match="Could not get lock"):
        apply(
            Plan((Step("install", (("x",),), busy="Could not get lock", seconds=0.2),)),
            Scripted(busy),
            Told(),
        )


def test_ctrl_c_says_where_it_stopped_and_how_to_go_on():
    with pytest.raises(InterruptedByUserError, match="Stopped during: install") as caught:
        apply(Plan((Step("install", (("x",),)),)), Scripted(KeyboardInterrupt()), Told(), name="m1")
    assert caught.value.hint == "go on with: machsh provision m1"
    assert caught.value.code == ExitCode.INTERRUPTED


def test_describe_shows_what_would_be_done_and_no_secret():
    plan = Plan(
        (
            Step(
                "copy server-key.pem",
                file="/etc/docker/server-key.pem",
                content="PRIVATE",
                mode=0o600,
                secret=True,
            ),
            Step("restart", (("systemctl", "restart", "a b"), ("sh", "-c", "one\ntwo", "sh", "2376"))),
        ),
        notes=("careful",),
    )
    assert describe(plan) == [
        "1. copy server-key.pem",
        "   write /etc/docker/server-key.pem (mode 0600, 7 bytes)",
        "2. restart",
        "   run systemctl restart 'a b'",
        "   run sh -c ... sh 2376",
        "note: careful",
    ]
    assert describe(Plan()) == []
