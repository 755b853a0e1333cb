"""Plugins hear of a switch, and `use` does not wait for them."""

import threading
import time

from machsh.plugin.events import SwitchNotifier
from tests.support.machines import FakeCatalog
from tests.support.waiting import wait_until


def test_listeners_are_told_in_order_and_nobody_waits():
    told, release = [], threading.Event()

    def listener(event):
        release.wait(5)
        told.append((event.kind, event.machine))

    switches = SwitchNotifier(FakeCatalog(listener))
    began = time.monotonic()
    switches.publish("a")
    switches.publish("")
    switches.publish("b")
    assert time.monotonic() - began < 1
    release.set()
    wait_until(lambda: len(told) == 2, "two events")
    assert told == [("switched", "a"), ("switched", "b")]
