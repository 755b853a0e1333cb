"""`create` and `rm` of a cloud's machine, ended at each of their calls; authors of drivers can run it, too.

    class TestCrashes(MyTrial, CrashMatrix):
        pass

A killed process keeps what `keep` stored, and nothing else: the test goes on with that record alone.
Afterwards `rm` leaves nothing and the bill ends, or `create --resume` makes what is missing, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from machsh.drivers.cloud.cloud_driver import CloudDriver
from machsh.drivers.driver import State
from machsh.errors import MachshError
from machsh.testing.fake_cloud.cloud_trial import BadTurn, CloudTrial
from machsh.testing.fake_cloud.killed_process import KilledError, kill_at

WAYS = ("killed before", "killed after", "refused", "refused late")
"""Before or after: whether the provider has carried out the call at which the process ended."""
READING = ("GET", "Describe")
"""The beginnings of calls that change nothing."""
_TOKEN = re.compile(r"[0-9a-f]{8,}")


class CrashMatrix(CloudTrial):
    """Subclass it together with a cloud's trial."""

    name = "web"

    def picked(self, calls: list[str], way: str) -> list[int]:
        """Return the numbers of the calls at which to end without `--long`, from 1 on.

        A process is killed after each call that changes something, of which its record does not know the
        outcome; the other ways share these calls. A subclass may take more.
        """
        changing = [at for at, call in enumerate(calls, 1) if not call.startswith(READING)]
        return changing if way == "killed after" else changing[WAYS.index(way) :: len(WAYS)] or changing[-1:]

    def kill_at(self, patch: pytest.MonkeyPatch, number: int, *, is_done: bool) -> None:
        """Let a call be the last one of the process, for a driver that asks by requests."""
        kill_at(patch, number, is_done=is_done)

    def ready(self, folder: Path) -> CloudDriver:
        """Return a driver whose machine is stored, before anything is made."""
        driver = self.new(folder, self.name)
        driver.pre_create_check()
        driver.context.keep()
        return driver

    def stored_whole(self, folder: Path) -> CloudDriver:
        """Return a driver whose machine is made, as the next process finds it."""
        driver = self.ready(folder)
        driver.create()
        driver.context.keep()
        return self.again(driver)

    # The matrix

    @pytest.mark.parametrize("way", WAYS)
    def test_a_creation_that_ends_at_any_call_is_removed_whole(
        self, tmp_path: Path, way: str, pytestconfig: pytest.Config
    ) -> None:
        """Whatever was made before is in the record."""
        calls, _ = self._rehearse_creation(tmp_path)
        for number in self._numbers(calls, way, pytestconfig):
            driver = self.ready(tmp_path / f"{number}")
            self._end(driver, driver.create, calls, number, way)
            self._check_removal(driver)

    @pytest.mark.parametrize("way", WAYS)
    def test_a_creation_that_ends_at_any_call_can_be_gone_on_with(
        self, tmp_path: Path, way: str, pytestconfig: pytest.Config
    ) -> None:
        """What is there is found, and nothing is made twice."""
        calls, whole = self._rehearse_creation(tmp_path)
        for number in self._numbers(calls, way, pytestconfig):
            driver = self.ready(tmp_path / f"{number}")
            self._end(driver, driver.create, calls, number, way)
            again = self.again(driver)
            again.resume_create()
            assert self._shown() == whole, f"{way} at {number}: {calls[number - 1]}"
            assert again.state() is State.RUNNING
            again.context.keep()
            self._check_removal(again)

    @pytest.mark.parametrize("way", WAYS)
    def test_a_removal_that_ends_at_any_call_is_finished_by_the_next(
        self, tmp_path: Path, way: str, pytestconfig: pytest.Config
    ) -> None:
        """What is still there is in the record."""
        driver = self.stored_whole(tmp_path / "rehearsal")
        calls = self._calls_of(driver.remove)
        for number in self._numbers(calls, way, pytestconfig):
            driver = self.stored_whole(tmp_path / f"{number}")
            self._end(driver, driver.remove, calls, number, way)
            self._check_removal(driver)

    # Its parts

    def _rehearse_creation(self, folder: Path) -> tuple[list[str], list[str]]:
        driver = self.ready(folder / "rehearsal")
        calls, whole = self._calls_of(driver.create), self._shown()
        assert len(calls) >= 3
        driver.context.keep()
        self._check_removal(driver)
        return calls, whole

    def _shown(self) -> list[str]:
        """Return what there is, without the tokens in names, which each creation makes anew."""
        return sorted(_TOKEN.sub("...", one) for one in self.left())

    def _calls_of(self, work: Callable[[], object]) -> list[str]:
        before = len(self.calls())
        work()
        return self.calls()[before:]

    def _numbers(self, calls: list[str], way: str, config: pytest.Config) -> list[int]:
        every = list(range(1, len(calls) + 1))
        return every if config.getoption("long") else self.picked(calls, way)

    def _end(
        self, driver: CloudDriver, work: Callable[[], object], calls: list[str], number: int, way: str
    ) -> None:
        """Do the work until it ends at a call; what a driver does without, it may be refused."""
        call, is_refused = calls[number - 1], way.startswith("refused")
        with pytest.MonkeyPatch.context() as patch:
            if is_refused:
                self.spoil(BadTurn(way, 403, is_late=way.endswith("late")), number - 1)
            else:
                self.kill_at(patch, number, is_done=way == "killed after")
            ended = _ended_by(work)
        self.heal()
        if is_refused and isinstance(ended, MachshError):
            driver.context.keep()  # an error is handled, and the record stored
        expected = MachshError if is_refused else KilledError
        is_needless = is_refused and ended is None and call.startswith(READING)
        assert is_needless or isinstance(ended, expected), f"{way} at {number}: {call}: {ended}"
        assert "bad turn" in str(ended) or not isinstance(ended, MachshError)

    def _check_removal(self, driver: CloudDriver) -> None:
        self.again(driver).remove()
        assert self.left() == []
        assert self.billed() == 0


def _ended_by(work: Callable[[], object]) -> BaseException | None:
    try:
        work()
    except (KilledError, MachshError) as error:
        return error
    return None
