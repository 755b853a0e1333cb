"""The base class of drivers whose hosts are servers of a cloud, which cost money as long as they exist."""

from __future__ import annotations

import dataclasses
import os
from abc import abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from machsh.deadline import Deadline
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
from machsh.drivers.driver import Driver, DriverRecord, State
from machsh.drivers.guest import guest_keys
from machsh.drivers.guest.seed import HostKey
from machsh.drivers.store_identity import store_id
from machsh.errors import MachshError
from machsh.record import checked
from machsh.validators import WORD


@dataclass
class CloudRecord(DriverRecord):
    """Fields of the records of all cloud drivers; subclasses add those of docker-machine."""

    owner: str = checked(WORD)
    """Random token, also in the tags of all resources of the machine."""
    resources: list[dict[str, Any]] = dataclasses.field(default_factory=list, metadata={"rule": RESOURCE})
    """The resources that `create` made or was about to make; see `MadeResources`."""


class CloudDriver(Driver):
    """A driver of a cloud. Subclasses add `configure`, `create` (with `made.ensure` for each thing), power
    calls, `state` and `orphans`; and `account`, `servers`, `server_key` and `learn` for `states`.

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
        """The machine's resources from its record."""
        return MadeResources(self.record.resources, self.provider(), self.context.keep)

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.machine_folder.parents[1]

    @property
    def tags(self) -> CloudTags:
        """The tags for all resources of this machine; the first call creates the record's token."""
        self.record.owner = self.record.owner or os.urandom(8).hex()
        return CloudTags(self.record.machine_name, store_id(self.store), self.record.owner)

    def login_key(self) -> str:
        """Return the machine's public key, one line; the first call makes the pair and records its path."""
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
        """Pin the host key from the user data, once the address is in the record.

        `told` is the public key that the provider read from the host, if it is another one.
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

        Called for a record whose list of resources is empty. Must not include what the user brought;
        resources that are already gone do no harm.
        """
        return []

    def limits(self, seconds: float = 0) -> tuple[Deadline, Callable[[str], None]]:
        """Return a call's deadline, and the function that reports each pause.

        With `seconds`, for queries, there is less time, and pauses are debug messages.
        """
        deadline = Deadline.after(min(seconds or self.context.seconds, self.context.seconds))
        return deadline, self.context.progress.debug if seconds else self.context.progress.info

    def identifier_of(self, kind: str) -> str:
        """Return the identifier of the record's first resource of a kind, "" if there is none."""
        return next((one.identifier for one in self.noted if one.kind == kind), "")

    def never_made(self, what: str) -> MachshError:
        """Return the error for a record without a server; `what` is what the provider calls one."""
        name = self.record.machine_name
        return MachshError(f"the {what} of {name} was never made", hint=f"machsh create --resume {name}")

    def gone(self, what: str) -> MachshError:
        """Return the error `WHO has no WHAT of NAME` for a server that is gone."""
        hint = f"remove what is left of it: machsh rm {self.record.machine_name}"
        return MachshError(f"machine does not exist: {what}", hint=hint)

    # The states of many machines

    def account(self) -> Hashable:
        """Return a key for the account (and endpoint): machines with the same key are queried together.

        None, the default, if the provider has no such query.
        """
        return None

    def servers(self, members: Sequence[Self], seconds: float) -> Mapping[Any, Any]:
        """Return the account's servers, keyed by `server_key`, with few requests.

        `members` are the machines that are wanted. Raises MachshError.
        """
        raise NotImplementedError

    def server_key(self) -> Any:
        """Return this machine's key in `servers`."""
        raise NotImplementedError

    def learn(self, found: Any) -> State:
        """Store a running server's address; return its state. `found` is a value of `servers`."""
        raise NotImplementedError

    @classmethod
    def states(cls, drivers: Sequence[Self]) -> Mapping[str, State]:
        """Return the states of the machines whose account answers one query for all of them.

        Raises the MachshError of the last account if none answers.
        """
        found, accounts = dict[str, State](), dict[Hashable, list[Self]]()
        failure: MachshError | None = None
        for driver in drivers:
            with suppress(MachshError):  # no login: the machine tells that, once it is asked alone
                accounts.setdefault(driver.account(), []).append(driver)
        accounts.pop(None, None)
        for members in accounts.values():
            try:
                found |= members[0]._states_of(members)
            except MachshError as error:  # so do the account's machines
                members[0].context.progress.debug(f"{cls.name}: {error}")
                failure = error
        if failure is not None and not found:
            raise failure
        return found

    def _states_of(self, members: Sequence[Self]) -> dict[str, State]:
        servers = self.servers(members, min(one.context.seconds for one in members))
        there = ((one, servers.get(one.server_key())) for one in members)
        return {one.record.machine_name: one.learn(server) for one, server in there if server is not None}

    @property
    def noted(self) -> list[CloudResource]:
        """The machine's resources from its record, without using the network."""
        return noted_resources(self.record.resources)

    def remove(self) -> None:
        """Destroy everything that `create` made, and nothing else; resources that are gone are no error."""
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
        """Return a line for each resource, which will continue to cost money."""
        noted = self.noted or self.earlier_resources()
        return [f"{one.kind} {one.name} {one.identifier}".strip() for one in noted]


def _names(resources: list[CloudResource]) -> str:
    return ", ".join(f"{one.kind} {one.name}" for one in resources)
