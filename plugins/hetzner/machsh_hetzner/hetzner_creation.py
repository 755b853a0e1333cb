"""Makes a server with its key and firewall. Each step finds what a former attempt made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from machsh.api import (
    STORE_TAG,
    CloudTags,
    DriverContext,
    MachshError,
    MadeResources,
    key_fingerprint,
    wait_at_provider,
)
from machsh_hetzner import hetzner_catalogue as catalogue
from machsh_hetzner.hetzner_api import HetznerCloud, explained
from machsh_hetzner.hetzner_firewall import rules
from machsh_hetzner.hetzner_record import HetznerRecord
from machsh_hetzner.hetzner_resources import FIREWALL, KEY, PLACEMENT, SERVER

if TYPE_CHECKING:
    from hcloud.servers import BoundServer

USER_DATA_BYTES = 32 << 10


@dataclass(slots=True)
class HetznerCreation:
    """The creation of one server. `user_data` and `public_key` are the machine's."""

    record: HetznerRecord
    context: DriverContext
    cloud: HetznerCloud
    made: MadeResources
    tags: CloudTags
    public_key: str
    user_data: str

    def run(self) -> None:
        """Make the missing resources, and return once the server runs. Raises MachshError."""
        with explained(f"creating {self.record.machine_name}"):
            self._make()
            self._wait()

    def _make(self) -> None:
        keys = [self._key(), *map(self._additional_key, self.record.additional_keys or [])]
        self.record.additional_key_ids = [one.id for one in keys[1:]]
        group, firewalls = self._placement_group(), self._firewalls()
        self.context.progress.info(f"Creating the server {self.record.machine_name} ({self.record.type})...")
        number = self.made.ensure(
            SERVER, self.record.machine_name, lambda: self._server(keys, group, firewalls)
        )
        self.record.server_id = int(number)
        self.context.keep()

    def _key(self) -> Any:
        """Return the machine's key at the provider: the user's own, one of the same print, or a new one."""
        from hcloud.ssh_keys import SSHKey

        api = self.cloud.api.ssh_keys
        with explained("looking for the ssh key"):
            if self.record.is_existing_key:
                return SSHKey(id=self.record.key_id)
            found = (
                api.get_by_fingerprint(key_fingerprint(self.public_key))
                if self.record.existing_key_path
                else None
            )
        if found is not None:
            self.record.key_id, self.record.is_existing_key = int(found.id or 0), True
            return found
        name = self.record.machine_name
        self.record.key_id = int(self._ensure_key(name, self.public_key, self.record.key_labels))
        return SSHKey(id=self.record.key_id)

    def _additional_key(self, line: str) -> Any:
        from hcloud.ssh_keys import SSHKey

        mark = key_fingerprint(line)
        with explained("looking for an additional key"):
            found = self.cloud.api.ssh_keys.get_by_fingerprint(mark)
        if found is not None:
            return found
        name = f"{self.record.machine_name}-{mark.replace(':', '')[:12]}"
        return SSHKey(id=int(self._ensure_key(name, line, None)))

    def _ensure_key(self, name: str, line: str, labels: dict[str, Any] | None) -> str:
        def make() -> str:
            with explained(f"creating the key {name}"):
                made = self.cloud.api.ssh_keys.create(name, line, {**(labels or {}), **self.tags.to_dict()})
            return str(made.id)

        return self.made.ensure(KEY, name, make)

    def _placement_group(self) -> Any:
        """Return the group. One of machsh's is for the whole store, and is deleted with its last server."""
        from hcloud.placement_groups import PlacementGroup

        name = self.record.placement_group
        if not name:
            return None
        groups = self.cloud.api.placement_groups
        with explained("looking for the placement group"):
            found = groups.get_by_name(name)
        if found is not None and (found.labels or {}).get(STORE_TAG) != self.tags.to_dict()[STORE_TAG]:
            return found

        def make() -> str:
            if found is not None:
                return str(found.id)
            with explained(f"creating the placement group {name}"):
                labels = {STORE_TAG: self.tags.to_dict()[STORE_TAG]}
                return str(groups.create(name, "spread", labels).placement_group.id)

        return PlacementGroup(id=int(self.made.ensure(PLACEMENT, name, make)))

    def _firewalls(self) -> list[Any]:
        """Return the user's firewalls, and the machine's own unless it has no public address."""
        from hcloud.firewalls import Firewall

        api = self.cloud.api.firewalls
        with explained("looking for the firewalls"):
            given = catalogue.named("firewall", api, self.record.firewalls)
        if self.record.disable_public4 and self.record.disable_public6:
            return given
        name = f"machsh-{self.record.machine_name}"

        def make() -> str:
            opened = rules(self.record, opens_engine_port=self.context.opens_engine_port)
            labels: Any = self.tags.to_dict()  # the library's annotation is wrong
            with explained(f"creating the firewall {name}"):
                return str(api.create(name, opened, labels=labels).firewall.id)

        return [*given, Firewall(id=int(self.made.ensure(FIREWALL, name, make)))]

    def _server(self, keys: list[Any], group: Any, firewalls: list[Any]) -> str:
        from hcloud.images import Image
        from hcloud.locations import Location
        from hcloud.server_types import ServerType

        record, api = self.record, self.cloud.api
        with explained(f"creating the server {record.machine_name}"):
            made = api.servers.create(
                name=record.machine_name,
                server_type=ServerType(name=record.type),
                image=Image(id=record.image_id),
                ssh_keys=keys,
                volumes=catalogue.named("volume", api.volumes, record.volumes) or None,
                firewalls=firewalls or None,
                networks=catalogue.named("network", api.networks, record.networks) or None,
                user_data=self.user_data,
                labels={**(record.server_labels or {}), **self.tags.to_dict()},
                location=Location(name=record.location) if record.location else None,
                automount=False if record.volumes else None,
                placement_group=group,
                public_net=self._public_network(),
            )
        return str(made.server.id)

    def _public_network(self) -> Any:
        from hcloud.servers import ServerCreatePublicNetwork

        record = self.record
        given4 = catalogue.primary_address(self.cloud, record.primary_ipv4) if record.primary_ipv4 else None
        given6 = catalogue.primary_address(self.cloud, record.primary_ipv6) if record.primary_ipv6 else None
        return ServerCreatePublicNetwork(
            ipv4=given4,
            ipv6=given6,
            enable_ipv4=not record.disable_public4,
            enable_ipv6=not record.disable_public6,
        )

    def _wait(self) -> None:
        """Wait until the server runs; one that is off is switched on. Raises MachshError with the reason."""
        name, pause = self.record.machine_name, max(0.05, self.record.wait_on_polling)
        server: BoundServer | None = None

        def runs() -> bool:
            nonlocal server
            server = self.cloud.api.servers.get_by_id(self.record.server_id)
            if server.status == "off" and not server.locked:
                server.power_on()
            learn_address(self.record, server)
            if server.status != "running":
                self._check_action()
            return server.status == "running" and bool(self.record.ip_address)

        with explained(f"waiting for the server {name}"):
            deadline = self.cloud.deadline
            if seconds := self.record.wait_for_running_timeout:
                deadline = replace(
                    deadline, seconds=seconds, ends=min(deadline.ends, deadline.clock() + seconds)
                )
            wait_at_provider(runs, deadline, f"the server {name}", lambda: self._reason(server), pause)

    def _check_action(self) -> None:
        """Raise MachshError if the provider gave the creation up."""
        for action in self._actions():
            if action.status == "error":
                error = action.error or {}
                raise MachshError(f"{action.command} failed: {error.get('message')} ({error.get('code')})")

    def _actions(self) -> list[Any]:
        api = self.cloud.api.servers
        return list(api.get_actions_list(api.get_by_id(self.record.server_id)).actions)

    def _reason(self, server: BoundServer | None) -> str:
        told = [f"{one.command} is {one.status}, {one.progress} %" for one in self._actions()[:3]]
        return "; ".join([f"it is {server.status}" if server else "it does not answer", *told])


def learn_address(record: HetznerRecord, server: BoundServer) -> None:
    """Note the address by which the machine is reached, if the server has one yet."""
    if record.use_private_network:
        found = next((one.ip for one in server.private_net or [] if one.ip), "")
    else:
        net = server.public_net
        found = net.ipv4.ip if net and net.ipv4 else _first_of(net.ipv6.ip) if net and net.ipv6 else ""
    record.ip_address = str(found) or record.ip_address


def _first_of(network: str) -> str:
    """Return the address that a server gives itself in its IPv6 network: `2001:db8::/64` -> `2001:db8::1`."""
    return f"{network.partition('/')[0].rstrip(':')}::1"
