"""Plugins hear of a switch, and `use` does not wait for them."""

import threading
import time

from machsh.session.switches import Switches


class FakeCatalog:
    def __init__(self, *listeners):
        self.listeners = list(listeners)

    def all(self, group):
        return self.listeners


def test_listeners_are_told_in_order_and_nobody_waits():
    told, release = [], threading.Event()

    def listener(event):
        release.wait(5)
        told.append((event.kind, event.machine))

    switches = Switches(FakeCatalog(listener))
    began = time.monotonic()
    switches.tell("a")
    switches.tell("")
    switches.tell("b")
    assert time.monotonic() - began < 1
    release.set()
    while len(told) < 2 and time.monotonic() - began < 5:
        time.sleep(0.01)
    assert told == [("switched", "a"), ("switched", "b")]
