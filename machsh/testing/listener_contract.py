"""The test suite that every listener must pass; plugin authors can run it, too.

class TestNote(ListenerContract):
    listener = staticmethod(note)
"""

from __future__ import annotations

from typing import ClassVar

import pytest

from machsh.deadline import Deadline, within
from machsh.plugin.contracts import problems
from machsh.plugin.events import CREATED, REMOVED, STARTED, STOPPED, SWITCHED, Event

KINDS = (CREATED, STARTED, STOPPED, REMOVED, SWITCHED)


class ListenerContract:
    """Subclass it, and set `listener`. It is really called: let what it writes go to a folder of the test."""

    listener: ClassVar[staticmethod[[Event], object]]
    seconds: ClassVar[float] = 10.0
    """machsh waits no longer for it."""

    def test_its_declaration_is_good(self) -> None:
        """It can be called with one event."""
        assert [*problems("LISTENERS", "", self.listener)] == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_takes_every_kind_of_event(self, kind: str) -> None:
        """It returns in time, whether the operation succeeded or not."""
        self._hear(Event(kind, "contract-1", "none", 1.5))
        self._hear(Event(kind, "contract-1", "none", 1.5, "the disk is full"))

    def test_it_takes_a_kind_of_event_that_it_does_not_know(self) -> None:
        """A later machsh may tell of more."""
        self._hear(Event("of-the-future", "contract-1"))

    def _hear(self, event: Event) -> None:
        within(Deadline.after(self.seconds), lambda: self.listener(event))
