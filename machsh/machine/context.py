"""The context that all machines of one `Machines` service share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from machsh.drivers.driver import DriverContext
from machsh.environment import Environment
from machsh.machine.records.record import SSH_ENDPOINT, MachineRecord
from machsh.machine.records.store import Store
from machsh.progress import NamedProgress, PrefixedProgress, Progress, Prompter

if TYPE_CHECKING:
    from machsh.plugin.catalog import Catalog


@dataclass(slots=True)
class MachineContext:
    """Environment, store, plugins, progress output and prompts for operations on machines."""

    environment: Environment
    store: Store
    catalog: Catalog
    progress: Progress
    ask: Prompter
    seconds: float = 0.0
    """Limit in seconds for each wait of this call (`--timeout`); 0 uses the machine's own limit."""

    is_one_of_several: bool = False
    """Whether other machines are worked on at the same time, so that each line has to say whose it is."""

    def progress_of(self, name: str) -> Progress:
        """Return where a machine's progress goes."""
        return NamedProgress(self.progress, name) if self.is_one_of_several else self.progress

    def wait_seconds(self, record: MachineRecord) -> float:
        """Return the limit in seconds for each wait: the call's, else the machine's, else the default."""
        return self.seconds or record.machsh.wait_seconds or self.environment.step_seconds

    def driver_context(self, record: MachineRecord) -> DriverContext:
        """Return the context for the machine's driver; its progress lines are prefixed with the name."""
        progress = PrefixedProgress(self.progress, record.name)
        return DriverContext(
            self.environment,
            progress,
            self.ask,
            self.wait_seconds(record),
            self.store.machine_folder(record.name),
            opens_engine_port=record.machsh.endpoint != SSH_ENDPOINT,
        )
