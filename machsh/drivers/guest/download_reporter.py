"""Reports how far a download has come."""

from __future__ import annotations

import time

from machsh.humanize import byte_size, elapsed
from machsh.progress import Progress

_STEP_PERCENT = 10
_STEP_SECONDS = 2.0
_STEP_BYTES = 64 << 20


class DownloadReporter:
    """Reports every tenth of a download, but not more often than every few seconds."""

    def __init__(self, progress: Progress, name: str, start: int, total: int | None) -> None:
        self.size = start
        """Bytes that are there, `start` of them from before."""
        self._progress = progress
        self._name = name
        self._start = start
        self._total = total
        self._began = self._told_at = time.monotonic()
        self._told_percent = self._told_size = 0

    def add(self, count: int) -> None:
        """Count bytes that have arrived."""
        self.size += count
        now = time.monotonic()
        if now - self._told_at < _STEP_SECONDS:
            return
        if not self._total:
            self._tell_size(now)
            return
        percent = 100 * self.size // self._total
        if percent - self._told_percent < _STEP_PERCENT:
            return
        self._told_at, self._told_percent = now, percent
        speed = (self.size - self._start) / (now - self._began)
        left = elapsed((self._total - self.size) / speed) if speed else "?"
        self._progress.info(
            f"{self._name}: {percent}% of {byte_size(self._total)}, {byte_size(speed)}/s, {left} left"
        )

    def _tell_size(self, now: float) -> None:
        if self.size - self._told_size >= _STEP_BYTES:
            self._told_at, self._told_size = now, self.size
            self._progress.info(f"{self._name}: {byte_size(self.size)}")
