"""What every machine of one service shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.drivers.driver import DriverContext
from machsh.environment import Environment
from machsh.machine.record import MachineRecord
from machsh.machine.store import Store
from machsh.progress import PrefixedProgress, Progress, Prompter

if TYPE_CHECKING:
    from machsh.plugin.catalog import Catalog


@dataclass(slots=True)
class MachineContext:
    """The store, the plugins, and who is told and asked."""

    environment: Environment
    store: Store
    catalog: Catalog
    progress: Progress
    ask: Prompter
    seconds: float = 0.0
    """The user's limit for each wait of this call (`--timeout`); 0 leaves it to the machine."""

    def wait_seconds(self, record: MachineRecord) -> float:
        """The limit of each wait for this machine: the call's, else its own, else the default."""
        return self.seconds or record.machsh.wait_seconds or self.environment.step_seconds

    def driver_context(self, record: MachineRecord) -> DriverContext:
        """What the machine's driver is given; its lines carry the machine's name."""
        progress = PrefixedProgress(self.progress, record.name)
        return DriverContext(
            self.environment,
            progress,
            self.ask,
            self.wait_seconds(record),
            self.store.machine_folder(record.name),
        )
