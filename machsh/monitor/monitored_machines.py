"""Keeps the views of all chosen machines current, as machines come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from machsh.deadline import Deadline, poll
from machsh.errors import MachshError
from machsh.machine.renewal.expiry_warning import days_left
from machsh.machine.state_batch import StateBatch, batches
from machsh.monitor.host_follower import HostFollower
from machsh.monitor.machine_follower import UNTOLD, MachineFollower
from machsh.monitor.machine_view import MachineView

if TYPE_CHECKING:
    from machsh.machine.machine import Machine
    from machsh.machine.machines import Machines

SCAN_SECONDS = 2.0
"""How often the store is looked at."""
_GOLDEN = 0.618034
"""Multiples of it, without their whole part, are spread evenly however many there are."""


@dataclass(frozen=True, slots=True)
class _Followers:
    machine: MachineFollower
    host: HostFollower


class MonitoredMachines:
    """The machines that `choose` names, each followed by a thread of its own. Thread-safe.

    `choose` is called again and again, because machines come and go; it may raise MachshError. `machines`
    must ask nobody, because a screen is drawn meanwhile.
    """

    def __init__(self, machines: Machines, choose: Callable[[], Sequence[str]], interval: float) -> None:
        self.interval = interval
        self.version = 0
        """Grows with each change."""
        self._machines = machines
        self._choose = choose
        self._lock = threading.RLock()
        self._views: dict[str, MachineView] = {}
        self._followers: dict[str, _Followers] = {}
        self._watched: Collection[str] | None = None
        self._count = 0
        self._closed = threading.Event()
        self._first_round = threading.Event()

    def __enter__(self) -> MonitoredMachines:
        self._scan()
        threading.Thread(target=self._run, name="machsh-monitor", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        with self._lock:
            for followers in self._followers.values():
                followers.machine.close()
                followers.host.close()
        self._machines.close()

    def views(self) -> list[MachineView]:
        """Return all machines as they are known now."""
        with self._lock:
            return list(self._views.values())

    def watch(self, names: Collection[str] | None) -> None:
        """Read the containers of these machines (None: of all) every `interval` seconds."""
        self._watched = names

    def wait_until_settled(self, seconds: float) -> bool:
        """Wait until all machines have told what they tell; return whether they have, within `seconds`."""
        return poll(self._is_settled, Deadline.after(seconds), pause=0.05)

    def _is_settled(self) -> bool:
        with self._lock:
            return all(
                one.machine.is_settled and (one.host.is_settled or not self.is_answering(name))
                for name, one in self._followers.items()
            )

    # What followers call

    def machine(self, name: str) -> Machine:
        """Return the machine. Raises MachineNotFoundError or BrokenRecordError."""
        with self._lock:
            return self._machines.get(name)

    def change(self, name: str, **changes: Any) -> None:
        """Change fields of a machine's view, unless the machine has gone."""
        with self._lock:
            former = self._views.get(name)
            if former is None:
                return
            self._views[name] = replace(former, **changes)
            self.version += 1
            if not self._first_round.is_set() and all(one.state for one in self._views.values()):
                self._first_round.set()
            if changes.get("is_answering") and former.seen is None:
                self._followers[name].host.start(self._views[name].data_folder)

    def is_answering(self, name: str) -> bool:
        """Whether the engine of a machine answers."""
        view = self._views.get(name)
        return view is not None and view.is_answering

    def is_watched(self, name: str) -> bool:
        """Whether somebody looks at the containers of a machine."""
        watched = self._watched
        return watched is None or name in watched

    @property
    def is_complete(self) -> bool:
        """Whether all machines were reached once, or failed to be."""
        return self._first_round.is_set()

    def wait_for_first_round(self, seconds: float) -> object:
        """Wait until all machines were reached once, or failed to be, but not longer than `seconds`."""
        return self._first_round.wait(seconds)

    # The store

    def _run(self) -> None:
        self._ask_drivers()
        while not self._closed.wait(SCAN_SECONDS):
            self._scan()

    def _scan(self) -> None:
        """Follow machines that are new, and forget those that are gone."""
        with self._lock:
            try:
                chosen = list(self._choose())
            except MachshError:
                chosen = list(self._followers)  # one that the selection names has been removed
            names = [name for name in chosen if self._machines.store.exists(name)]
            for name in [*self._followers]:
                if name not in names or self._followers[name].machine.has_ended:
                    self._drop(name)
            for name in names:
                if name not in self._followers:
                    self._add(name)
                self._look_up(name)

    def _add(self, name: str) -> None:
        self._count += 1
        phase = self._count * _GOLDEN % 1
        followers = _Followers(MachineFollower(name, self, phase), HostFollower(name, self))
        self._views[name], self._followers[name] = MachineView(name), followers
        self.version += 1
        followers.machine.start()

    def _drop(self, name: str) -> None:
        followers = self._followers.pop(name)
        followers.machine.close()
        followers.host.close()
        del self._views[name]
        self.version += 1

    def _look_up(self, name: str) -> None:
        """Take from the record, and from the certificates beside it, what they say."""
        try:
            machine = self._machines.get(name)
        except MachshError:
            return  # its follower tells it
        left = days_left(machine, self._machines.environment.now())
        found = {
            "driver": machine.record.driver_name,
            "cluster": machine.record.machsh.cluster,
            "certificate_days": left,
        }
        view = self._views[name]
        if any(getattr(view, key) != value for key, value in found.items()):
            self.change(name, **found)

    def _ask_drivers(self) -> None:
        """Learn in one question per driver which machines do not run; the screen need not wait.

        A driver that does not answer delays neither the others nor what looks for machines.
        """
        with self._lock:
            machines = [one for one in self._machines.readable() if one.name in self._followers]
        for name, batch in batches(machines).items():
            own = [one for one in machines if one.record.driver_name == name]
            threading.Thread(
                target=self._take_states, args=(batch, own), name="machsh-monitor", daemon=True
            ).start()

    def _take_states(self, batch: StateBatch, machines: Sequence[Machine]) -> None:
        for machine in machines:
            state = batch.state_of(machine)
            with self._lock:
                followers = self._followers.get(machine.name)
                if not followers or state in (None, *UNTOLD) or self.is_answering(machine.name):
                    continue
                self.change(machine.name, state=state.value if state else "")
                followers.machine.has_failed = True
