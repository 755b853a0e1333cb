"""The driver `hetzner`: servers of Hetzner Cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from machsh.api import (
    CloudOrphans,
    CloudResource,
    Deadline,
    DriverContext,
    Environment,
    Orphan,
    PlannedResource,
    State,
    TokenAccount,
    TokenDriver,
    UserKey,
    Values,
    check_host_name,
    option_text,
    poll,
)
from machsh_hetzner.hetzner_api import HetznerCloud, explained, is_gone
from machsh_hetzner.hetzner_login import TOKEN
from machsh_hetzner.hetzner_options import KEY_PATH, OPEN_TO, OPTIONS, USER_DATA_FILE
from machsh_hetzner.hetzner_record import HetznerRecord
from machsh_hetzner.hetzner_resources import FIREWALL, KEY, SERVER, HetznerResources, delete
from machsh_hetzner.hetzner_settings import fill

if TYPE_CHECKING:
    from hcloud.servers import BoundServer

STATES = {
    "running": State.RUNNING,
    "initializing": State.STARTING,
    "starting": State.STARTING,
    "migrating": State.STARTING,
    "rebuilding": State.STARTING,
    "stopping": State.STOPPING,
    "deleting": State.STOPPING,
    "off": State.STOPPED,
}
QUERY_SECONDS = 10.0


class HetznerDriver(TokenDriver):
    """A server of Hetzner Cloud, with a key and a firewall of its own."""

    name = "hetzner"
    summary = "a server of Hetzner Cloud"
    options = OPTIONS
    record_type = HetznerRecord
    late_modules = (*TokenDriver.late_modules, "hcloud", "machsh_hetzner.hetzner_creation")
    record: HetznerRecord
    tokens = TOKEN
    account_word = "project"

    def configure(self, values: Values) -> None:
        """Copy the options into the record, but the token. Raises UsageError."""
        fill(self.record, values)
        self.take_token(values)

    def _cloud(self, seconds: float = 0) -> HetznerCloud:
        deadline, say = self.limits(seconds)
        return HetznerCloud(self.credential().value, deadline, self.record.endpoint, say)

    def provider(self) -> HetznerResources:
        """Return what finds and deletes this machine's resources."""
        return HetznerResources(self._cloud(), self.tags)

    # Creation

    def pre_create_check(self) -> None:
        """Look everything up that the options name, and choose image and server type. Makes nothing."""
        from machsh_hetzner import hetzner_plan

        check_host_name(self.record.machine_name, "Hetzner")
        self.note_context()
        self._own_user_data()
        if self.record.existing_key_path:
            self._user_key()
        hetzner_plan.check(self.record, self._cloud(), self.context.progress)
        if not (self.record.disable_public4 and self.record.disable_public6):
            self.record.open_to = self.open_to(self.record.open_to or [], OPEN_TO)

    def plan(self) -> list[PlannedResource]:
        """Return the key, the firewall and the server, with its price."""
        from machsh_hetzner import hetzner_plan

        return hetzner_plan.plan(self.record, self._cloud())

    def create(self) -> None:
        """Make key, firewall and server; return once it runs. What is there already is kept."""
        from machsh_hetzner.hetzner_creation import USER_DATA_BYTES, HetznerCreation

        record = self.record
        public_key = self._existing_key() if record.existing_key_path else self.login_key()
        HetznerCreation(
            record=record,
            context=self.context,
            cloud=self._cloud(),
            made=self.made,
            tags=self.tags,
            public_key=public_key,
            user_data=self.user_data(USER_DATA_BYTES, self._own_user_data()),
        ).run()
        self.pin_host_key()

    def _own_user_data(self) -> str:
        if not self.record.user_data_file:
            return self.record.user_data
        return option_text(Path(self.record.user_data_file).expanduser(), USER_DATA_FILE)

    def _existing_key(self) -> str:
        key = self._user_key()
        self.record.ssh_key_path = key.copy_to(self.machine_folder)
        return key.public

    def _user_key(self) -> UserKey:
        return UserKey.read(Path(self.record.existing_key_path).expanduser(), KEY_PATH)

    def earlier_resources(self) -> list[CloudResource]:
        """Return server and keys of a record that docker-machine's driver wrote."""
        record, name = self.record, self.record.machine_name
        keys = [] if record.is_existing_key or not record.key_id else [record.key_id]
        more = record.additional_key_ids
        keys += [one for one in more if isinstance(one, int)] if isinstance(more, list) else []
        found = [CloudResource(KEY, f"{name}-{number}", str(number)) for number in keys]
        return [*found, *([CloudResource(SERVER, name, str(record.server_id))] if record.server_id else [])]

    # Life

    def _server(self, cloud: HetznerCloud) -> BoundServer:
        """Return the server. Raises MachshError if it is gone."""
        name = self.record.machine_name
        if not self.record.server_id:
            raise self.never_made("server")
        with explained(f"the server of {name}"):
            try:
                return cloud.api.servers.get_by_id(self.record.server_id)
            except Exception as error:
                if not is_gone(error):
                    raise
                raise self.gone(f"Hetzner has no server {self.record.server_id} of {name}") from error

    def _act(self, doing: str, call: Callable[[BoundServer], object]) -> None:
        cloud = self._cloud()
        server = self._server(cloud)
        with explained(f"{doing} {self.record.machine_name}"):
            action = cloud.patiently(lambda: call(server))
            cloud.wait(action, f"{doing} {self.record.machine_name}", self._pause)  # type: ignore[arg-type]

    @property
    def _pause(self) -> float:
        return max(0.05, self.record.wait_on_polling)

    def start(self) -> None:
        """Switch the server on."""
        self._act("starting", lambda server: server.power_on())

    def stop(self) -> None:
        """Press the power button; switch the server off if it still runs near the deadline."""
        # Leave some of the call's time for that.
        deadline = Deadline.after(self.context.seconds * 0.8)
        if self.state() is State.STOPPED:
            return
        self._act("stopping", lambda server: server.shutdown())
        if not poll(lambda: self.state() is State.STOPPED, deadline, pause=self._pause):
            self.kill()

    def kill(self) -> None:
        """Switch the server off."""
        self._act("switching off", lambda server: server.power_off())

    def restart(self) -> None:
        """Reboot the server; one that is off is started."""
        if self.state() is State.STOPPED:
            self.start()
            return
        self._act("restarting", lambda server: server.reboot())

    def state(self) -> State:
        """Return the server's state, and note its address. Raises MachshError if it is gone."""
        return self.learn(self._server(self._cloud(QUERY_SECONDS)))

    def servers(self, members: Sequence[Self], seconds: float) -> Mapping[int | None, BoundServer]:
        """Return the project's servers by number, with one question for 50 servers."""
        cloud = self._cloud(seconds)
        with explained("asking for the servers"):
            return {one.id: one for one in cloud.api.servers.get_all()}

    def server_key(self) -> int:
        """Return the server's number."""
        return self.record.server_id

    def learn(self, found: BoundServer) -> State:
        """Note the address of a server that runs, and return its state."""
        from machsh_hetzner.hetzner_creation import learn_address

        with explained(f"the server of {self.record.machine_name}"):
            state = STATES.get(str(found.status), State.ERROR)
            if state is State.RUNNING:
                learn_address(self.record, found)
        return state

    def open_engine_port(self) -> None:
        """Let the networks that may reach ssh reach the engine, too."""
        from machsh_hetzner.hetzner_firewall import rules

        number = self.identifier_of(FIREWALL)
        if not number:
            return  # reached by the private address, or by firewalls of the user's
        cloud = self._cloud()
        with explained(f"opening the engine's port of {self.record.machine_name}"):
            wall = cloud.api.firewalls.get_by_id(int(number))
            wall.set_rules(rules(self.record, opens_engine_port=True))

    # What is left over

    @classmethod
    def usual_endpoint(cls, environment: Environment) -> str:
        """Return the endpoint of the variable."""
        return environment.variable("HCLOUD_ENDPOINT") or ""

    @classmethod
    def look(cls, search: CloudOrphans, context: DriverContext, account: TokenAccount, place: str) -> None:
        """Add servers, keys and firewalls by their labels."""
        from machsh_hetzner import hetzner_orphans

        hetzner_orphans.look(search, cls._cloud_of(account, context), place)

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Delete it by its number."""
        cloud = cls._cloud_of(cls.account_at(context, orphan.place), context)
        delete(cloud, orphan.kind, int(orphan.identifier))

    @staticmethod
    def _cloud_of(account: TokenAccount, context: DriverContext) -> HetznerCloud:
        deadline = Deadline.after(context.seconds)
        return HetznerCloud(account.token, deadline, account.endpoint, context.progress.debug)
