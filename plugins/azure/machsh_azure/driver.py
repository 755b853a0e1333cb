"""The driver `azure`: virtual machines of Microsoft Azure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Self

from machsh.api import (
    ENGINE_PORT,
    CloudDriver,
    CloudResource,
    DriverContext,
    FoundCredential,
    MachineNotRunningError,
    MachshError,
    Orphan,
    PlannedResource,
    State,
    UsageError,
    Values,
    check_host_name,
    engine_url,
    option_text,
)
from machsh_azure.azure_answers import part, properties
from machsh_azure.azure_api import ENDPOINTS, AzureApi, AzureError
from machsh_azure.azure_login import OPTIONS_PLACE, AzureLogin
from machsh_azure.azure_options import ENVIRONMENT, OPTIONS
from machsh_azure.azure_record import AzureRecord
from machsh_azure.azure_resources import (
    ADDRESS,
    FIREWALL,
    INTERFACE,
    MACHINE,
    AzureNames,
    AzureResources,
)
from machsh_azure.azure_settings import fill
from machsh_azure.azure_states import state_of

QUERY_SECONDS = 20.0


class AzureDriver(CloudDriver):
    """A virtual machine of Azure, with disk, interface, address and security group of its own."""

    name = "azure"
    summary = "a virtual machine of Microsoft Azure"
    options = OPTIONS
    record_type = AzureRecord
    late_modules = (*CloudDriver.late_modules, "azure.identity", "machsh_azure.azure_creation")
    record: AzureRecord
    _given = ("", "")

    def configure(self, values: Values) -> None:
        """Copy the options into the record, but the secret. Raises UsageError."""
        fill(self.record, values, self.context.environment)
        self._given = values.text("azure-client-id"), values.text("azure-client-secret")
        if bool(self._given[0]) < bool(self._given[1]):
            raise UsageError("--azure-client-secret needs --azure-client-id")

    def _login(self) -> FoundCredential:
        record = self.record
        cloud = record.environment or ENVIRONMENT
        if cloud not in ENDPOINTS:
            raise MachshError(f"Azure has no environment {cloud} (any more)", hint=", ".join(ENDPOINTS))
        return AzureLogin(
            self.context.environment,
            cloud,
            record.subscription_id,
            record.endpoint or ENDPOINTS[cloud],
            *self._given,
            stored_client=record.client_id,
            stored_secret=record.client_secret,
        ).find_token()

    def _api(self, seconds: float = 0) -> AzureApi:
        deadline, say = self.limits(seconds)
        endpoint = self.record.endpoint or ENDPOINTS[self.record.environment or ENVIRONMENT]
        return AzureApi(self._login().value, deadline, endpoint, say)

    @property
    def names(self) -> AzureNames:
        """The names and paths of the machine's things."""
        return AzureNames(self.record)

    def provider(self) -> AzureResources:
        """Return what finds and deletes this machine's resources."""
        return AzureResources(self._api(), self.names, self.tags)

    # Creation

    def pre_create_check(self) -> None:
        """Look everything up that the options name, and choose image and size. Makes nothing."""
        from machsh_azure import azure_plan

        check_host_name(self.record.machine_name, "Azure")
        azure_plan.choose_subscription(self.record, self.context.environment)
        if self._login().place == OPTIONS_PLACE:
            self.context.progress.warning(
                "The secret is not kept: later commands take AZURE_CLIENT_ID and AZURE_CLIENT_SECRET."
            )
        self._custom_data()
        api = self._api()
        azure_plan.only_subscription(self.record, api)
        azure_plan.check(self.record, api, self.context.progress)
        if not self.record.use_private_ip:
            sources = self.open_to(self.record.open_to or [], "azure-open-to")
            self.record.open_to = azure_plan.fourth_version(sources)

    def plan(self) -> list[PlannedResource]:
        """Return the machine and what it needs."""
        from machsh_azure import azure_plan

        return azure_plan.plan(self.record, self._api())

    def create(self) -> None:
        """Make the machine and what it needs; return once it runs. What is there already is kept."""
        from machsh_azure.azure_creation import CUSTOM_DATA_BYTES, AzureCreation

        tags = self.tags
        AzureCreation(
            record=self.record,
            context=self.context,
            api=self._api(),
            made=self.made,
            tags=tags,
            names=self.names,
            public_key=self.login_key(),
            custom_data=self.user_data(CUSTOM_DATA_BYTES, self._custom_data()),
        ).run()
        self.pin_host_key()

    def _custom_data(self) -> str:
        path = self.record.custom_data_file
        hint = "give the path of a text file of this computer"
        return option_text(path, "azure-custom-data", hint) if path else ""

    def earlier_resources(self) -> list[CloudResource]:
        """Return what docker-machine's driver made for the machine; what machines share stays."""
        if not self.record.subscription_id or not self.record.resource_group:
            return []
        kinds = (FIREWALL, ADDRESS, INTERFACE, MACHINE)
        return [CloudResource(one, self.names.of(one), self.names.path(one)) for one in kinds]

    # Life

    def _act(self, action: str, doing: str, **query: str) -> None:
        name = self.record.machine_name
        try:
            self._api().act(self.names.path(MACHINE), action, f"{doing} {name}", **query)
        except AzureError as error:
            raise self._explained(error) from error

    def _explained(self, error: AzureError) -> MachshError:
        """Return what to say of an error: the machine may be gone."""
        name = self.record.machine_name
        if not error.is_gone:
            return error
        if not self.record.ip_address:
            return self.never_made("virtual machine")
        return self.gone(f"Azure has no virtual machine {name} in {self.record.resource_group}")

    def start(self) -> None:
        """Start the machine, and note its address, which may be another one."""
        self._act("start", "starting")
        self._learn()

    def stop(self) -> None:
        """Shut the machine down and give its processors back, which ends their cost."""
        self._act("deallocate", "stopping")

    def kill(self) -> None:
        """Switch the machine off at once; its processors go on costing money."""
        self._act("powerOff", "switching off", skipShutdown="true")

    def restart(self) -> None:
        """Restart the machine; one that is off is started."""
        if self.state() is State.STOPPED:
            self.start()
            return
        self._act("restart", "restarting")

    def state(self) -> State:
        """Return the machine's state, and learn its address. Raises MachshError if the machine is gone."""
        api = self._api(QUERY_SECONDS)
        try:
            path = f"{self.names.path(MACHINE)}/instanceView"
            found = state_of(api.get(path, f"asking for {self.record.machine_name}"))
        except AzureError as error:
            raise self._explained(error) from error
        if found is State.RUNNING:
            try:
                self._learn(api)
            except MachshError as error:  # it runs, and can be stopped, although nobody reaches it
                self.context.progress.debug(str(error))
                self.record.ip_address = ""
        return found

    def _learn(self, api: AzureApi | None = None) -> None:
        from machsh_azure.azure_creation import learn_address

        learn_address(self.record, api or self._api(QUERY_SECONDS))

    def account(self) -> Hashable:
        """Return the subscription."""
        return self.record.subscription_id, self.record.environment, self.record.endpoint

    def servers(self, members: Sequence[Self], seconds: float) -> Mapping[str, State]:
        """Return the states of the subscription's machines by path, with one question of several pages.

        Where docker-machine made some, whose addresses change and are not in their records, it is another
        question for all addresses. One that runs at an unknown address is left out: it is asked for on its
        own, which tells more.
        """
        from machsh_azure.azure_creation import learn_addresses

        api = self._api(seconds)
        found = self._views(api)
        running = [one for one in members if found.get(one.server_key()) is State.RUNNING]
        learn_addresses([one.record for one in running], api)
        nowhere = {one.server_key() for one in running if not one.record.ip_address}
        return {path: state for path, state in found.items() if path not in nowhere}

    def _views(self, api: AzureApi) -> dict[str, State]:
        path = f"{self.names.subscription}/providers/Microsoft.Compute/virtualMachines"
        found = {}
        for one in api.listed(path, "asking for the machines", statusOnly="true"):
            if view := part(properties(one), "instanceView"):
                found[str(one.get("id", "")).lower()] = state_of(view)
        return found

    def server_key(self) -> str:
        """Return the machine's path at Azure."""
        return self.names.path(MACHINE).lower()

    def learn(self, found: State) -> State:
        """Return the state; the list of the machines has no addresses."""
        return found

    def url(self) -> str:
        """Return the engine's URL. Raises MachineNotRunningError."""
        if self.state() is not State.RUNNING:
            raise MachineNotRunningError(hint=f"start it first: machsh start {self.record.machine_name}")
        return engine_url(self.ip(), self._port)

    def known_url(self) -> str:
        """Return the engine's URL without asking anybody."""
        return engine_url(self.record.ip_address, self._port) if self.record.ip_address else ""

    @property
    def _port(self) -> int:
        return self.record.docker_port or ENGINE_PORT

    def open_engine_port(self) -> None:
        """Let the networks that may reach ssh reach the engine, too."""
        from machsh_azure.azure_firewall import engine_rule

        wall = self.identifier_of(FIREWALL)
        if not wall or not self.record.open_to:
            return  # reached by the private address
        rule, doing = engine_rule(self.record), f"opening the engine's port of {self.record.machine_name}"
        api = self._api()
        api.settle(api.put(f"{wall}/securityRules/{rule['name']}", rule, doing), doing)

    # What is left over

    @classmethod
    def orphans(cls, context: DriverContext, store: Path, known: Sequence[Self]) -> list[Orphan]:
        """Return the resources with machsh's tags in all known subscriptions."""
        from machsh_azure import azure_orphans

        return azure_orphans.find(context, store, [one.record for one in known])

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: DriverContext, store: Path) -> None:
        """Delete it by its path."""
        from machsh_azure import azure_orphans

        azure_orphans.remove(orphan, context)
