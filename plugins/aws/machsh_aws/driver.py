"""The driver `amazonec2`: instances of Amazon EC2."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from machsh.api import (
    CloudDriver,
    CloudResource,
    DriverContext,
    MachshError,
    Orphan,
    PlannedResource,
    RefusedError,
    ResourceProvider,
    State,
    Values,
    make_private_folder,
    read_regular,
    write_atomically,
)
from machsh_aws.ec2_options import OPTIONS, REGION
from machsh_aws.ec2_record import Ec2Record

if TYPE_CHECKING:
    from machsh_aws.ec2_api import Answer, Ec2Api

KEY_COPY = "ssh_key"
MOST_VALUES = 200
"""How many values a filter may have."""
STATES = {
    "pending": State.STARTING,
    "running": State.RUNNING,
    "stopping": State.STOPPING,
    "shutting-down": State.STOPPING,
    "stopped": State.STOPPED,
    "terminated": State.ERROR,
}


class AmazonEc2Driver(CloudDriver):
    """An instance of EC2, with a key pair and a security group of its own."""

    name = "amazonec2"
    summary = "an instance of Amazon EC2"
    options = OPTIONS
    record_type = Ec2Record
    late_modules: ClassVar[tuple[str, ...]] = (
        *CloudDriver.late_modules,
        "botocore.session",
        "machsh_aws.ec2_client",
        "machsh_aws.ec2_creation",
        "machsh_aws.ec2_plan",
    )
    loses = "the instance, its disks, and what was made for it"
    record: Ec2Record
    _keys: tuple[str, str, str] | None = None
    """Keys that were given as options, for this process only: they are never stored."""
    _has_learned = False
    """Whether this process has asked Amazon for the address, which may change with each start."""

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return the resources with machsh's tags in the regions of known machines and the user's own."""
        from machsh_aws import ec2_orphans

        return ec2_orphans.find(context, store, known)

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Destroy it by its identifier."""
        from machsh_aws import ec2_orphans

        ec2_orphans.remove(orphan, context)

    def configure(self, values: Values) -> None:
        """Take the options; keys among them are not stored. Raises UsageError."""
        from machsh_aws import ec2_settings

        record, text = self.record, values.text
        ec2_settings.fill(record, values, self.context.environment, self.context.progress)
        record.owner = record.owner or os.urandom(8).hex()
        if "amazonec2-access-key" in values.given:
            self._keys = tuple(
                text(f"amazonec2-{one}") for one in ("access-key", "secret-key", "session-token")
            )  # type: ignore[assignment]
            self.context.progress.warning(
                "The keys are used for this command only, and not stored: later commands look for keys in "
                "AWS_ACCESS_KEY_ID, ~/.aws, or the instance's role"
            )

    @cached_property
    def api(self) -> Ec2Api:
        """What makes the calls of this machine."""
        from machsh_aws.ec2_api import Ec2Api

        return Ec2Api(self.context, self.record, self._keys)

    def provider(self) -> ResourceProvider:
        """Return what finds and destroys this machine's resources."""
        from machsh_aws.ec2_resources import Ec2Resources

        return Ec2Resources(self.api, self.context, self.record.owner)

    def pre_create_check(self) -> None:
        """Choose image, network and zone by what there is, and check the rest. Raises MachshError."""
        from machsh_aws.ec2_client import region_of
        from machsh_aws.ec2_creation import sources_of
        from machsh_aws.ec2_placement import Ec2Placement

        record = self.record
        record.region = record.region or region_of(record, self.context.environment) or REGION
        if Ec2Placement(record, self.context, self.api).complete():
            record.open_to = sources_of(self, self.api)  # a group will be made, and has to admit somebody

    def plan(self) -> list[PlannedResource]:
        """Return what `create` would make."""
        from machsh_aws.ec2_plan import planned

        return planned(self.record, opens_engine_port=self.context.opens_engine_port)

    def create(self) -> None:
        """Make key pair, group and instance, or what of them is lacking. Raises MachshError."""
        from machsh_aws.ec2_creation import Ec2Creation

        Ec2Creation(self, self.api).make(self._public_key())
        self.pin_host_key()
        self.context.progress.info(f"{self.record.instance_id} runs at {self.record.ip_address}")

    def resume_create(self) -> None:
        """Go on; an instance that was stopped meanwhile is started."""
        if self.record.instance_id and self.state() is State.STOPPED:
            self._power("start_instances")
        self.create()

    def _public_key(self) -> str:
        """Return the public key that the instance gets: the machine's or the user's. Raises MachshError."""
        given = self.record.ssh_private_key_path
        if not given:
            return self.login_key()
        copy = self.machine_folder / KEY_COPY
        make_private_folder(self.machine_folder)
        try:
            write_atomically(copy, read_regular(Path(given)), 0o600)
            self.record.ssh_key_path = str(copy)
            if self.record.existing_key:
                return ""
            return read_regular(Path(f"{given}.pub")).decode("ascii", "replace")
        except OSError as error:
            raise MachshError(
                f"{error.filename or given}: {error.strerror}",
                hint="--amazonec2-ssh-keypath names a private key; beside it, FILE.pub is the public one",
            ) from error

    def earlier_resources(self) -> list[CloudResource]:
        """Return docker-machine's instance and key pair; its security group was for all machines."""
        from machsh_aws.ec2_resources import INSTANCE, KEY

        record = self.record
        found = []
        if record.key_name and not record.existing_key:
            found.append(CloudResource(KEY, record.key_name, record.key_name, record.region))
        if record.instance_id:
            found.append(CloudResource(INSTANCE, record.machine_name, record.instance_id, record.region))
        return found

    def start(self) -> None:
        """Start the instance, and learn its new address. Raises MachshError."""
        from machsh_aws.ec2_creation import Ec2Creation

        self._power("start_instances")
        Ec2Creation(self, self.api).wait()

    def stop(self) -> None:
        """Shut the instance down; its disks go on costing."""
        self._power("stop_instances")

    def kill(self) -> None:
        """Stop the instance without waiting for its system."""
        self._power("stop_instances", Force=True)

    def restart(self) -> None:
        """Reboot the instance; it keeps its address."""
        self._power("reboot_instances")

    def _power(self, operation: str, **words: Any) -> None:
        if not self.record.instance_id:
            raise MachshError(
                f"{self.record.machine_name} has no instance yet",
                hint=f"machsh create --resume {self.record.machine_name} makes it",
            )
        self.api.ec2(operation, InstanceIds=[self.record.instance_id], **words)

    def state(self) -> State:
        """Return the instance's state; Error if it is gone."""
        return self.learn(self._described() if self.record.instance_id else {})

    def account(self) -> Hashable:
        """Return what the credentials are, and in which region they are used."""
        record = self.record
        return record.region, record.profile, record.access_key, record.endpoint, record.disable_ssl

    def servers(self, members: Sequence[Self], seconds: float) -> Mapping[str, Answer]:
        """Return the members' instances by ID, with one question for 200; {} for one that is gone."""
        from machsh_aws.ec2_resources import instances

        api = min(members, key=lambda one: one.context.seconds).api
        wanted = [one.record.instance_id for one in members if one.record.instance_id]
        found: dict[str, Answer] = {one: {} for one in ("", *wanted)}
        for at in range(0, len(wanted), MOST_VALUES):
            filters: dict[str, str | list[str]] = {"instance-id": wanted[at : at + MOST_VALUES]}
            found |= {str(one["InstanceId"]): one for one in instances(api, filters)}
        return found

    def server_key(self) -> str:
        """Return the instance's ID; "" for a machine that has none yet."""
        return self.record.instance_id

    def _described(self) -> Answer:
        from machsh_aws.ec2_resources import instances

        return next(instances(self.api, {"instance-id": self.record.instance_id}), {})

    def learn(self, found: Answer) -> State:
        """Take a described instance's addresses into the record, and return its state."""
        from machsh_aws.ec2_creation import note

        if not self.record.instance_id:
            return State.NONE
        self._has_learned = True
        state = STATES.get(str((found.get("State") or {}).get("Name")), State.ERROR)
        if state is State.RUNNING:
            note(self.record, found)
        return state

    def ip(self) -> str:
        """Return the current address; the last known one if Amazon cannot be asked. Raises MachshError."""
        if self.record.instance_id and not self._has_learned:
            with suppress(MachshError):
                self.state()
        return super().ip()

    def open_engine_port(self) -> None:
        """Admit the engine's port in the machine's own group. Raises RefusedError if it has none."""
        from machsh_aws.ec2_creation import Ec2Creation
        from machsh_aws.ec2_resources import GROUP

        group = self.made.identifier(GROUP)
        if not group:
            raise RefusedError(
                "the machine's security groups are not machsh's, which changes none of others",
                hint="admit port 2376 there yourself, from your own address only",
            )
        Ec2Creation(self, self.api).open(group)

    def last_words(self) -> list[str]:
        """Return the last lines of the instance's console that Amazon has."""
        from machsh_aws.ec2_console import last_lines

        return last_lines(self.api, self.record.instance_id)
