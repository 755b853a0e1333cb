import importlib.metadata
import threading

from machsh.plugin.catalog import DRIVERS, Catalog
from machsh.testing.fakes import FakeEnvironment


def test_threads_that_ask_at_once_search_the_distributions_once(tmp_path, monkeypatch):
    searches = []
    gate = threading.Barrier(8)
    found = importlib.metadata.entry_points

    def entry_points(**how):
        searches.append(how)
        return found(**how)

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    catalog = Catalog(FakeEnvironment(tmp_path))

    def ask():
        gate.wait(10)
        catalog.find(DRIVERS, "none-of-that-name")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum("group" in how for how in searches) == 1
