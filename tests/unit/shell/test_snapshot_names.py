"""Names of snapshots are offered from memory, and listed by a worker."""

from datetime import UTC, datetime

import pytest

from machsh.drivers.capability_calls import HostSnapshot
from machsh.errors import MachshError
from machsh.shell.completion.snapshot_names import SnapshotNames
from tests.support.shelf import Now, notes, offered, shelf

FOUND = [
    HostSnapshot("first", datetime(2020, 1, 1, tzinfo=UTC)),
    HostSnapshot("second", has_memory=True, is_current=True),
]


class Waiting(Now):
    """A worker that has not come to it yet."""

    def ask(self, key, task):
        self.task = task


@pytest.fixture
def asked():
    """The machines whose driver was asked, in order."""
    return []


@pytest.fixture
def sources(asked):
    def listed(machine):
        asked.append(machine)
        if machine == "beta":
            raise MachshError("no answer")
        return FOUND

    made = shelf()
    made.snapshots = SnapshotNames(listed, Now())
    return made


@pytest.mark.parametrize(
    "line", ["snapshot alpha --restore ", "snapshot alpha --delete=", "snapshot --restore "]
)
def test_the_machines_snapshots_the_newest_first(sources, asked, line):
    assert [word.rpartition("=")[2] for word in offered(line, sources)] == ["second", "first"]
    assert set(asked) == {"alpha"}


def test_their_notes_say_what_they_are(sources):
    found = notes("snapshot alpha --restore ", sources)
    assert found["second"] == "with memory · current"
    assert found["first"].endswith(" years ago")


def test_they_are_listed_once_until_a_line_has_run(sources, asked):
    for _ in range(5):
        offered("snapshot alpha --restore ", sources)
    assert asked == ["alpha"]
    sources.expire()
    offered("snapshot alpha --restore ", sources)
    assert asked == ["alpha", "alpha"]


def test_an_error_is_the_reason_why_there_is_nothing(sources):
    assert offered("snapshot beta --restore ", sources) == []
    assert sources.snapshots.offer("beta").reason == "no answer"


def test_no_key_waits_for_a_driver():
    worker = Waiting()
    names = SnapshotNames(lambda machine: FOUND, worker)
    offer = names.offer("alpha")
    assert (offer.candidates, offer.is_pending) == ((), True)
    worker.task()
    offer = names.offer("alpha")
    assert [one.text for one in offer.candidates] == ["second", "first"]
    assert not offer.is_pending


def test_a_new_snapshots_name_is_free_text(sources, asked):
    offered("snapshot alpha ", sources)
    assert asked == []
