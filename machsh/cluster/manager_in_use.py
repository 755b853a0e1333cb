"""Chooses the manager that receives docker commands while a cluster is in use, with failover."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from machsh.cluster.members import NoManagerError, find_manager, members
from machsh.cluster.swarm_api import SwarmApi
from machsh.deadline import Deadline, poll
from machsh.errors import MachshError
from machsh.machine.machines import Machines

CHECK_SECONDS = 2.0
"""How long the manager in use may take to answer before the next one is asked."""
ELECTION_SECONDS = 30.0
"""How long to wait for a manager with a leader: after the leader fails, the others elect a new one."""

Note = Callable[[str], None]


class ManagerInUse:
    """A cluster in use, over one open connection to a manager. Forks of a session share it."""

    def __init__(self, machines: Machines, cluster: str) -> None:
        self.cluster = cluster
        self.manager = ""
        """The machine that answered last; empty before the first answer."""
        self._machines = machines
        self._kept: SwarmApi | None = None
        self._guard = threading.Lock()

    def reach(self, note: Note = lambda text: None) -> bool:
        """Switch to another manager if the present one cannot act for the cluster; return whether it did.

        `note` is told of a manager that is lost and of waiting. Raises UsageError if the cluster is no more,
        NoManagerError if no manager can act for it within ELECTION_SECONDS.
        """
        with self._guard:
            lost = self._check()
            if not lost:
                return False
            former, self.manager = self.manager, ""
            found = self._connect_to_manager(note if former else lambda text: None)
            self._kept, self.manager = found, found.machine.name
            if former and former != self.manager:
                note(f'"{former}" cannot act for "{self.cluster}": {lost}. "{self.manager}" is asked now')
            return former != self.manager

    def has_lost(self) -> str:
        """Return why the manager cannot act any more, after a command has failed; empty if it can."""
        with self._guard:
            return self._check()

    def rename(self, former: str, name: str) -> None:
        """Follow the renaming of a machine."""
        if self.manager == former:
            self.manager = name

    @property
    def has_members(self) -> bool:
        """Whether the cluster has machines."""
        with suppress(MachshError):
            return bool(members(self._machines, self.cluster))
        return False

    def close(self) -> None:
        """Close the kept connection."""
        with self._guard:
            self._drop()

    def _check(self) -> str:
        """Return why the present manager cannot be used; empty if it can act."""
        if self._kept is None:
            return "it was not asked yet"
        try:
            self._machines.get(self.manager)
            self._kept.nodes()
        except MachshError as error:
            self._drop()
            return str(error)
        return ""

    def _drop(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _connect_to_manager(self, note: Note) -> SwarmApi:
        """Connect to a manager that can act, with a limit of CHECK_SECONDS for each request."""
        last: NoManagerError | None = None
        found: SwarmApi | None = None

        def finds() -> bool:
            nonlocal last, found
            try:
                found, _ = find_manager(self._machines, self.cluster)
                return True
            except NoManagerError as error:
                if last is None and error.may_change:
                    note(f'the managers of "{self.cluster}" elect a leader...')
                last = error
                return not error.may_change

        poll(finds, Deadline.after(ELECTION_SECONDS), pause=0.5)
        if found is None:
            assert last is not None
            raise last
        found.seconds = CHECK_SECONDS
        return found
