"""Loads the machines of a store, keeps them while their records stay the same, and asks several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from machsh.errors import MachshError
from machsh.machine.context import MachineContext
from machsh.machine.machine import Machine
from machsh.machine.records.store import Store

if TYPE_CHECKING:
    from machsh.engine.endpoint import Endpoint
    from machsh.environment import Environment
    from machsh.machine.status import MachineStatus
    from machsh.plugin.catalog import Catalog
    from machsh.progress import Progress, Prompter

ANSWER_SECONDS = 10.0

Stamp = tuple[int, int, int]
T = TypeVar("T")


class LoadedMachines:
    """The machines of a store, loaded on demand; `Machines` adds what can be done with them."""

    def __init__(
        self,
        environment: Environment,
        *,
        catalog: Catalog,
        progress: Progress,
        ask: Prompter,
        store: Store | None = None,
    ) -> None:
        self.environment = environment
        self.store = store or Store(environment.store_folder, program=environment.program)
        self._context = MachineContext(environment, self.store, catalog, progress, ask)
        self._kept: dict[str, tuple[Stamp, Machine]] = {}

    def names(self) -> list[str]:
        """Return all names without opening any file."""
        return self.store.names()

    def get(self, name: str) -> Machine:
        """Return the machine. It is cached with its ssh connection until its `config.json` changes.

        Raises MachineNotFoundError or BrokenRecordError.
        """
        stamp = _stamp(self.store.config_path(name))
        kept = self._kept.get(name)
        if kept and kept[0] == stamp:
            return kept[1]
        machine = Machine(self.store.load(name), self._context)
        if kept:
            kept[1].close()
        self._kept[name] = (_stamp(self.store.config_path(name)), machine)
        return machine

    def endpoint(self, name: str) -> Endpoint:
        """Return the endpoint of the machine's engine without using the network."""
        return self.get(name).endpoint()

    def engine_version(self, name: str, seconds: float = ANSWER_SECONDS) -> str:
        """Ask the engine for its version. Raises MachshError `Unable to query docker version: ...`."""
        from machsh.machine.status import engine_version

        machine = self.get(name)
        try:
            url = machine.url()
        except MachshError as error:
            raise MachshError(f"Unable to query docker version: {error}", hint=error.hint) from error
        return engine_version(machine, url, seconds)

    def with_progress(self, progress: Progress) -> Self:
        """Return another service for the same store, which reports elsewhere and shares no connections."""
        context = self._context
        return type(self)(
            self.environment, catalog=context.catalog, progress=progress, ask=context.ask, store=self.store
        )

    def close(self) -> None:
        """Close all cached ssh connections."""
        for _, machine in self._kept.values():
            machine.close()
        self._kept.clear()

    def readable(self) -> list[Machine]:
        """Return all machines whose records can be read."""
        machines = []
        for name in self.names():
            try:
                machines.append(self.get(name))
            except MachshError as error:
                self._context.progress.debug(f"{name}: {error}")
        return machines

    def survey(
        self, names: Sequence[str] | None = None, seconds: float = ANSWER_SECONDS
    ) -> list[MachineStatus]:
        """Query all (or the named) machines in parallel, with `seconds` as the deadline.

        A machine that has an error and is not in the store, for instance because it was just removed, is
        left out.
        """
        from machsh.machine.status import query_all

        rows = query_all(self.get, self.names() if names is None else names, seconds)
        return [row for row in rows if not row.error or self.store.exists(row.name)]

    def _act(
        self,
        names: Sequence[str],
        action: Callable[[Machine], T],
        *,
        seconds: float = 0,
        event: str = "",
    ) -> list[T]:
        from machsh.machine.bulk_operation import BulkOperation

        acting = BulkOperation(replace(self._context, seconds=seconds), self._moved, event)
        try:
            return acting.run(names, action)
        finally:
            for name in names:
                self._forget(name)

    def _moved(self, former: str, name: str) -> None:
        """Update references from outside the store to a machine's new name."""
        from machsh.machine.reach import followers

        followers.machine_moved(self, former, name, self._context.progress.warning)

    def _forget(self, name: str) -> None:
        _, machine = self._kept.pop(name, (None, None))
        if machine:
            machine.close()


def _stamp(path: Path) -> Stamp:
    """Return mtime, size and inode of a file, to see whether it has changed; zeros if it is missing."""
    try:
        seen = path.stat()
    except OSError:
        return (0, 0, 0)
    return (seen.st_mtime_ns, seen.st_size, seen.st_ino)
