"""Which of the unneeded objects of an engine `prune` takes: `--filter`, as `docker system prune` has it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from machsh.errors import UsageError
from machsh.watching.moments import NANOSECONDS, moment, nanoseconds_of

UNTIL, LABEL, WITHOUT = "until", "label", "label!"
KEYS = (UNTIL, LABEL, WITHOUT)


@dataclass(frozen=True, slots=True)
class PruneFilter:
    """What an object must be like to be removed; without conditions, each is."""

    until: str = ""
    """The moment before which it was made, in seconds since 1970 as the API takes it."""
    labels: tuple[str, ...] = ()
    """`KEY` or `KEY=VALUE`: it must have all of them."""
    without: tuple[str, ...] = ()
    """The same: it must not have all of them."""

    @property
    def takes_cache(self) -> bool:
        """Whether build cache may be removed: it has no labels, and engines would remove all of it."""
        return not (self.labels or self.without)

    @property
    def query(self) -> dict[str, list[str]]:
        """The filters for the API."""
        until = [self.until] if self.until else []
        found = {UNTIL: until, LABEL: [*self.labels], WITHOUT: [*self.without]}
        return {key: values for key, values in found.items() if values}

    @property
    def cache_query(self) -> dict[str, list[str]]:
        """The filters for the API's build cache, which takes no moment but how long it was not used."""
        return {UNTIL: [f"{max(0, int(time.time() - float(self.until)))}s"]} if self.until else {}

    def takes(self, labels: Mapping[str, str] | None, made: int | str | None) -> bool:
        """Whether an object goes that has these labels; `made` is in seconds or as engines write it."""
        if self.until and _seconds(made) > float(self.until):
            return False
        has = [*_having(self.without, labels or {})]
        return all(_having(self.labels, labels or {})) and not (has and all(has))


def _having(wanted: Sequence[str], labels: Mapping[str, str]) -> list[bool]:
    pairs = [one.partition("=") for one in wanted]
    return [key in labels and (not equals or labels[key] == value) for key, equals, value in pairs]


def _seconds(made: int | str | None) -> float:
    """Return a moment in seconds since 1970; one that is not known counts as now."""
    if isinstance(made, int):
        return float(made)
    found = nanoseconds_of(made or "")
    return time.time() if found is None else found / NANOSECONDS


def prune_filter(texts: Sequence[str]) -> PruneFilter:
    """Read the values of `--filter`. Raises UsageError for what engines do not know."""
    found: dict[str, list[str]] = {key: [] for key in KEYS}
    for text in texts:
        key, equals, value = text.partition("=")
        if key not in KEYS or not equals or not value:
            raise UsageError(
                f"--filter: {text!r} is no filter of prune",
                hint="until=24h, label=KEY, label=KEY=VALUE, label!=KEY or label!=KEY=VALUE",
            )
        found[key].append(value)
    if len(found[UNTIL]) > 1:
        raise UsageError("--filter: until may be given once")
    until = moment(found[UNTIL][0], "filter until") if found[UNTIL] else ""
    return PruneFilter(until, tuple(found[LABEL]), tuple(found[WITHOUT]))
