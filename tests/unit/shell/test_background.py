import threading

from machsh.shell.background import BackgroundWorker
from machsh.shell.machine_cache import MachineCache, MachineList, MachineSummary


def test_tasks_are_done_once_per_key_and_news_follow():
    told, done = threading.Event(), []
    worker = BackgroundWorker("test", told.set)
    gate = threading.Event()
    worker.ask("a", lambda: gate.wait(5))
    worker.ask("b", lambda: done.append(1))
    worker.ask("b", lambda: done.append(2))
    assert worker.is_waiting("b")
    gate.set()
    last = threading.Event()
    worker.ask("c", last.set)
    assert last.wait(5)
    assert done == [1]
    assert told.wait(5)


def test_a_task_that_raises_ends_nothing():
    errors, last = [], threading.Event()
    worker = BackgroundWorker("test", on_error=errors.append)
    worker.ask("bad", lambda: 1 / 0)
    worker.ask("good", last.set)
    assert last.wait(5)
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_states_give_names_first_and_states_when_they_are_in():
    seen, gate = [], threading.Event()
    names = [MachineSummary("a", "docker")]

    def look(seconds):
        gate.wait(5)
        return [MachineSummary("a", "docker", "Running")]

    news = threading.Event()
    states = MachineCache(lambda: names, look, lambda: (seen.append(states.fleet), news.set()))
    states.start()
    assert news.wait(5)
    assert states.fleet.by_name["a"].state == ""
    gate.set()
    while states.fleet.by_name["a"].state != "Running":
        news.wait(0.1)
    states.close()


def test_a_look_that_fails_keeps_what_was_known():
    looked = threading.Event()

    def look(seconds):
        looked.set()
        raise OSError("no store")

    states = MachineCache(list, look)
    states.fleet = MachineList.of([MachineSummary("a")], 1.0)
    states.start()
    assert looked.wait(5)
    states.refresh()
    states.close()
    assert states.age >= 0
