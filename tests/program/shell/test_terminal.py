"""Children, signals and jobs in the real shell, in a pseudo-terminal."""

import re
import subprocess
import sys

import pexpect
import pytest

from tests.support.program import add_machines
from tests.support.screen import Screen, environment
from tests.support.waiting import wait_until


@pytest.fixture
def machsh(home):
    """machsh itself, no machine, an empty home."""
    opened = []

    def start(**options):
        screen = Screen.machsh(home, cwd=home, **options)
        opened.append(screen)
        screen.wait_for("❯")
        return screen.wait_for(re.compile("Tab completes"))

    yield start
    for screen in opened:
        screen.close()


def test_a_line_of_the_users_shell_with_machshs_folder(machsh, home):
    (home / "inside").mkdir()
    screen = machsh()
    screen.type("cd inside").press("enter").settle(0.3)
    screen.type("!basename $PWD | tr a-z A-Z; echo code $?").press("enter").wait_for("code 0")
    assert screen.shows("INSIDE")


def test_a_child_has_the_terminal_and_its_size(machsh):
    screen = machsh()
    screen.type("!stty size; test -t 0 && test -t 1 && echo a terminal").press("enter")
    screen.wait_for(re.compile("^24 80", re.MULTILINE))
    screen.wait_for(re.compile("^a terminal", re.MULTILINE))


def test_a_resize_reaches_the_child(machsh):
    screen = machsh()
    screen.type("!sleep 1; stty size").press("enter").wait_for("!sleep").settle(0.3)
    screen.resize(60, 20)
    screen.wait_for("20 60")


def test_the_terminal_is_sane_after_a_killed_child(machsh):
    screen = machsh()
    screen.type("!stty -echo raw; kill -9 $$").press("enter").wait_for("exit 137")
    screen.type("!echo still $((40+2))").press("enter").wait_for("still 42")
    assert screen.shows("❯ !echo still")


def test_a_foreground_child_stops_and_machsh_stays(machsh):
    screen = machsh()
    screen.type("!sleep 60").press("enter").wait_for("!sleep 60").settle(0.5)
    screen.press("ctrl-c").wait_for("exit 130")
    screen.type("pwd").press("enter").wait_for(re.compile("❯ pwd"))


def test_stopped_jobs_go_on(machsh):
    screen = machsh()
    screen.type("!sleep 60").press("enter").wait_for("!sleep 60").settle(0.5)
    screen.press("ctrl-z").wait_for("[1]  stopped")
    screen.type("jobs").press("enter").wait_until(
        lambda: sum("[1]  stopped" in line for line in screen.lines) == 2, "the list of jobs"
    )
    screen.type("bg").press("enter").wait_for("!sleep 60 &")
    screen.type("fg").press("enter").settle(0.5)
    screen.press("ctrl-c").settle(0.5)
    screen.type("jobs; !echo none left").press("enter").wait_for("none left")
    assert sum("[1]" in line for line in screen.lines) == 3


def test_a_job_that_ends_is_told(machsh):
    screen = machsh()
    screen.type("!sleep 1").press("enter").wait_for("!sleep 1").settle(0.3)
    screen.press("ctrl-z").wait_for("[1]  stopped")
    screen.type("bg").press("enter").wait_for("&").settle(0.3)
    screen.wait_until(
        lambda: screen.shows("[1]  done") or not screen.type("pwd").press("enter"), "the end of the job"
    )


def test_fg_without_a_job_says_so(machsh):
    screen = machsh()
    screen.type("fg").press("enter").wait_for("there is no job")


def test_ctrl_d_asks_once_when_jobs_are_stopped(machsh):
    screen = machsh()
    screen.type("!sleep 60").press("enter").wait_for("!sleep 60").settle(0.5)
    screen.press("ctrl-z").wait_for("[1]  stopped")
    screen.wait_for_prompt().press("ctrl-d")
    screen.wait_for("leaving once more ends it").wait_for(re.compile("stopped +!sleep 60"))
    screen.wait_for_prompt().press("ctrl-d")
    screen.wait_end()
    nothing_runs(screen.child.pid)


@pytest.mark.parametrize("leave", ["\x04", "exit\r"])
def test_leaving_asks_once_about_running_jobs_and_names_them_as_typed(machsh, home, leave):
    screen = machsh()
    program = "trap 'echo hung up > ended; exit' HUP; echo ready; while true; do sleep 60; done"
    (home / "job.sh").write_text(program)
    screen.type("!sh job.sh").press("enter").wait_for("\nready").settle(0.5)
    screen.press("ctrl-z").wait_for("[1]  stopped    !sh job.sh")
    screen.type("bg\r").wait_for("[1]  !sh job.sh &").wait_for_prompt()
    screen.type(leave).wait_for("is a job").wait_for(re.compile("running +!sh job.sh")).wait_for_prompt()
    assert screen.child.poll() is None
    screen.type(leave)
    assert screen.wait_end() == 0
    screen.wait_until((home / "ended").exists, "the job's end")
    nothing_runs(screen.child.pid)


def test_another_line_between_makes_leaving_ask_again(machsh):
    screen = machsh()
    screen.type("!sleep 60").press("enter").wait_for("!sleep 60").settle(0.5)
    screen.press("ctrl-z").wait_for("[1]  stopped")
    screen.type("exit\r").wait_for("leaving once more").settle()
    screen.type("clear-nothing\r").settle()
    screen.type("exit 3\r").settle()
    assert screen.child.poll() is None
    screen.type("exit 3\r")
    assert screen.wait_end() == 3


def test_a_sole_file_of_an_old_listing_is_not_inserted(machsh, home):
    screen = machsh()
    screen.type("!touch report-old.txt\r").settle()
    screen.type("!cat rep\t").wait_for("!cat report-old.txt").press("ctrl-c")
    screen.type("!touch report-new.txt\r").settle()
    screen.type("!ls rep\t").wait_for("report-new.txt").wait_for("!ls report-").settle()
    assert screen.line("!ls").rstrip().endswith("!ls report-")


def test_a_removed_file_is_offered_no_more(machsh, home):
    screen = machsh()
    screen.type("!touch gone-1 gone-2\r").settle()
    screen.type("!ls gon\t").wait_for("gone-2").press("ctrl-c")
    screen.type("!rm gone-1\r").settle()
    screen.type("!ls gon\t").wait_for("!ls gone-2")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("start ", "no machines yet: create -d docker NAME"),
        ("rm ", "no machines yet"),
        ("@zzz", "nothing fits @zzz"),
        ("!ls nothing-here/", "nothing-here: no such file or directory"),
        ("ls --zzz", "nothing fits --zzz"),
    ],
)
def test_the_toolbar_says_why_there_is_nothing_to_offer(machsh, line, reason):
    screen = machsh()
    screen.type(f"{line}\t").wait_for(reason)


def test_the_toolbar_says_that_nothing_is_stopped(machsh):
    screen = machsh()
    screen.type("create -d none --url tcp://127.0.0.1:1 web\r").wait_for("Creating machine").settle(0.5)
    screen.type("start \t").wait_for(re.compile("nothing is stopped|web"))


def _press_until(outer, key, answer):
    """Press a key until it is answered: before the prompt reads, the terminal swallows it."""
    for _ in range(4):
        outer.send(key)
        if outer.expect([answer, pexpect.TIMEOUT], timeout=5) == 0:
            return
    raise AssertionError(f"{key!r} is not answered: {outer.before}")


def test_ctrl_z_at_the_prompt_suspends_machsh(home):
    outer = pexpect.spawn(
        "/bin/bash",
        ["--norc"],
        env={**environment(home), "PS1": "outer$ ", "PROMPT_TOOLKIT_NO_CPR": "1"},
        cwd=str(home),
        encoding="utf-8",
        timeout=20,
    )
    outer.expect_exact("outer$ ")
    outer.sendline(f"{sys.executable} -m machsh")
    outer.expect("❯")
    _press_until(outer, "\x1a", "Stopped")
    outer.expect_exact("outer$ ")
    outer.sendline("fg")
    outer.expect("❯")
    _press_until(outer, "\x04", r"outer\$ ")
    outer.close(force=True)


def test_watch_runs_a_line_until_ctrl_c(machsh):
    screen = machsh()
    screen.type("watch 0.2 pwd").press("enter").wait_for("every 0.2s: pwd")
    first = screen.raw.count(b"every 0.2s")
    screen.wait_until(lambda: screen.raw.count(b"every 0.2s") >= first + 2, "two more runs")
    screen.press("ctrl-c").wait_for("exit 130")


def test_watch_says_what_it_needs(machsh):
    screen = machsh()
    screen.type("watch ps ps").press("enter").wait_for("for example: watch 2 ps")


def test_history_tells_where_and_how(machsh):
    screen = machsh()
    screen.type("!true").press("enter").settle(0.3)
    screen.type("!exit 7").press("enter").wait_for("exit 7")
    screen.type("history --failed --since 2h").press("enter").wait_for("TIME")
    screen.wait_for(re.compile(r" 7 +0\.\ds +!exit 7"))
    assert not re.search(r" 0 +0\.\ds +!true", "\n".join(screen.lines))


def test_history_outlives_the_shell(machsh):
    first = machsh()
    first.type("!echo remembered").press("enter").wait_for("\nremembered").wait_for_prompt()
    first.press("ctrl-d")
    assert first.wait_end() == 0
    second = machsh()
    second.settle(0.5).press("up").wait_for("❯ !echo remembered")


def test_secrets_reach_neither_history_nor_disk(machsh, home):
    screen = machsh()
    screen.type("docker login -u me --password hunter2 nowhere.invalid").press("enter")
    screen.wait_for(re.compile("exit [0-9]+")).wait_for_prompt()
    screen.type(" !echo unseen").press("enter").wait_for("\nunseen").wait_for_prompt()
    screen.press("ctrl-d")
    screen.wait_end()
    kept = b"".join(file.read_bytes() for file in (home / ".local" / "state" / "machsh").iterdir())
    assert b"docker login" in kept
    assert b"hunter2" not in kept
    assert b"unseen" not in kept


def test_a_wrong_machine_is_offered_right(machsh):
    screen = machsh()
    screen.type("create -d none --url tcp://127.0.0.1:1 web").press("enter").wait_for(
        "Creating machine"
    ).settle(0.5)
    screen.type("use wbe").press("enter").wait_for("did you mean")
    screen.wait_until(
        lambda: screen.line("❯").rstrip().endswith("exit 1") or "use web" in screen.line("❯"),
        "the next prompt",
    )
    screen.wait_for(re.compile("❯ use web"))


def test_use_works_when_the_machines_are_down(machsh, home):
    add_machines(home, "web", "db")
    screen = machsh()
    screen.type("use web").press("enter").wait_for("web ❯")
    screen.type("use db").press("enter").wait_for("db ❯")
    screen.type("use -").press("enter").wait_until(
        lambda: screen.line("❯").startswith("web"), "the machine before"
    )


def test_exit_leaves_with_its_code(machsh):
    screen = machsh()
    screen.type("exit 5").press("enter")
    assert screen.wait_end() == 5


def test_complete_explain_tells_kind_and_source(machsh):
    screen = machsh()
    screen.type('complete --explain "settings "').press("enter").wait_for("KIND")
    screen.wait_for(re.compile(r"check +literal +machsh's commands"))


def test_nothing_is_left_behind(machsh, home):
    screen = machsh()
    screen.type("ps").settle(0.5)
    screen.press("ctrl-c").wait_for_prompt().press("ctrl-d")
    screen.wait_end()
    nothing_runs(screen.child.pid)


def nothing_runs(session):
    """No process of a terminal's session is left, but for dead ones that nobody has collected."""

    def left():
        words = ["ps", "-s", str(session), "-o", "stat=,args="]
        states = subprocess.run(words, capture_output=True, text=True).stdout
        return [line for line in states.splitlines() if not line.startswith("Z")]

    wait_until(lambda: not left(), "the end of all processes")
