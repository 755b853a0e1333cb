"""The driver `digitalocean`: droplets of DigitalOcean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

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
from machsh_digitalocean.do_api import DigitalOceanApi
from machsh_digitalocean.do_droplet import Droplet
from machsh_digitalocean.do_mark import mark_of
from machsh_digitalocean.do_options import KEY_PATH, OPEN_TO, OPTIONS, USER_DATA
from machsh_digitalocean.do_resources import DROPLET, FIREWALL, KEY, DigitalOceanResources, gpu_droplets
from machsh_digitalocean.do_settings import DigitalOceanRecord, fill
from machsh_digitalocean.do_token import OPTION, VARIABLES, active_context, find_token

QUERY_SECONDS = 10.0
_MOST_USER_DATA = 1 << 20


class DigitalOceanDriver(CloudDriver):
    """A droplet of DigitalOcean, with a tag, a key and a firewall of its own."""

    name = "digitalocean"
    summary = "a droplet of DigitalOcean"
    options = OPTIONS
    record_type = DigitalOceanRecord
    late_modules = (*CloudDriver.late_modules, "yaml", "machsh_digitalocean.do_creation")
    record: DigitalOceanRecord
    _given_token = ""

    def configure(self, values: Values) -> None:
        """Copy the options into the record, but the token. Raises UsageError."""
        fill(self.record, values)
        # The option's variable is one of the places where later commands look, too.
        given = values.text("digitalocean-access-token")
        self._given_token = "" if given == self.context.environment.variable(VARIABLES[0]) else given

    def _credential(self) -> FoundCredential:
        return find_token(
            self.context.environment,
            given=self._given_token,
            stored=self.record.access_token,
            context=self.record.context,
        )

    def _api(self, seconds: float = 0) -> DigitalOceanApi:
        deadline = Deadline.after(min(seconds or self.context.seconds, self.context.seconds))
        say = self.context.progress.debug if seconds else self.context.progress.info
        return DigitalOceanApi(self._credential().value, deadline, self.record.endpoint, say)

    def provider(self) -> DigitalOceanResources:
        """Return what finds and deletes this machine's resources."""
        return DigitalOceanResources(self._api(), mark_of(self.tags))

    # Creation

    def pre_create_check(self) -> None:
        """Look everything up that the options name, and choose image and size. Makes nothing."""
        from machsh_digitalocean import do_checks

        credential, api = self._credential(), self._api()
        self.record.context = active_context(self.context.environment, credential)
        if credential.place == OPTION:
            self.context.progress.warning(
                "The token is not kept: later commands take it from DIGITALOCEAN_ACCESS_TOKEN or a context "
                "of doctl."
            )
        self._own_user_data()
        if self.record.ssh_key:
            do_checks.check_key(self.record, api, self._user_key())
        do_checks.check(self.record, api, self.context.progress)
        self.record.open_to = self.open_to(self.record.open_to or [], OPEN_TO)

    def plan(self) -> list[PlannedResource]:
        """Return the tag, the key, the firewall and the droplet, with its price."""
        from machsh_digitalocean import do_checks

        opens = self.context.opens_engine_port
        return do_checks.plan(self.record, self._api(), opens_engine_port=opens)

    def create(self) -> None:
        """Make tag, key, firewall and droplet; return once it runs. What is there already is kept."""
        from machsh_digitalocean.do_creation import USER_DATA_BYTES, DigitalOceanCreation

        DigitalOceanCreation(
            record=self.record,
            context=self.context,
            api=self._api(),
            made=self.made,
            mark=mark_of(self.tags),
            owner=self.tags.owner,
            public_key=self._copied_key() if self.record.ssh_key else self.login_key(),
            user_data=self.user_data(USER_DATA_BYTES, self._own_user_data()),
        ).run()
        self.pin_host_key()

    def _own_user_data(self) -> str:
        if not self.record.user_data_file:
            return ""
        path = Path(self.record.user_data_file).expanduser()
        try:
            return read_text(path, _MOST_USER_DATA)
        except FileNotFoundError as error:
            text = f"user-data file {path} could not be found"
            raise UsageError(text, hint=f"--{USER_DATA} is the path of a file of this computer") from error
        except OSError as error:
            raise UsageError(
                f"--{USER_DATA} {path}: {error.strerror or error}", hint="give a text file"
            ) from error

    def _user_key(self) -> UserKey:
        return UserKey.read(Path(self.record.ssh_key).expanduser(), KEY_PATH)

    def _copied_key(self) -> str:
        key = self._user_key()
        self.record.ssh_key_path = key.copy_to(self.machine_folder)
        return key.public

    def earlier_resources(self) -> list[CloudResource]:
        """Return droplet and key of a record that docker-machine wrote."""
        record, name = self.record, self.record.machine_name
        has_own_key = bool(record.ssh_key_id) and not record.ssh_key_fingerprint
        keys = [CloudResource(KEY, name, str(record.ssh_key_id))] if has_own_key else []
        droplets = [CloudResource(DROPLET, name, str(record.droplet_id))] if record.droplet_id else []
        return [*keys, *droplets]

    # Life

    def _droplet(self, api: DigitalOceanApi) -> Droplet:
        """Return the droplet. Raises MachshError if it is gone."""
        from machsh_digitalocean.do_creation import droplet_of

        name = self.record.machine_name
        if not self.record.droplet_id:
            raise MachshError(f"the droplet of {name} was never made", hint=f"machsh create --resume {name}")
        found = droplet_of(api, f"the droplet of {name}", self.record.droplet_id)
        if found is None:
            raise MachshError(
                f"machine does not exist: DigitalOcean has no droplet {self.record.droplet_id} of {name}",
                hint=f"remove what is left of it: machsh rm {name}",
            )
        return found

    def _act(self, doing: str, kind: str) -> None:
        from machsh_digitalocean.do_creation import POLL_SECONDS

        api = self._api()
        droplet = self._droplet(api)
        api.act(f"{doing} {self.record.machine_name}", droplet.number, kind, POLL_SECONDS)

    def start(self) -> None:
        """Switch the droplet on; one that runs is left alone."""
        if self.state() is not State.RUNNING:
            self._act("starting", "power_on")

    def stop(self) -> None:
        """Let the droplet shut down; switch it off if it still runs near the deadline."""
        from machsh_digitalocean.do_creation import POLL_SECONDS

        if self.state() is State.STOPPED:
            return
        # Leave some of the call's time for switching it off.
        deadline = Deadline.after(self.context.seconds * 0.8)
        try:
            self._act("stopping", "shutdown")
        except MachshError as error:
            self.context.progress.debug(f"{error}")
        if not poll(lambda: self.state() is State.STOPPED, deadline, pause=POLL_SECONDS):
            self.kill()

    def kill(self) -> None:
        """Switch the droplet off; one that is off is left alone."""
        if self.state() is not State.STOPPED:
            self._act("switching off", "power_off")

    def restart(self) -> None:
        """Reboot the droplet; one that is off is started."""
        if self.state() is State.STOPPED:
            self.start()
            return
        self._act("restarting", "reboot")

    def state(self) -> State:
        """Return the droplet's state, and note its address. Raises MachshError if it is gone."""
        return self._learn(self._droplet(self._api(QUERY_SECONDS)))

    def _learn(self, droplet: Droplet) -> State:
        from machsh_digitalocean.do_creation import learn_address

        if droplet.state is State.RUNNING:
            learn_address(self.record, droplet)
        return droplet.state

    @classmethod
    def states(cls, drivers: Sequence[Self]) -> Mapping[str, State]:
        """Return the states of all machines, with one question for each account and 200 droplets."""
        accounts: dict[tuple[str, str], list[Self]] = {}
        for one in drivers:
            accounts.setdefault((one._credential().value, one.record.endpoint), []).append(one)
        found = {}
        for members in accounts.values():
            api = members[0]._api(min(one.context.seconds for one in members))
            droplets = _droplets(api, {one.record.droplet_id for one in members})
            for one in members:
                if droplet := droplets.get(one.record.droplet_id):
                    found[one.record.machine_name] = one._learn(droplet)
        return found

    def url(self) -> str:
        """Return the engine's URL. Raises MachineNotRunningError."""
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.record.machine_name}")
        return engine_url(self.ip())

    def open_engine_port(self) -> None:
        """Let the networks that may reach ssh reach the engine, too."""
        from machsh_digitalocean.do_firewall import engine_rule

        number = next((one.identifier for one in self.noted if one.kind == FIREWALL), "")
        if number:  # docker-machine's machines have none, and are open to everybody
            doing = f"opening the engine's port of {self.record.machine_name}"
            rules = {"inbound_rules": [engine_rule(self.record)]}
            self._api().post(doing, f"/firewalls/{number}/rules", rules)

    # What is left over

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return droplets, firewalls, keys and tags by their marks, in all accounts that are known."""
        from machsh_digitalocean import do_orphans

        return do_orphans.find(context, store, [(one._credential, one.record) for one in known])

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Delete it by its identifier."""
        from machsh_digitalocean import do_orphans

        do_orphans.remove(orphan, context)


def _droplets(api: DigitalOceanApi, wanted: set[int]) -> dict[int, Droplet]:
    """Return the account's droplets by number; those with GPUs are asked for if some are missing."""
    doing = "asking for the droplets"
    found = api.every(doing, "/droplets", "droplets")
    droplets = {one.number: one for one in map(Droplet.from_answer, found)}
    if not wanted <= droplets.keys():
        droplets |= {one.number: one for one in map(Droplet.from_answer, gpu_droplets(api, doing))}
    return droplets
