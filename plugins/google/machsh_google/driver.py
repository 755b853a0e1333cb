"""The driver `google`: instances of Google Compute Engine."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from machsh.api import (
    CloudDriver,
    CloudResource,
    CloudTags,
    Deadline,
    DriverContext,
    MachshError,
    Orphan,
    PlannedResource,
    RefusedError,
    State,
    UsageError,
    Values,
    console_lines,
    option_text,
    poll,
    store_id,
)
from machsh_google.gce_options import OPTIONS
from machsh_google.gce_record import GoogleRecord
from machsh_google.gce_resources import DISK, INSTANCE, RULE, GceResources

if TYPE_CHECKING:
    from machsh_google.gce_api import Answer, GceApi

STATES = {
    "PROVISIONING": State.STARTING,
    "STAGING": State.STARTING,
    "RUNNING": State.RUNNING,
    "REPAIRING": State.STARTING,
    "PENDING_STOP": State.STOPPING,
    "STOPPING": State.STOPPING,
    "SUSPENDING": State.STOPPING,
    "SUSPENDED": State.SAVED,
    "STOPPED": State.STOPPED,
    "TERMINATED": State.STOPPED,
}
QUERY_SECONDS = 10.0
HOST_KEY_SECONDS = 60.0
"""Time limit for an instance to publish its host keys, which it does before ssh answers."""
_CONSOLE_BYTES = 64 << 10


class GoogleDriver(CloudDriver):
    """An instance of Compute Engine, with a disk and firewall rules of its own."""

    name = "google"
    summary = "an instance of Google Compute Engine"
    options = OPTIONS
    record_type = GoogleRecord
    late_modules: ClassVar[tuple[str, ...]] = (
        *CloudDriver.late_modules,
        "google.auth.transport.requests",
        "machsh_google.gce_creation",
        "machsh_google.gce_plan",
    )
    loses = "the instance, its disk, and what was made for it"
    record: GoogleRecord

    def configure(self, values: Values) -> None:
        """Copy the options into the record; the project may be the credentials'. Raises UsageError."""
        from machsh_google import gce_login, gce_settings

        record = self.record
        gce_settings.fill(record, values)
        record.project = values.text("google-project") or gce_login.find_project(
            self.context.environment, record.credentials_file
        )
        if not record.project:
            raise UsageError(
                "no Google Cloud Project name specified (--google-project)",
                hint="gcloud projects list shows yours; GOOGLE_PROJECT names one for all commands",
            )
        _ = self.tags  # the record's token tells it from docker-machine's

    def _api(self, seconds: float = 0) -> GceApi:
        from machsh_google.gce_api import GceApi
        from machsh_google.gce_login import find_login

        deadline, say = self.limits(seconds)
        login = find_login(self.context.environment, self.record.credentials_file)
        return GceApi(self.record.project, login, deadline, self.record.endpoint, say)

    def provider(self) -> GceResources:
        """Return what finds and deletes this machine's resources."""
        record = self.record
        # A record without a token is docker-machine's, and stays so: see `earlier_resources`.
        return GceResources(self._api(), CloudTags(record.machine_name, store_id(self.store), record.owner))

    # Creation

    def pre_create_check(self) -> None:
        """Look everything up that the options name, and choose type and image. Makes nothing."""
        from machsh_google.gce_placement import GcePlacement, is_shared
        from machsh_google.gce_settings import check_name

        record = self.record
        check_name(record)
        self._own_user_data()
        GcePlacement(record, self._api(), self.context.progress).complete()
        if is_shared(record):
            self.context.progress.warning(
                "The network is another project's: its firewall rules have to admit ssh and the engine"
            )
        else:
            record.open_to = self.open_to(record.open_to or [], "google-open-to")

    def plan(self) -> list[PlannedResource]:
        """Return what `create` would make."""
        from machsh_google.gce_plan import planned

        return planned(self.record, opens_engine_port=self.context.opens_engine_port)

    def create(self) -> None:
        """Make firewall rules, disk and instance; return once it runs. What is there already is kept."""
        from machsh_google.gce_creation import USER_DATA_BYTES, GceCreation

        api, tags = self._api(), self.tags  # docker-machine's record gets a token here, before others use it
        GceCreation(
            record=self.record,
            context=self.context,
            api=api,
            made=self.made,
            tags=tags,
            public_key=self.login_key(),
            user_data=self.user_data(USER_DATA_BYTES, self._own_user_data()),
        ).run()
        self._pin(api)

    def _own_user_data(self) -> str:
        file = self.record.user_data_file
        return option_text(file, "google-user-data-file") if file else ""

    def _pin(self, api: GceApi) -> None:
        """Pin the key that the instance publishes through Google; else the one in the user data."""
        from machsh_google.gce_creation import host_key_told
        from machsh_google.gce_images import has_cloud_init

        record = self.record
        told: str | None = ""

        def is_known() -> bool:
            nonlocal told
            told = host_key_told(api, record.zone, record.machine_name)
            return told != ""

        seconds = 0.0 if record.use_existing else min(HOST_KEY_SECONDS, api.deadline.remaining / 2)
        poll(is_known, Deadline.after(seconds), pause=1.0)
        if told or (has_cloud_init(record.machine_image) and not record.use_existing):
            self.pin_host_key(told or "")
        else:
            self.context.progress.warning(
                f"Google does not tell {record.machine_name}'s host key: it is pinned at the first contact"
            )

    def earlier_resources(self) -> list[CloudResource]:
        """Return docker-machine's instance and disk; its firewall rule was for all machines.

        A record of our own has a token from its beginning, and names all that was made.
        """
        record = self.record
        if record.owner or record.use_existing or not record.project:
            return []
        disk, name = record.disks[0].name, record.machine_name
        return [
            CloudResource(DISK, disk, disk, record.zone),
            CloudResource(INSTANCE, name, name, record.zone),
        ]

    # Life

    def _path(self, api: GceApi, *words: str) -> str:
        return api.path("zones", self.record.zone, "instances", self.record.machine_name, *words)

    def _act(self, verb: str, what: str) -> None:
        from machsh_google.gce_api import doing

        api = self._api()
        with doing(f"{what} {self.record.machine_name}"):
            self._found(api)
            api.wait(api.post(self._path(api, verb)), f"{what} {self.record.machine_name}")

    def _found(self, api: GceApi) -> Answer:
        """Return the instance. Raises MachshError if it is gone."""
        name = self.record.machine_name
        found = api.found_or_none(self._path(api))
        if found is None:
            raise self.gone(f"Google has no instance {name} in {self.record.zone}")
        return found

    def start(self) -> None:
        """Start the instance and store its new address; recreate it if only its disk is left."""
        from machsh_google.gce_creation import wait_until_running

        api, record = self._api(), self.record
        if api.found_or_none(self._path(api)) is None and self._has_disk(api):
            record.resources = record.resources or [one.to_json() for one in self.earlier_resources()]
            self.create()
            return
        self._found(api)
        wait_until_running(record, api)

    def stop(self) -> None:
        """Shut the instance down; Google ends what is not down after 90 s. Its disk goes on costing."""
        self._act("stop", "stopping")

    def kill(self) -> None:
        """Stop the instance: Google knows no other way."""
        self.stop()

    def restart(self) -> None:
        """Stop and start the instance, as docker-machine does; Google's own reset does not shut it down."""
        if self.state() is State.RUNNING:
            self.stop()
        self.start()

    def state(self) -> State:
        """Return the instance's state, and note its address. Raises MachshError if it is gone."""
        api = self._api(QUERY_SECONDS)
        found = api.found_or_none(self._path(api))
        if found is None and self._has_disk(api):
            return State.STOPPED
        return self.learn(found or self._found(api))

    def _has_disk(self, api: GceApi) -> bool:
        path = api.path("zones", self.record.zone, "disks", self.record.disks[0].name)
        return api.found_or_none(path) is not None

    def learn(self, found: Answer) -> State:
        """Note the address of an instance that runs, and return its state."""
        from machsh_google.gce_creation import learn_address

        state = STATES.get(str(found.get("status")), State.ERROR)
        if state is State.RUNNING:
            learn_address(self.record, found)
        return state

    def account(self) -> Hashable:
        """Return the project, and with which login it is asked."""
        return self.record.project, self.record.credentials_file, self.record.endpoint

    def servers(self, members: Sequence[Self], seconds: float) -> Mapping[tuple[str, str], Answer]:
        """Return the project's instances by zone and name, with one question for 500 instances."""
        from machsh_google.gce_api import doing, last_part

        with doing("asking for the instances"):
            found = self._api(seconds).everywhere("instances")
            return {(last_part(str(one.get("zone"))), str(one.get("name"))): one for one in found}

    def server_key(self) -> tuple[str, str]:
        """Return the instance's zone and name."""
        return self.record.zone, self.record.machine_name

    def open_engine_port(self) -> None:
        """Let the networks that may reach ssh reach the engine, too. Raises RefusedError."""
        from machsh_google.gce_api import doing
        from machsh_google.gce_firewall import allowed

        rule = f"machsh-{self.record.machine_name}"
        if not any((one.kind, one.name) == (RULE, rule) for one in self.noted):
            raise RefusedError(
                "the machine has no firewall rule of machsh's, which changes none of others",
                hint="admit port 2376 yourself, from your own address only",
            )
        api = self._api()
        with doing(f"opening the engine's port of {self.record.machine_name}"):
            body = {"allowed": allowed(opens_engine_port=True)}
            api.wait(api.patch(api.path("global", "firewalls", rule), body), f"the firewall rule {rule}")

    def last_words(self) -> list[str]:
        """Return the last lines of the instance's first serial port that Google has."""
        try:
            api = self._api(QUERY_SECONDS)
            found = api.found_or_none(self._path(api, "serialPort"), port="1", start=str(-_CONSOLE_BYTES))
        except MachshError:
            return []
        return console_lines(str((found or {}).get("contents") or ""))

    # What is left over

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return orphaned instances, disks and firewall rules by their marks, in all known projects."""
        from machsh_google import gce_orphans

        return gce_orphans.find(context, store, known)

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Delete it by its number."""
        from machsh_google import gce_orphans

        gce_orphans.remove(orphan, context)
