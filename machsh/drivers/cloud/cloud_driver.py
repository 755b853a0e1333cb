"""The base class of drivers whose hosts are servers of a cloud, which cost money while they are there."""

from __future__ import annotations

import dataclasses
import os
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from machsh.drivers.cloud.caller_address import caller_network
from machsh.drivers.cloud.cloud_tags import CloudTags
from machsh.drivers.cloud.cloud_user_data import CloudUserData
from machsh.drivers.cloud.made_resources import (
    RESOURCE,
    CloudResource,
    MadeResources,
    ResourceProvider,
    noted_resources,
)
from machsh.drivers.driver import Driver, DriverRecord
from machsh.drivers.guest import guest_keys
from machsh.drivers.guest.seed import HostKey
from machsh.drivers.store_identity import store_id
from machsh.errors import MachshError
from machsh.record import checked
from machsh.validators import WORD


@dataclass
class CloudRecord(DriverRecord):
    """What stands in the record of every cloud's machine; drivers add docker-machine's fields of theirs."""

    owner: str = checked(WORD)
    """Random token, also in the tags of everything that was made for the machine."""
    resources: list[dict[str, Any]] = dataclasses.field(default_factory=list, metadata={"rule": RESOURCE})
    """What `create` made or was about to make; see `MadeResources`."""


class CloudDriver(Driver):
    """A driver of a cloud. Subclasses add `configure`, `create` (with `made.ensure` for each thing), power
    calls, `state`, `states` and `orphans`.

    `create` is written so that it can be called again after it was interrupted anywhere, which
    `MadeResources.ensure` makes easy; `resume_create` does that.
    """

    late_modules: ClassVar[tuple[str, ...]] = (
        "machsh.drivers.guest.guest_keys",
        "cryptography.hazmat.primitives.asymmetric.ed25519",
        "machsh.ssh.connection",
        "requests",
    )
    loses = "the server and everything on it, and what was made for it"
    record_type = CloudRecord
    record: CloudRecord

    @abstractmethod
    def provider(self) -> ResourceProvider:
        """Return what finds and deletes this machine's resources. Raises MachshError without credentials."""

    @property
    def made(self) -> MadeResources:
        """The machine's resources, as its record has them."""
        return MadeResources(self.record.resources, self.provider(), self.context.keep)

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.machine_folder.parents[1]

    @property
    def tags(self) -> CloudTags:
        """The tags of everything that is made for this machine; the first call makes the record's token."""
        self.record.owner = self.record.owner or os.urandom(8).hex()
        return CloudTags(self.record.machine_name, store_id(self.store), self.record.owner)

    def login_key(self) -> str:
        """Return the machine's public key, one line, and note the private one; the pair is made once."""
        if not (self.machine_folder / guest_keys.LOGIN_KEY).exists():
            self.context.progress.info("Creating SSH key...")
        key = guest_keys.login_key(self.machine_folder, self.record.machine_name)
        self.record.ssh_key_path = str(self.machine_folder / guest_keys.LOGIN_KEY)
        return key

    def user_data(self, largest: int, own: str = "", address: str = "") -> str:
        """Return the server's user data, with its host key; `own` is the user's.

        `address` is where the engine will be reached, if that is known before the server is made. Raises
        UsageError if it has more than `largest` bytes.
        """
        key = guest_keys.host_key(self.machine_folder, self.record.machine_name)
        first_boot = self.context.first_boot
        script = first_boot(address) if first_boot and address else ""
        return CloudUserData(host_keys=(key,), boot_script=script, own=own).text(largest)

    def pin_host_key(self, told: str = "") -> None:
        """Record the host's only key, once its address is in the record: that in the user data.

        `told` is the public key that the provider has read from the host, if it is another one.
        """
        target = self._target_at(self.record.ip_address)
        own = guest_keys.host_key(self.machine_folder, self.record.machine_name)
        guest_keys.pin(HostKey("", told) if told else own, target)

    def open_to(self, given: list[str], option: str) -> list[str]:
        """Return the networks that may reach the machine: those given, else this computer's address."""
        return given or [caller_network(self.context.environment, option, self.context.seconds)]

    def resume_create(self) -> None:
        """Call `create` again: each step finds what it made before."""
        self.create()

    def earlier_resources(self) -> list[CloudResource]:
        """Return what docker-machine made for a machine, by the fields of its own that its record has.

        Called for a record whose list of resources is empty. What the user brought must not be among it;
        what is gone already does no harm.
        """
        return []

    @property
    def noted(self) -> list[CloudResource]:
        """The machine's resources as its record has them, without asking the provider."""
        return noted_resources(self.record.resources)

    def remove(self) -> None:
        """Destroy all that `create` made, and nothing else; what is gone already is destroyed."""
        if not self.record.resources:
            self.record.resources = [one.to_json() for one in self.earlier_resources()]
        known = self.noted
        try:
            gone = self.made.remove_all() if known else []
        except MachshError as error:
            left = f"still there: {_names(self.noted)}"
            error.hint = f"{error.hint}; {left}" if error.hint else left
            raise
        if known and gone == known[::-1] and self.record.ip_address:
            self.context.progress.warning(f"Nothing of {self.record.machine_name} was there any more.")
            self.context.progress.warning(
                f"Look for {_names(known)} if the credentials may be those of another account."
            )

    def ip(self) -> str:
        """Return the server's address, once `create` has learned it. Raises MachshError."""
        if not self.record.ip_address:
            raise MachshError(f"the address of {self.record.machine_name} is not known yet")
        return self.record.ip_address

    def remains(self) -> list[str]:
        """Return a line for each resource, which goes on costing money."""
        noted = self.noted or self.earlier_resources()
        return [f"{one.kind} {one.name} {one.identifier}".strip() for one in noted]


def _names(resources: list[CloudResource]) -> str:
    return ", ".join(f"{one.kind} {one.name}" for one in resources)
