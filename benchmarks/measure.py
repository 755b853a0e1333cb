"""Timing that can be trusted on a noisy machine: both sides in turn, medians, ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure beside what it must reach."""

    figure: str
    measured: str
    against: str
    ratio: float
    reach: float
    """The highest ratio, or number, that is good enough."""

    @property
    def holds(self) -> bool:
        return self.ratio <= self.reach


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def medians(sides: Sequence[Callable[[], object]], runs: int, warm_up: int = 1) -> list[float]:
    """Run all sides in turn, `runs` times; the median seconds of each."""
    for _ in range(warm_up):
        for side in sides:
            side()
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(runs):
        for kept, side in zip(times, sides, strict=True):
            kept.append(seconds(side))
    return [statistics.median(kept) for kept in times]


def milliseconds(value: float) -> str:
    return f"{value * 1000:.1f} ms"


def report(title: str, rows: Sequence[Row]) -> int:
    """Print the rows as a Markdown table; how many miss their reach."""
    print(f"\n### {title}\n")
    print("| figure | measured | against | ratio | reach | |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        mark = "ok" if row.holds else "**missed**"
        print(f"| {row.figure} | {row.measured} | {row.against} | {row.ratio:.2f} | {row.reach:g} | {mark} |")
    return sum(not row.holds for row in rows)
