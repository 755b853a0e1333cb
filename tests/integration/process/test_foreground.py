"""Children that own the terminal, through a real pseudo-terminal: Ctrl-C, Ctrl-Z, killed children, sizes."""

import os
import sys
import textwrap

import pexpect
import pytest

from tests.support.waiting import wait_until

PRELUDE = """
import sys, termios, time
from machsh.process.foreground import Foreground
from machsh.environment import Environment
from tests.support.waiting import wait_until
jobs = []
ours = Foreground(Environment.of_process(), job_control={job_control}, stopped=jobs.append)
def run(*argv):
    outcome = ours.run(argv)
    print("code=%d job=%s" % (outcome.code, outcome.job is not None), flush=True)
    return outcome
"""


@pytest.fixture
def shell():
    """Runs a script that stands for our shell on a terminal of its own."""
    started = []

    def start(script, job_control=True):
        text = PRELUDE.format(job_control=job_control) + textwrap.dedent(script)
        child = pexpect.spawn(
            sys.executable, ["-c", text], timeout=10, dimensions=(33, 101), encoding="utf-8"
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


@pytest.mark.parametrize("job_control", [True, False])
def test_ctrl_c_ends_the_child_and_not_us(shell, job_control):
    ours = shell('run("sh", "-c", "echo up; exec sleep 30"); print("still here")', job_control)
    ours.expect("up")
    ours.sendintr()
    ours.expect("code=130 job=False")
    ours.expect("still here")


@pytest.mark.parametrize("job_control", [True, False])
def test_ctrl_c_works_again_for_us_afterwards(shell, job_control):
    ours = shell(
        """
        run("true")
        try:
            print("waiting", flush=True); time.sleep(20)
        except KeyboardInterrupt:
            print("interrupted")
        """,
        job_control,
    )
    ours.expect("waiting")
    ours.sendintr()
    ours.expect("interrupted")


def test_ctrl_z_stops_the_child_alone_and_fg_goes_on(shell):
    ours = shell(
        """
        job = run("sh", "-c", "echo up; read x; echo got-$x; exit 6").job
        print("stopped", job.is_stopped, jobs == [job], job.words[0], flush=True)
        print("again", job.into_foreground(), job.is_stopped, flush=True)
        """
    )
    ours.expect("up")
    ours.send("\x1a")
    ours.expect("code=148 job=True")
    ours.expect("stopped True True sh")
    ours.sendline("word")
    ours.expect("got-word")
    ours.expect("again 6 False")


def test_a_job_can_be_stopped_twice_and_interrupted(shell):
    ours = shell(
        """
        job = run("sh", "-c", "echo up; exec sleep 30").job
        print("first", job.into_foreground(), job.is_stopped, flush=True)
        print("second", job.into_foreground(), flush=True)
        """
    )
    ours.expect("up")
    ours.send("\x1a")
    ours.expect("code=148")
    wait_until(lambda: os.tcgetpgrp(ours.child_fd) != ours.pid, "the child owns the terminal again")
    ours.send("\x1a")
    ours.expect("first None True")
    ours.sendintr()
    ours.expect("second 130")


def test_bg_lets_a_job_go_on_without_the_terminal(shell):
    ours = shell(
        """
        job = run("sh", "-c", "echo up; sleep 0.5; exit 3").job
        print("poll", job.poll(), flush=True)
        job.into_background()
        while job.poll() is None: time.sleep(0.02)
        print("ended", job.code)
        """
    )
    ours.expect("up")
    ours.send("\x1a")
    ours.expect("poll None")
    ours.expect("ended 3")


def test_a_stopped_job_can_be_ended(shell):
    ours = shell(
        """
        job = run("sh", "-c", "echo up; exec sleep 30").job
        job.end()
        while job.poll() is None: time.sleep(0.02)
        print("ended", job.code)
        """
    )
    ours.expect("up")
    ours.send("\x1a")
    ours.expect("ended 143")


def test_the_terminal_is_sane_after_a_killed_child(shell):
    ours = shell(
        """
        before = termios.tcgetattr(0)
        run("sh", "-c", "stty raw -echo; kill -KILL $$")
        print("same", termios.tcgetattr(0) == before)
        """
    )
    ours.expect("code=137")
    ours.expect("same True")


def test_a_program_that_was_stopped_gets_its_own_modes_back(shell):
    ours = shell(
        """
        before = termios.tcgetattr(0)
        job = run("sh", "-c", "stty -echo; echo quiet; read x; stty -a | grep -o -- -echo; echo got-$x").job
        print("same", termios.tcgetattr(0) == before, flush=True)
        job.into_foreground()
        print("same", termios.tcgetattr(0) == before, flush=True)
        """
    )
    ours.expect("quiet")
    ours.send("\x1a")
    ours.expect("same True")
    ours.sendline("hidden")
    ours.expect("-echo")
    ours.expect("got-hidden")
    ours.expect("same True")


def test_the_child_has_the_terminal_its_size_and_its_keys(shell):
    ours = shell('run("sh", "-c", "stty size; read x </dev/tty; echo got-$x; tty; exit 7")')
    ours.expect("33 101")
    ours.sendline("word")
    ours.expect("got-word")
    ours.expect("/dev/pts/")
    ours.expect("code=7 job=False")


def test_many_short_children_never_hang(shell):
    ours = shell(
        """
        codes = {ours.run(["sh", "-c", "stty -a >/dev/null; exit 4"]).code for _ in range(50)}
        print("codes", codes)
        """
    )
    ours.expect(r"codes \{4\}")


def test_a_missing_program_is_127(shell):
    ours = shell(
        """
        from machsh.errors import MachshError
        try: run("no-such-program")
        except MachshError as error: print(error.code, error)
        """
    )
    ours.expect("127 no-such-program: command not found")
