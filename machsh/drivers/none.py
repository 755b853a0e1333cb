"""Driver `none`: a name for an existing engine, given by its URL; nothing is created or provisioned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from machsh.drivers.capabilities import BUILT_IN
from machsh.drivers.driver import Driver, DriverRecord, State
from machsh.errors import MachshError, UsageError
from machsh.go.url import host_of
from machsh.options import Option, Values
from machsh.record import checked
from machsh.ssh.target import Target
from machsh.validators import URL


@dataclass
class NoneRecord(DriverRecord):
    """The driver's fields: the shared ones and the engine's URL."""

    url: str = checked(URL)

    names: ClassVar[dict[str, str]] = {**DriverRecord.names, "url": "URL"}


class NoneDriver(Driver):
    """An existing engine that machsh uses but does not manage."""

    name = "none"
    summary = "an engine that runs already, by its URL"
    options = (Option("url", "URL of host when no driver is selected"),)
    record_type = NoneRecord
    capabilities = BUILT_IN["none"]
    loses = "machsh's record of the machine; the engine itself stays as it is"
    record: NoneRecord

    def configure(self, values: Values) -> None:
        """Copy the URL into the record, with its `HOST:PORT` as the address. Raises UsageError."""
        url = values.text("url")
        if not url:
            raise UsageError(
                "--url option is required when no driver is selected",
                hint="give the engine's URL, as in --url tcp://192.0.2.10:2376, or a driver: --driver docker",
            )
        self.record.url = url
        self.record.ip_address = host_of(url)

    def create(self) -> None:
        """Do nothing: the engine exists already."""

    def remains(self) -> list[str]:
        """Return the engine's URL."""
        return [f"the engine at {self.record.url}"]

    def rename_host(self) -> None:
        """Do nothing: the engine belongs to the user."""

    def remove(self) -> None:
        """Do nothing: the engine belongs to the user."""

    def start(self) -> None:
        """Raise MachshError: not supported."""
        raise _impossible("started")

    def stop(self) -> None:
        """Raise MachshError: not supported."""
        raise _impossible("stopped")

    def kill(self) -> None:
        """Raise MachshError: not supported."""
        raise _impossible("killed")

    def restart(self) -> None:
        """Raise MachshError: not supported."""
        raise _impossible("restarted")

    def state(self) -> State:
        """Return Running: the driver cannot find out more."""
        return State.RUNNING

    def ip(self) -> str:
        """Return the URL's host with its port, as docker-machine shows it; empty if it has none."""
        return self.record.ip_address

    def url(self) -> str:
        """Return the URL as it was given."""
        return self.record.url

    def known_url(self) -> str:
        """Return the URL as it was given."""
        return self.record.url

    def ssh_target(self) -> Target | None:
        """Return None: only the engine is known, not its host."""
        return None


def _impossible(done: str) -> MachshError:
    return MachshError(
        f"hosts without a driver cannot be {done}",
        hint="use the tools of the computer that the engine runs on",
    )
