"""A driver's machine in a fake cloud, as the suites that every cloud keeps make, lose and spoil it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machsh.drivers.cloud.cloud_driver import CloudDriver
from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudFault, FakeCloud


@dataclass(frozen=True, slots=True)
class BadTurn:
    """What goes wrong with a call, or with all from it on."""

    name: str
    status: int = 0
    """0 for a connection that breaks."""
    is_once: bool = True
    is_late: bool = False
    """Whether the call is carried out, and only its answer is bad."""

    def __str__(self) -> str:
        return self.name


WAIT_FOR_LONG = {"Retry-After": "3600"}
"""The headers of an answer with 429, which no deadline of a test allows."""


class CloudTrial:
    """What a suite knows of a cloud; `cloud` is set by a fixture of the subclass."""

    cloud: Any

    @abstractmethod
    def new(self, folder: Path, name: str) -> CloudDriver:
        """Return a driver whose machine is not made yet; machines in one folder share its store."""

    def made(self, folder: Path, name: str) -> CloudDriver:
        """Return a driver whose machine was made, and is stored; a subclass may make it in its own way."""
        driver = self.new(folder, name)
        driver.pre_create_check()
        driver.create()
        driver.context.keep()
        return driver

    @abstractmethod
    def again(self, driver: CloudDriver) -> CloudDriver:
        """Return the driver as the next process finds it."""

    def left(self) -> list[str]:
        """Return what the provider has, beside what was there at the beginning."""
        fake: Any = self.cloud
        return sorted(fake.left)

    def billed(self) -> int:
        """Return how many things cost money now."""
        return len(self.cloud.bill.running)

    def refusal(self, status: int) -> CloudAnswer:
        """Return an answer of this provider that refuses a call."""
        return CloudAnswer({"error": {"code": str(status), "message": "bad turn"}}, status)

    def calls(self) -> list[str]:
        """Return the calls that came so far."""
        return list(self.cloud.calls)

    def spoil(self, turn: BadTurn, skip: int) -> None:
        """Let a call go wrong, after `skip` calls from now on that go well."""
        fake: FakeCloud = self.cloud
        answer = self.refusal(turn.status) if turn.status else None
        if answer and turn.status == 429:
            answer = CloudAnswer(answer.content, 429, WAIT_FOR_LONG)
        fake.faults = [CloudFault(answer, skip=skip, times=int(turn.is_once), is_late=turn.is_late)]

    def heal(self) -> None:
        """Let everything go well again."""
        self.cloud.faults = []
