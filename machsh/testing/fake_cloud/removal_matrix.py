"""`rm` of a cloud's machine, with each of its calls failing in turn; authors of drivers can run it, too.

    class TestRemoval(RemovalMatrix):
        calls_of_a_removal = 5

        @pytest.fixture(autouse=True)
        def _cloud(self, cloud):
            self.cloud = cloud

Whatever fails: what is still at the provider is in the record and said, a second `rm` ends everything, and
nothing of another machine is touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from machsh.drivers.cloud.cloud_driver import CloudDriver
from machsh.errors import MachshError
from machsh.testing.fake_cloud.cloud_trial import BadTurn, CloudTrial

BAD_TURNS = (
    BadTurn("an outage", 500, is_once=False),
    BadTurn("an error after the deed", 500, is_late=True),
    BadTurn("a limit", 429, is_once=False),
    BadTurn("a refusal", 403),
    BadTurn("all refused", 403, is_once=False),
    BadTurn("not found", 404),
    BadTurn("a conflict", 409),
    BadTurn("all in conflict", 409, is_once=False),
    BadTurn("no connection", is_once=False),
    BadTurn("a lost answer", is_late=True),
)


class RemovalMatrix(CloudTrial):
    """Subclass it; `cloud` is set by a fixture of the subclass."""

    patience = 0.6
    """Seconds of a removal that goes wrong."""

    @pytest.mark.parametrize("turn", BAD_TURNS, ids=str)
    def test_a_removal_with_a_bad_call_says_what_remains_and_the_next_ends_it(
        self, tmp_path: Path, turn: BadTurn, pytestconfig: pytest.Config
    ) -> None:
        """Each call of a removal goes wrong in turn; without `--long` each third one."""
        neighbour = self.made(tmp_path, "neighbour")
        theirs, bill = self.left(), self.billed()
        for number in self._numbers(tmp_path, BAD_TURNS.index(turn), is_long=pytestconfig.getoption("long")):
            driver = self.made(tmp_path, f"web{number}")
            whole = self.left()
            assert len(whole) > len(theirs)
            self._go_wrong(driver, turn, number, theirs)
            self.again(driver).remove()
            assert self.left() == theirs, f"{turn} at call {number}"
            assert self.billed() == bill
        self.again(neighbour).remove()
        assert self.left() == []
        assert self.billed() == 0

    def _numbers(self, folder: Path, first: int, *, is_long: bool) -> Iterator[int]:
        """Yield how many calls go well before the bad one."""
        driver = self.made(folder, "rehearsal")
        before = len(self.calls())
        self.again(driver).remove()
        total = len(self.calls()) - before
        assert total >= 3
        yield from range(total) if is_long else range(first % 3, total, 3)

    def _go_wrong(self, driver: CloudDriver, turn: BadTurn, number: int, theirs: list[str]) -> None:
        victim = self.again(driver)
        whole, victim.context.seconds = victim.context.seconds, self.patience
        self.spoil(turn, number)
        try:
            victim.remove()
            said = ""
        except MachshError as error:
            said = f"{error} ({error.hint})"
        finally:
            self.heal()
            victim.context.seconds = whole
        kept = self.again(driver)
        left = len(self.left()) - len(theirs)
        assert left <= len(kept.remains()), f"{turn} at call {number}: {self.left()}, but {kept.remains()}"
        if said:
            unsaid = [one for one in kept.noted if f"{one.kind} {one.name}" not in said]
            assert not unsaid, f"{said} does not name {unsaid}"
            assert "Traceback" not in said
            assert "object at 0x" not in said
            json.dumps(kept.record.to_json())
        else:
            assert not left, f"{turn} at call {number}: rm is content, but there is {self.left()}"
