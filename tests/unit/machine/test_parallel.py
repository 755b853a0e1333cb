import queue
import threading

import pytest

from machsh.machine.parallel import first_value, run_all


def test_outcomes_come_in_order():
    others_are_done = threading.Event()

    def slow():
        assert others_are_done.wait(20)
        return "slow"

    def fails():
        raise ValueError("no")

    def fast():
        others_are_done.set()
        return "fast"

    slow_one, failed, fast_one = run_all([slow, fails, fast])
    assert (slow_one.value, str(failed.error), fast_one.value) == ("slow", "no", "fast")


def test_nothing_to_do():
    assert run_all([], 1) == []


def test_late_tasks_are_left_behind():
    release = threading.Event()
    done, late = run_all([lambda: 1, lambda: release.wait(20)], 0.2)
    release.set()
    assert (done.value, done.is_late, late.is_late) == (1, False, True)


def test_one_task_runs_here_so_that_ctrl_c_reaches_it():
    assert run_all([threading.current_thread])[0].value is threading.current_thread()

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all([interrupted])


def test_more_tasks_than_threads_are_all_done():
    assert [outcome.value for outcome in run_all([lambda n=n: n for n in range(600)], 30)] == list(range(600))


def test_threads_do_not_keep_the_process():
    release = threading.Event()
    run_all([release.wait, release.wait], 0.05)
    left = [thread for thread in threading.enumerate() if thread.name == "machsh-machine"]
    release.set()
    assert left
    assert all(thread.daemon for thread in left)


def test_the_first_value_wins_and_a_later_one_is_discarded():
    has_won, discarded = threading.Event(), queue.SimpleQueue()

    def late():
        assert has_won.wait(20)
        return "late"

    def fails():
        raise ValueError("no")

    found, _ = first_value([late, lambda: "first"], 20, discarded.put)
    has_won.set()
    assert (found, discarded.get(timeout=20)) == ("first", "late")
    found, errors = first_value([fails], 20)
    assert (found, str(errors[0])) == (None, "no")


def test_a_value_after_the_time_is_discarded():
    is_over, discarded = threading.Event(), queue.SimpleQueue()

    def late():
        assert is_over.wait(20)
        return "late"

    assert first_value([late], 0.05, discarded.put) == (None, {})
    is_over.set()
    assert discarded.get(timeout=20) == "late"


def test_each_line_says_whose_it_is_when_several_are_worked_on(machines, create_request, progress):
    for name in ("db", "web"):
        machines.create(create_request(name, "bare"))

    def act(machine):
        machine.progress.step("Copying certs...")
        machine.progress.info(f'"{machine.name}" is named already')

    machines._act(["db", "web"], act)
    assert {"(db) Copying certs...", "(web) Copying certs..."} <= set(progress.texts("step"))
    assert '"db" is named already' in progress.texts("info")
    machines._act(["web"], act)
    assert "Copying certs..." in progress.texts("step")
