"""The driver `hetzner`: servers of Hetzner Cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from machsh.api import (
    CloudDriver,
    CloudResource,
    Deadline,
    DriverContext,
    FoundCredential,
    MachineNotRunningError,
    MachshError,
    Orphan,
    PlannedResource,
    State,
    UsageError,
    UserKey,
    Values,
    engine_url,
    poll,
    read_text,
)
from machsh_hetzner.cloud import HetznerCloud, explained, is_gone
from machsh_hetzner.resources import FIREWALL, KEY, SERVER, HetznerResources
from machsh_hetzner.settings import OPTIONS, HetznerRecord, fill
from machsh_hetzner.token import OPTION, VARIABLES, active_context, find_token

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
_MOST_USER_DATA = 1 << 20


class HetznerDriver(CloudDriver):
    """A server of Hetzner Cloud, with a key and a firewall of its own."""

    name = "hetzner"
    summary = "a server of Hetzner Cloud"
    options = OPTIONS
    record_type = HetznerRecord
    late_modules = (*CloudDriver.late_modules, "hcloud", "machsh_hetzner.creation")
    record: HetznerRecord
    _given_token = ""

    def configure(self, values: Values) -> None:
        """Copy the options into the record, but the token. Raises UsageError."""
        fill(self.record, values)
        # The option's variable is one of the places where later commands look, too.
        given = values.text("hetzner-api-token")
        self._given_token = "" if given == self.context.environment.variable(VARIABLES[0]) else given

    def _credential(self) -> FoundCredential:
        return find_token(
            self.context.environment,
            given=self._given_token,
            stored=self.record.access_token,
            context=self.record.context,
        )

    def _cloud(self, seconds: float = 0) -> HetznerCloud:
        deadline = Deadline.after(min(seconds or self.context.seconds, self.context.seconds))
        token = self._credential().value
        say = self.context.progress.debug if seconds else self.context.progress.info
        return HetznerCloud(token, deadline, self.record.endpoint, say)

    def provider(self) -> HetznerResources:
        """Return what finds and deletes this machine's resources."""
        return HetznerResources(self._cloud(), self.tags)

    # Creation

    def pre_create_check(self) -> None:
        """Look everything up that the options name, and choose image and server type. Makes nothing."""
        from machsh_hetzner import pre_create

        credential = self._credential()
        self.record.context = active_context(self.context.environment, credential)
        if credential.place == OPTION:
            self.context.progress.warning(
                "The token is not kept: later commands take it from HCLOUD_TOKEN or a context of hcloud."
            )
        self._own_user_data()
        if self.record.existing_key_path:
            self._user_key()
        pre_create.check(self.record, self._cloud(), self.context.progress)
        if not (self.record.disable_public4 and self.record.disable_public6):
            self.record.open_to = self.open_to(self.record.open_to or [], "hetzner-open-to")

    def plan(self) -> list[PlannedResource]:
        """Return the key, the firewall and the server, with its price."""
        from machsh_hetzner import pre_create

        return pre_create.plan(self.record, self._cloud())

    def create(self) -> None:
        """Make key, firewall and server; return once it runs. What is there already is kept."""
        from machsh_hetzner.creation import HetznerCreation

        record = self.record
        public_key = self._existing_key() if record.existing_key_path else self.login_key()
        HetznerCreation(
            record=record,
            context=self.context,
            cloud=self._cloud(),
            made=self.made,
            tags=self.tags,
            public_key=public_key,
            user_data=self.user_data(32 << 10, self._own_user_data()),
        ).run()
        self.pin_host_key()

    def _own_user_data(self) -> str:
        if not self.record.user_data_file:
            return self.record.user_data
        path = Path(self.record.user_data_file).expanduser()
        try:
            return read_text(path, _MOST_USER_DATA)
        except OSError as error:
            text = f"--hetzner-user-data-file {path}: {error.strerror or error}"
            raise UsageError(text, hint="give the path of a file of this computer") from error

    def _existing_key(self) -> str:
        key = self._user_key()
        self.record.ssh_key_path = key.copy_to(self.machine_folder)
        return key.public

    def _user_key(self) -> UserKey:
        return UserKey.read(Path(self.record.existing_key_path).expanduser(), "hetzner-existing-key-path")

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
            raise MachshError(f"the server of {name} was never made", hint=f"machsh create --resume {name}")
        with explained(f"the server of {name}"):
            try:
                return cloud.api.servers.get_by_id(self.record.server_id)
            except Exception as error:
                if not is_gone(error):
                    raise
                raise MachshError(
                    f"machine does not exist: Hetzner has no server {self.record.server_id} of {name}",
                    hint=f"remove what is left of it: machsh rm {name}",
                ) from error

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
        server = self._server(self._cloud(QUERY_SECONDS))
        with explained(f"the server of {self.record.machine_name}"):
            return self._learn(server)

    def _learn(self, server: BoundServer) -> State:
        from machsh_hetzner.creation import learn_address

        state = STATES.get(str(server.status), State.ERROR)
        if state is State.RUNNING:
            learn_address(self.record, server)
        return state

    @classmethod
    def states(cls, drivers: Sequence[Self]) -> Mapping[str, State]:
        """Return the states of all machines, with one question for each project and 50 servers."""
        projects: dict[tuple[str, str], list[Self]] = {}
        for one in drivers:
            projects.setdefault((one._credential().value, one.record.endpoint), []).append(one)
        found = {}
        for members in projects.values():
            cloud = members[0]._cloud(min(one.context.seconds for one in members))
            with explained("asking for the servers"):
                servers = {one.id: one for one in cloud.api.servers.get_all()}
                for one in members:
                    if server := servers.get(one.record.server_id):
                        found[one.record.machine_name] = one._learn(server)
        return found

    def url(self) -> str:
        """Return the engine's URL. Raises MachineNotRunningError."""
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.record.machine_name}")
        return engine_url(self.ip())

    def open_engine_port(self) -> None:
        """Let the networks that may reach ssh reach the engine, too."""
        from machsh_hetzner.firewall import rules

        number = next((one.identifier for one in self.noted if one.kind == FIREWALL), "")
        if not number:
            return  # reached by the private address, or by firewalls of the user's
        cloud = self._cloud()
        with explained(f"opening the engine's port of {self.record.machine_name}"):
            wall = cloud.api.firewalls.get_by_id(int(number))
            wall.set_rules(rules(self.record, opens_engine_port=True))

    # What is left over

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return servers, keys and firewalls by their labels, in all projects whose tokens are known."""
        from machsh_hetzner import leftovers

        return leftovers.find(context, store, [(one._credential, one.record) for one in known])

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Delete it by its number."""
        from machsh_hetzner import leftovers

        leftovers.remove(orphan, context)
