"""The driver `openstack`: servers of clouds that run OpenStack."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from machsh.api import (
    CloudDriver,
    CloudResource,
    Deadline,
    DriverContext,
    FoundCredential,
    MachshError,
    MadeResources,
    Orphan,
    PlannedResource,
    RefusedError,
    State,
    UsageError,
    Values,
    copy_user_key,
    option_text,
    poll,
    read_user_key,
)
from machsh_openstack import openstack_api
from machsh_openstack.openstack_api import OpenStackCloud, explained, found_or_none
from machsh_openstack.openstack_login import GivenSecrets, find_secret, given_secrets
from machsh_openstack.openstack_options import OPTIONS
from machsh_openstack.openstack_record import OpenStackRecord
from machsh_openstack.openstack_resources import GROUP, KEY, SERVER, OpenStackResources
from machsh_openstack.openstack_settings import fill
from machsh_openstack.openstack_source import private_source

STATES = {
    "ACTIVE": State.RUNNING,
    "PASSWORD": State.RUNNING,
    "MIGRATING": State.RUNNING,
    "RESCUE": State.RUNNING,
    "RESIZE": State.RUNNING,
    "VERIFY_RESIZE": State.RUNNING,
    "PAUSED": State.PAUSED,
    "SUSPENDED": State.SAVED,
    "SHUTOFF": State.STOPPED,
    "SHELVED": State.STOPPED,
    "SHELVED_OFFLOADED": State.STOPPED,
    "BUILD": State.STARTING,
    "BUILDING": State.STARTING,
    "REBOOT": State.STARTING,
    "HARD_REBOOT": State.STARTING,
    "REBUILD": State.STARTING,
    "REVERT_RESIZE": State.STARTING,
}
STARTS = {
    "PAUSED": "unpause_server",
    "SUSPENDED": "resume_server",
    "SHELVED": "unshelve_server",
    "SHELVED_OFFLOADED": "unshelve_server",
}
"""Status of a server that was not simply stopped -> the call that starts it."""
QUERY_SECONDS = 10.0


class OpenStackDriver(CloudDriver):
    """A server of a cloud that runs OpenStack, with a key pair and a security group of its own."""

    name = "openstack"
    summary = "a server of a cloud that runs OpenStack"
    options = OPTIONS
    record_type = OpenStackRecord
    late_modules = (
        *CloudDriver.late_modules,
        "openstack.connection",
        "machsh_openstack.openstack_creation",
        "machsh_openstack.openstack_plan",
    )
    record: OpenStackRecord
    _secrets = GivenSecrets()

    def configure(self, values: Values) -> None:
        """Copy the options into the record, but passwords and secrets. Raises UsageError."""
        self._secrets = given_secrets(values)
        fill(self.record, values, self.context.environment)
        if values.flag("openstack-nova-network"):
            self.context.progress.warning("OpenStack has no nova-network any more: Neutron is used")

    def _credential(self) -> FoundCredential:
        return find_secret(self.context.environment, self.record, self._secrets)

    def _cloud(self, seconds: float = 0) -> OpenStackCloud:
        deadline, say = self.limits(seconds)
        return OpenStackCloud(self.context.environment, self.record, self._credential(), deadline, say)

    def provider(self) -> OpenStackResources:
        """Return what finds and deletes this machine's resources."""
        return OpenStackResources(self._cloud(), self.tags)

    # Creation

    def pre_create_check(self) -> None:
        """Look everything up that the options name, and choose flavor, image and network. Makes nothing."""
        from machsh_openstack import openstack_plan

        if self._credential().place.startswith("--"):
            self.context.progress.warning(
                "The secret is not stored: later commands take it from OS_PASSWORD or "
                "OS_APPLICATION_CREDENTIAL_SECRET; a cloud of clouds.yaml keeps it at one place"
            )
        self._own_user_data()
        if self.record.private_key_file:
            self._private_key()
        cloud = self._cloud()
        openstack_plan.check(self.record, cloud, self.context.progress)
        if not self.record.security_groups:
            self.record.open_to = self._sources(cloud)

    def _sources(self, cloud: OpenStackCloud) -> list[str]:
        """Return the networks that may reach the machine. Raises UsageError if none of them can."""
        own = "" if self.record.open_to else private_source(cloud.auth_url)
        found = self.open_to(self.record.open_to or ([own] if own else []), "openstack-open-to")
        if not any((":" in one) == (self.record.ip_version == 6) for one in found):
            raise UsageError(
                f"the machine is reached by IPv{self.record.ip_version}, but open to {', '.join(found)} only",
                hint="name who may reach it: --openstack-open-to CIDR",
            )
        return found

    def plan(self) -> list[PlannedResource]:
        """Return key pair, security group, server, and volume and address where they are asked for."""
        from machsh_openstack import openstack_plan

        return openstack_plan.plan(self.record, self.tags, opens_engine_port=self.context.opens_engine_port)

    def create(self) -> None:
        """Make what `plan` lists; return once the server runs. What is there already is kept."""
        from machsh_openstack.openstack_creation import USER_DATA_BYTES, OpenStackCreation

        record, public_key = self.record, ""
        if record.existing_key:
            record.ssh_key_path = copy_user_key(self._private_key(), self.machine_folder)
        else:
            public_key = self.login_key()
        cloud = self._cloud()
        OpenStackCreation(
            record=record,
            context=self.context,
            cloud=cloud,
            made=MadeResources(record.resources, OpenStackResources(cloud, self.tags), self.context.keep),
            tags=self.tags,
            public_key=public_key,
            user_data=self.user_data(USER_DATA_BYTES, self._own_user_data()),
        ).run()
        self.pin_host_key()

    def _private_key(self) -> bytes:
        return read_user_key(Path(self.record.private_key_file), "openstack-private-key-file")

    def _own_user_data(self) -> str:
        file = self.record.user_data_file
        return option_text(file, "openstack-user-data-file") if file else ""

    def earlier_resources(self) -> list[CloudResource]:
        """Return key pair and server of a record that docker-machine's driver wrote."""
        record, found = self.record, []
        if record.key_pair_name and not record.existing_key:
            found.append(CloudResource(KEY, record.key_pair_name, record.key_pair_name))
        if record.machine_id:
            found.append(CloudResource(SERVER, record.machine_name, record.machine_id))
        return found

    # Life

    def _server(self, cloud: OpenStackCloud) -> Any:
        """Return the server. Raises MachshError if it is gone."""
        name = self.record.machine_name
        if not self.record.machine_id:
            raise self.never_made("server")
        with explained(f"the server of {name}"):
            found = found_or_none(lambda: cloud.api.compute.get_server(self.record.machine_id))
        if found is None:
            raise self.gone(f"the cloud has no server {self.record.machine_id} of {name}")
        return found

    def _act(self, doing: str, call: Callable[[Any, Any], object]) -> None:
        cloud = self._cloud()
        server = self._server(cloud)
        with explained(f"{doing} {self.record.machine_name}"):
            call(cloud.api.compute, server)

    def start(self) -> None:
        """Start the server, however it was stopped: shut off, paused, suspended or shelved."""

        def begin(compute: Any, server: Any) -> None:
            if server.status != "ACTIVE":
                getattr(compute, STARTS.get(str(server.status), "start_server"))(server)

        self._act("starting", begin)

    def stop(self) -> None:
        """Shut the server down. Nova switches it off itself if its system does not end in time."""
        if self.state() is State.STOPPED:
            return
        self._act("stopping", lambda compute, server: compute.stop_server(server))
        deadline = Deadline.after(self.context.seconds)
        if not poll(lambda: self.state() is State.STOPPED, deadline, pause=openstack_api.PAUSE):
            raise MachshError(
                f"{self.record.machine_name} has not stopped in {deadline.limit}",
                hint="give it more time with --timeout SECONDS",
            )

    def kill(self) -> None:
        """Stop the server, as docker-machine does: Nova has no other way to switch it off."""
        self.stop()

    def restart(self) -> None:
        """Reboot the server; one that is off is started."""
        if self.state() is not State.RUNNING:
            self.start()
            return
        self._act("restarting", lambda compute, server: compute.reboot_server(server, "SOFT"))

    def state(self) -> State:
        """Return the server's state, and note its address. Raises MachshError if it is gone."""
        return self.learn(self._server(self._cloud(QUERY_SECONDS)))

    def account(self) -> Hashable:
        """Return the project, and how to log in to it."""
        from machsh_openstack.openstack_orphans import login_of

        return login_of(self.record), self._credential().value

    def servers(self, members: Sequence[Self], seconds: float) -> Mapping[str, Any]:
        """Return the project's servers by ID, with one login and one question."""
        cloud = self._cloud(seconds)
        with explained("asking for the servers"):
            return {one.id: one for one in cloud.all_servers()}

    def server_key(self) -> str:
        """Return the server's ID."""
        return self.record.machine_id

    def learn(self, found: Any) -> State:
        """Note the address of a server that runs, and return its state."""
        from machsh_openstack.openstack_creation import learn_address

        state = STATES.get(str(found.status), State.ERROR)
        if state is State.RUNNING:
            if found.task_state == "powering-off":
                return State.STOPPING
            learn_address(self.record, found)
        return state

    def last_words(self) -> list[str]:
        """Return the last lines of the server's console that the cloud has."""
        from machsh_openstack.openstack_console import last_lines

        return last_lines(self._cloud(QUERY_SECONDS), self.record.machine_id)

    def open_engine_port(self) -> None:
        """Admit the engine's port in the machine's own group. Raises RefusedError if it has none."""
        from machsh_openstack.openstack_firewall import add_rules

        group = self.identifier_of(GROUP)
        if not group:
            raise RefusedError(
                "the machine's security groups are not machsh's, which changes none of others",
                hint="admit port 2376 there yourself, from your own address only",
            )
        add_rules(self._cloud(), group, self.record, opens_engine_port=True)

    # What is left over

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return the resources with machsh's tags in all projects whose access is known."""
        from machsh_openstack import openstack_orphans

        return openstack_orphans.find(context, store, [(one.record, one._credential) for one in known])

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Delete it by its identifier."""
        from machsh_openstack import openstack_orphans

        openstack_orphans.remove(orphan, context)
