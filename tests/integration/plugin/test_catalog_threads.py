"""A catalog that many threads ask at once."""

import sys
import threading

from machsh.drivers.none import NoneDriver
from machsh.plugin import entry_points
from machsh.plugin.catalog import DRIVERS, Catalog, FoundPlugin
from machsh.testing.fakes import FakeEnvironment


class WaveDriver(NoneDriver):
    name = "wave"


def together(work):
    """Let eight threads begin this at once, and wait for all."""
    gate = threading.Barrier(8)

    def one():
        gate.wait(10)
        work()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_threads_that_ask_at_once_search_the_distributions_once(tmp_path, monkeypatch):
    searches = []
    found = entry_points.of_group

    def of_group(group):
        searches.append(group)
        return found(group)

    monkeypatch.setattr(entry_points, "of_group", of_group)
    catalog = Catalog(FakeEnvironment(tmp_path))
    together(lambda: catalog.find(DRIVERS, "none-of-that-name"))
    assert searches == [DRIVERS]


def test_threads_that_ask_at_once_load_a_plugin_once_and_leave_the_output_alone(tmp_path, monkeypatch):
    loads, output = [], sys.stdout

    def load():
        loads.append(sys.stdout)
        return WaveDriver

    found = FoundPlugin(DRIVERS, "wave", "of the test", "", load=load)
    catalog = Catalog(FakeEnvironment(tmp_path))
    monkeypatch.setattr(catalog, "_group", lambda group: [found])
    together(lambda: catalog.find(DRIVERS, "wave"))
    assert len(loads) == 1
    assert sys.stdout is output
