"""The driver `digitalocean`: droplets of DigitalOcean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from machsh.api import (
    CloudOrphans,
    CloudResource,
    Deadline,
    DriverContext,
    Environment,
    MachshError,
    Orphan,
    PlannedResource,
    State,
    TokenAccount,
    TokenDriver,
    UsageError,
    UserKey,
    Values,
    check_host_name,
    option_text,
    poll,
)
from machsh_digitalocean.do_api import DigitalOceanApi
from machsh_digitalocean.do_droplet import Droplet
from machsh_digitalocean.do_login import TOKEN
from machsh_digitalocean.do_mark import mark_of
from machsh_digitalocean.do_options import KEY_PATH, OPEN_TO, OPTIONS, USER_DATA
from machsh_digitalocean.do_record import DigitalOceanRecord
from machsh_digitalocean.do_resources import (
    DROPLET,
    FIREWALL,
    KEY,
    DigitalOceanResources,
    delete,
    gpu_droplets,
)
from machsh_digitalocean.do_settings import checked_endpoint, fill

QUERY_SECONDS = 10.0


class DigitalOceanDriver(TokenDriver):
    """A droplet of DigitalOcean, with a tag, a key and a firewall of its own."""

    name = "digitalocean"
    summary = "a droplet of DigitalOcean"
    options = OPTIONS
    record_type = DigitalOceanRecord
    late_modules = (*TokenDriver.late_modules, "yaml", "machsh_digitalocean.do_creation")
    record: DigitalOceanRecord
    tokens = TOKEN

    def configure(self, values: Values) -> None:
        """Copy the options into the record, but the token. Raises UsageError."""
        fill(self.record, values)
        self.take_token(values)

    def _api(self, seconds: float = 0) -> DigitalOceanApi:
        deadline, say = self.limits(seconds)
        return DigitalOceanApi(self.credential().value, deadline, self.record.endpoint, say)

    def provider(self) -> DigitalOceanResources:
        """Return what finds and deletes this machine's resources."""
        return DigitalOceanResources(self._api(), mark_of(self.tags))

    # Creation

    def pre_create_check(self) -> None:
        """Look everything up that the options name, and choose image and size. Makes nothing."""
        from machsh_digitalocean import do_plan

        check_host_name(self.record.machine_name, "DigitalOcean")
        self.note_context()
        api = self._api()
        self._own_user_data()
        if self.record.ssh_key:
            do_plan.check_key(self.record, api, self._user_key())
        do_plan.check(self.record, api, self.context.progress)
        self.record.open_to = self.open_to(self.record.open_to or [], OPEN_TO)

    def plan(self) -> list[PlannedResource]:
        """Return the tag, the key, the firewall and the droplet, with its price."""
        from machsh_digitalocean import do_plan

        opens = self.context.opens_engine_port
        return do_plan.plan(self.record, self._api(), opens_engine_port=opens)

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
            return option_text(path, USER_DATA, "give a text file")
        except UsageError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            text = f"user-data file {path} could not be found"  # docker-machine's words
            raise UsageError(text, hint=f"--{USER_DATA} is the path of a file of this computer") from error

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
            raise self.never_made("droplet")
        found = droplet_of(api, f"the droplet of {name}", self.record.droplet_id)
        if found is None:
            raise self.gone(f"DigitalOcean has no droplet {self.record.droplet_id} of {name}")
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
        return self.learn(self._droplet(self._api(QUERY_SECONDS)))

    def servers(self, members: Sequence[Self], seconds: float) -> Mapping[int, Droplet]:
        """Return the account's droplets by number, with one question for 200 droplets.

        Those with GPUs are asked for if some of the members' are missing.
        """
        api, doing = self._api(seconds), "asking for the droplets"
        droplets = [Droplet.from_answer(one) for one in api.every(doing, "/droplets", "droplets")]
        if not {one.server_key() for one in members} <= {one.number for one in droplets}:
            droplets += [Droplet.from_answer(one) for one in gpu_droplets(api, doing)]
        return {one.number: one for one in droplets}

    def server_key(self) -> int:
        """Return the droplet's number."""
        return self.record.droplet_id

    def learn(self, found: Droplet) -> State:
        """Note the address of a droplet that runs, and return its state."""
        from machsh_digitalocean.do_creation import learn_address

        if found.state is State.RUNNING:
            learn_address(self.record, found)
        return found.state

    def open_engine_port(self) -> None:
        """Let the networks that may reach ssh reach the engine, too."""
        from machsh_digitalocean.do_firewall import engine_rule

        number = self.identifier_of(FIREWALL)
        if number:  # docker-machine's machines have none, and are open to everybody
            doing = f"opening the engine's port of {self.record.machine_name}"
            rules = {"inbound_rules": [engine_rule(self.record)]}
            self._api().post(doing, f"/firewalls/{number}/rules", rules)

    # What is left over

    @classmethod
    def usual_endpoint(cls, environment: Environment) -> str:
        """Return the endpoint of the variable. Raises UsageError."""
        return checked_endpoint(environment.variable("DIGITALOCEAN_API_URL") or "")

    @classmethod
    def look(cls, search: CloudOrphans, context: DriverContext, account: TokenAccount, place: str) -> None:
        """Add droplets, firewalls, keys and tags by their marks."""
        from machsh_digitalocean import do_orphans

        do_orphans.look(search, cls._api_of(account, context), place)

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Delete it by its identifier."""
        api = cls._api_of(cls.account_at(context, orphan.place), context)
        delete(api, orphan.kind, orphan.identifier)

    @staticmethod
    def _api_of(account: TokenAccount, context: DriverContext) -> DigitalOceanApi:
        deadline = Deadline.after(context.seconds)
        return DigitalOceanApi(account.token, deadline, account.endpoint, context.progress.debug)
