"""Makes a server with its key pair and security group. Each step finds what a former attempt made."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass, replace
from typing import Any

from machsh.api import (
    CloudTags,
    DriverContext,
    MachshError,
    MadeResources,
    reading_answer,
    wait_at_provider,
)
from machsh_openstack import openstack_api
from machsh_openstack.openstack_api import WHO, OpenStackCloud, explained, found_or_none
from machsh_openstack.openstack_firewall import add_rules
from machsh_openstack.openstack_record import OpenStackRecord
from machsh_openstack.openstack_resources import (
    ADDRESS,
    GROUP,
    KEY,
    SERVER,
    VOLUME,
    delete,
    description,
    key_name,
)

USER_DATA_BYTES = 65535 * 3 // 4
"""Nova takes 65535 bytes in base64."""


@dataclass(slots=True)
class OpenStackCreation:
    """The creation of one server. `public_key` is the machine's; "" if the user brings a key pair."""

    record: OpenStackRecord
    context: DriverContext
    cloud: OpenStackCloud
    made: MadeResources
    tags: CloudTags
    public_key: str
    user_data: str

    @reading_answer("creating the server", WHO)
    def run(self) -> None:
        """Make the missing resources, and return once the server runs and has its address."""
        record, name = self.record, self.record.machine_name
        if self.public_key:
            record.key_pair_name = self._key()
        groups = record.security_groups or [self._group()]
        volume = self._volume() if record.volume_size else ""
        self._remove_failed()
        flavor, image = record.flavor_name or record.flavor_id, record.image_name or record.image_id
        self.context.progress.info(f"Creating the server {name} ({flavor}, {image})...")
        record.machine_id = self.made.ensure(SERVER, name, lambda: self._server(groups, volume))
        self.context.keep()
        self._wait_active()
        if record.floating_ip_pool_id:
            self._floating_address()
        self._wait_address()

    def _key(self) -> str:
        name = key_name(self.tags)

        def make() -> str:
            with explained(f"creating the key pair {name}"):
                return str(self.cloud.api.compute.create_keypair(name=name, public_key=self.public_key).name)

        return self.made.ensure(KEY, name, make)

    def _group(self) -> str:
        name = f"machsh-{self.record.machine_name}"

        def make() -> str:
            with explained(f"creating the security group {name}"):
                words = description(self.tags)
                return str(self.cloud.api.network.create_security_group(name=name, description=words).id)

        group = self.made.ensure(GROUP, name, make)
        add_rules(self.cloud, group, self.record, opens_engine_port=self.context.opens_engine_port)
        return group

    def _volume(self) -> str:
        """Return the volume that the server boots from, once the image is on it."""
        record, name = self.record, self.record.machine_name
        words: dict[str, Any] = {"volume_type": record.volume_type} if record.volume_type else {}

        def make() -> str:
            with explained(f"creating the volume {name}"):
                made = self.cloud.api.block_storage.create_volume(
                    name=name,
                    size=record.volume_size,
                    image_id=record.image_id,
                    metadata=self.tags.to_dict(),
                    **words,
                )
            return str(made.id)

        volume = self.made.ensure(VOLUME, name, make)
        self._wait(f"the volume {name}", lambda: self._volume_status(volume), ("available", "in-use"))
        return volume

    def _volume_status(self, volume: str) -> str:
        status = str(self.cloud.api.block_storage.get_volume(volume).status)
        if status.startswith("error"):
            raise MachshError(f"the volume {volume} could not be made: it is {status}")
        return status

    def _wait(self, what: str, ask: Any, wanted: tuple[str, ...]) -> None:
        status = ""

        def is_done() -> bool:
            nonlocal status
            status = ask()
            return status in wanted

        with explained(f"waiting for {what}"):
            wait_at_provider(
                is_done, self.cloud.deadline, what, lambda: f"it is {status}", openstack_api.PAUSE
            )

    def _remove_failed(self) -> None:
        """Remove a server that a former attempt made and that the cloud could not bring up."""
        identifier = self.made.identifier(SERVER)
        if not identifier:
            return
        with explained(f"looking for the server {self.record.machine_name}"):
            found = found_or_none(lambda: self.cloud.api.compute.get_server(identifier))
        if found is not None and found.status == "ERROR":
            delete(self.cloud, SERVER, identifier)

    def _server(self, groups: list[str], volume: str) -> str:
        record = self.record
        words: dict[str, Any] = {
            "name": record.machine_name,
            "flavor_id": record.flavor_id,
            "networks": [{"uuid": record.network_id}],
            "security_groups": [{"name": one} for one in groups],
            "key_name": record.key_pair_name,
            "user_data": base64.b64encode(self.user_data.encode()).decode(),
            "metadata": {**(record.metadata or {}), **self.tags.to_dict()},
        }
        if volume:
            disk = {"boot_index": 0, "uuid": volume, "source_type": "volume", "destination_type": "volume"}
            words["block_device_mapping"] = [{**disk, "delete_on_termination": False}]
        else:
            words["image_id"] = record.image_id
        if record.availability_zone:
            words["availability_zone"] = record.availability_zone
        if record.config_drive:
            words["config_drive"] = True
        with explained(f"creating the server {record.machine_name}"):
            return str(self.cloud.api.compute.create_server(**words).id)

    def _wait_active(self) -> None:
        """Wait until the server runs; one that was stopped is started. Raises MachshError with the reason."""
        name, status = self.record.machine_name, ""

        def runs() -> bool:
            nonlocal status
            server = self.cloud.api.compute.get_server(self.record.machine_id)
            if server.status == "SHUTOFF" and status != "SHUTOFF":
                self.cloud.api.compute.start_server(server)
            status = str(server.status)
            if status == "ERROR":
                raise MachshError(
                    f"the server {name} failed: {fault(server)}", hint="see --timeout and quotas"
                )
            return status == "ACTIVE"

        deadline = self.cloud.deadline
        if seconds := self.record.active_timeout:
            ends = min(deadline.ends, deadline.clock() + seconds)
            deadline = replace(deadline, seconds=min(deadline.seconds, seconds), ends=ends)
        with explained(f"waiting for the server {name}"):
            wait_at_provider(
                runs, deadline, f"the server {name}", lambda: f"it is {status}", openstack_api.PAUSE
            )

    def _floating_address(self) -> None:
        """Get a floating address of the machine's own, at its port in the network."""
        name, network = self.record.machine_name, self.cloud.api.network
        with explained(f"looking for the port of {name}"):
            ports = list(network.ports(device_id=self.record.machine_id, network_id=self.record.network_id))
        if not ports:
            raise MachshError(f"the server {name} has no port in its network")
        port = ports[0].id

        def make() -> str:
            with explained(f"getting a floating address for {name}"):
                made = network.create_ip(
                    floating_network_id=self.record.floating_ip_pool_id,
                    port_id=port,
                    description=description(self.tags),
                )
            return str(made.id)

        identifier = self.made.ensure(ADDRESS, name, make)
        with explained(f"looking for the floating address of {name}"):
            found = network.get_ip(identifier)
            if found.port_id != port:  # of a server that had failed
                found = network.update_ip(found, port_id=port)
        self.record.ip_address = str(found.floating_ip_address)
        self.context.keep()

    def _wait_address(self) -> None:
        def is_known() -> str:
            if not self.record.ip_address:
                learn_address(self.record, self.cloud.api.compute.get_server(self.record.machine_id))
            return "known" if self.record.ip_address else "unknown"

        self._wait(f"the address of {self.record.machine_name}", is_known, ("known",))


def fault(server: Any) -> str:
    """Return Nova's reason for a server's failure."""
    told = server.fault if isinstance(server.fault, dict) else {}
    return " ".join(str(told.get("message") or "no reason was given").split())[:400]


@reading_answer("the server's addresses", WHO)
def learn_address(record: OpenStackRecord, server: Any) -> None:
    """Note the address by which the machine is reached, if the server has one yet: a floating one first."""
    found = [
        (one.get("OS-EXT-IPS:type") == "floating", name == record.network_name, str(one["addr"]))
        for name, entries in (server.addresses or {}).items()
        for one in entries
        if _version(one.get("addr")) == record.ip_version
    ]
    # A server whose floating address is not told yet has its fixed one, which may not be reachable.
    usable = [one for one in found if one[0]] if record.floating_ip_pool else found
    if usable:
        record.ip_address = max(usable, key=lambda one: one[:2])[2]


def _version(address: Any) -> int:
    """Return an address's IP version, 0 if it is not an address."""
    try:
        return ipaddress.ip_address(str(address)).version
    except ValueError:
        return 0
