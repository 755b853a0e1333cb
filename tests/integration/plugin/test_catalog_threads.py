import threading

from machsh.plugin import entry_points
from machsh.plugin.catalog import DRIVERS, Catalog
from machsh.testing.fakes import FakeEnvironment


def test_threads_that_ask_at_once_search_the_distributions_once(tmp_path, monkeypatch):
    searches = []
    gate = threading.Barrier(8)
    found = entry_points.of_group

    def of_group(group):
        searches.append(group)
        return found(group)

    monkeypatch.setattr(entry_points, "of_group", of_group)
    catalog = Catalog(FakeEnvironment(tmp_path))

    def ask():
        gate.wait(10)
        catalog.find(DRIVERS, "none-of-that-name")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert searches == [DRIVERS]
