"""Which machines and containers are shown, in which order, and which one is selected; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from machsh.machine.status import natural
from machsh.monitor.machine_view import ContainerView, MachineView

Key = tuple[str, str]
"""A machine's name and a container's identity; the latter is empty for the machine itself."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line on the screen: a machine, one of its containers, or a note about the machine."""

    machine: MachineView
    container: ContainerView | None = None
    note: str = ""

    @property
    def key(self) -> Key:
        """Identifies the line from one refresh to the next."""
        return self.machine.name, self.container.id if self.container else "note" if self.note else ""


def _share(used: int, total: int) -> float | None:
    return used / total if total else None


_MACHINE_ORDERS: dict[str, Callable[[MachineView], Any]] = {
    "name": lambda one: natural(one.name),
    "state": lambda one: one.condition,
    "cpu": lambda one: one.cpu,
    "memory": lambda one: one.memory,
    "load": lambda one: one.host and one.host.load,
    "disk": lambda one: one.host and _share(one.host.disk_used, one.host.disk_total),
    "containers": lambda one: one.running,
    "certificates": lambda one: one.certificate_days,
    "engine": lambda one: natural(one.engine),
    "cluster": lambda one: natural(f"{one.cluster} {one.role}"),
}
ORDERS = tuple(_MACHINE_ORDERS)
"""The sort keys for machines, in the order of the columns."""
_LARGEST_FIRST = ("cpu", "memory", "load", "disk", "containers")


@dataclass(slots=True)
class Arrangement:
    """What the user has chosen to see."""

    order: str = "name"
    is_reversed: bool = False
    words: str = ""
    """The filter: a machine is shown if it, or one of its containers, contains each of the words."""
    expanded: set[str] = field(default_factory=set)
    """The machines whose containers are shown."""
    selected: Key = ("", "")
    place: int = 0
    """The index of `selected` among the lines of the last call."""

    @property
    def has_largest_first(self) -> bool:
        """Whether the largest values come first."""
        return (self.order in _LARGEST_FIRST) != self.is_reversed

    def sort_by(self, order: str) -> None:
        """Sort by another key; the same key again reverses the order."""
        self.is_reversed = order == self.order and not self.is_reversed
        self.order = order

    def sort_by_neighbour(self, step: int) -> None:
        """Sort by the next (1) or previous (-1) key."""
        self.order = ORDERS[(ORDERS.index(self.order) + step) % len(ORDERS)]
        self.is_reversed = False

    def lines(self, views: Iterable[MachineView]) -> list[Line]:
        """Return the lines to show; keeps the selection, or selects the line that took its place."""
        found: list[Line] = []
        wanted = self.words.lower().split()
        for view in self._sorted(views, _MACHINE_ORDERS[self.order], lambda one: natural(one.name)):
            matching = [one for one in view.containers if _has(wanted, one.name, one.image, one.state)]
            texts = (view.name, view.condition, view.driver, view.cluster, view.role, view.engine)
            is_match = _has(wanted, *texts)
            if is_match or matching:
                found += self._of_machine(view, list(view.containers) if is_match else matching, is_match)
        self._find_again(found)
        return found

    def _of_machine(self, view: MachineView, containers: list[ContainerView], is_match: bool) -> list[Line]:
        lines = [Line(view)]
        if view.name in self.expanded or not is_match:
            note = view.error or view.host_error
            lines += [Line(view, note=note)] if note else []
            of_container = {"cpu": lambda one: one.cpu, "memory": lambda one: one.memory}
            key = of_container.get(self.order, lambda one: natural(one.name))
            ordered = self._sorted(containers, key, lambda one: natural(one.name))
            lines += [Line(view, one) for one in ordered]
        return lines

    def _sorted(
        self, items: Iterable[Any], key: Callable[[Any], Any], then: Callable[[Any], Any]
    ) -> list[Any]:
        """Sort by `key`, then by `then`; items without a value come last in both directions."""
        values = [(key(one), one) for one in sorted(items, key=then)]
        known = [pair for pair in values if pair[0] is not None]
        # `reverse` keeps equals in their order.
        known.sort(key=lambda pair: pair[0], reverse=self.has_largest_first)
        return [one for _, one in known] + [one for value, one in values if value is None]

    def _find_again(self, lines: Sequence[Line]) -> None:
        keys = [line.key for line in lines]
        if self.selected in keys:
            self.place = keys.index(self.selected)
        else:
            self.place = min(self.place, max(0, len(keys) - 1))
            self.selected = keys[self.place] if keys else ("", "")

    def move(self, lines: Sequence[Line], steps: int) -> None:
        """Move the selection down, or up if `steps` is negative; it stops at the first and last line."""
        if lines:
            self.place = min(max(0, self.place + steps), len(lines) - 1)
            self.selected = lines[self.place].key

    def toggle(self) -> None:
        """Show the containers of the selected machine, or hide them."""
        name = self.selected[0]
        if name in self.expanded:
            self.expanded.remove(name)
            self.selected = (name, "")
        elif name:
            self.expanded.add(name)

    def toggle_all(self, views: Iterable[MachineView]) -> None:
        """Show the containers of all machines, or hide them if some are shown."""
        if self.expanded:
            self.expanded.clear()
            self.selected = (self.selected[0], "")
        else:
            self.expanded = {one.name for one in views}


def _has(words: Sequence[str], *texts: str) -> bool:
    if not words:
        return True
    content = "\n".join(texts).lower()
    return all(word in content for word in words)
