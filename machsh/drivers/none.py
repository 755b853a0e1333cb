"""Driver `none`: a name for an engine somewhere, reached by its URL; nothing is created or provisioned."""

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
    """`config.json` of a machine without a driver."""

    url: str = checked(URL)

    names: ClassVar[dict[str, str]] = {**DriverRecord.names, "url": "URL"}


class NoneDriver(Driver):
    """An engine that somebody else made and looks after."""

    name = "none"
    summary = "an engine that runs already, by its URL"
    options = (Option("url", "URL of host when no driver is selected"),)
    record_type = NoneRecord
    capabilities = BUILT_IN["none"]
    loses = "machsh's record of the machine; the engine itself stays as it is"
    record: NoneRecord

    def configure(self, values: Values) -> None:
        """Take the URL; its host, with the port, is the address. Raises UsageError."""
        url = values.text("url")
        if not url:
            raise UsageError(
                "--url option is required when no driver is selected",
                hint="give the engine's URL, as in --url tcp://192.0.2.10:2376, or a driver: --driver docker",
            )
        self.record.url = url
        self.record.ip_address = host_of(url)

    def create(self) -> None:
        """Do nothing: the engine is there."""

    def remove(self) -> None:
        """Do nothing: the engine is not ours."""

    def start(self) -> None:
        """Refuse."""
        raise _impossible("started")

    def stop(self) -> None:
        """Refuse."""
        raise _impossible("stopped")

    def kill(self) -> None:
        """Refuse."""
        raise _impossible("killed")

    def restart(self) -> None:
        """Refuse."""
        raise _impossible("restarted")

    def state(self) -> State:
        """Running, always: nobody can know better."""
        return State.RUNNING

    def ip(self) -> str:
        """The URL's host with its port, as docker-machine shows it; empty when it has none."""
        return self.record.ip_address

    def url(self) -> str:
        """The URL as it was given."""
        return self.record.url

    def known_url(self) -> str:
        """The URL as it was given."""
        return self.record.url

    def ssh_target(self) -> Target | None:
        """None: only the engine is known."""
        return None


def _impossible(done: str) -> MachshError:
    return MachshError(
        f"hosts without a driver cannot be {done}",
        hint="use the tools of the computer that the engine runs on",
    )
