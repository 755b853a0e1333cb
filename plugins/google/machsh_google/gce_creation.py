"""Makes an instance with its disk and firewall rules. Each step finds what a former attempt made."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

from machsh.api import CloudTags, DriverContext, MadeResources, reading_answer, wait_at_provider
from machsh_google import gce_api, gce_firewall
from machsh_google.gce_api import WHO, Answer, GceApi, GceError, doing
from machsh_google.gce_existing import give_access, key_line
from machsh_google.gce_placement import static_address
from machsh_google.gce_record import GoogleDisk, GoogleRecord
from machsh_google.gce_resources import (
    ACCESS,
    DISK,
    INSTANCE,
    RULE,
    addresses,
    description_of,
    labels_of,
)
from machsh_google.gce_settings import network_tags

USER_DATA_BYTES = 256 << 10
_HOST_KEY_KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
"""In the order in which one of them is pinned."""


@dataclass(slots=True)
class GceCreation:
    """The creation of one instance. `user_data` and `public_key` are the machine's."""

    record: GoogleRecord
    context: DriverContext
    api: GceApi
    made: MadeResources
    tags: CloudTags
    public_key: str
    user_data: str
    _begun: list[tuple[str, Answer]] = field(default_factory=list)
    """The operations in progress, each with its description."""

    @reading_answer("creating the instance", WHO)
    def run(self) -> None:
        """Make the missing resources, and return once the instance runs. Raises MachshError."""
        if self.record.use_existing:
            name = self.record.machine_name
            self.made.ensure(ACCESS, name, lambda: name, self.record.zone)
            give_access(self.api, self.record, self.public_key, self.tags)
        self._rules()
        if not self.record.use_existing:
            self._instance()
        for what, operation in self._begun:
            with doing(what):
                self.api.wait(operation, what)
        wait_until_running(self.record, self.api)

    def _begin(self, what: str, path: str, body: Answer) -> str:
        """Begin to make something; return the number that it gets."""
        with doing(what):
            operation = self.api.post(path, body)
        self._begun.append((what, operation))
        return str(operation.get("targetId") or "")

    def _rules(self) -> None:
        opens = self.context.opens_engine_port
        for rule in gce_firewall.rules(self.record, self.api, opens_engine_port=opens):
            body = {**rule, "description": description_of(self.tags)}
            make = functools.partial(
                self._begin,
                f"creating the firewall rule {rule['name']}",
                self.api.path("global", "firewalls"),
                body,
            )
            self.made.ensure(RULE, rule["name"], make)

    def _instance(self) -> None:
        record = self.record
        zone = self.api.path("zones", record.zone)
        self.context.progress.info(f"Creating the instance {record.machine_name} ({record.machine_type})...")
        # The call that makes the instance makes the disks, whose numbers are not told.
        kept = {
            disk.name for disk in record.disks if self.made.ensure(DISK, disk.name, lambda: "", record.zone)
        }
        what = f"creating the instance {record.machine_name}"
        self.made.ensure(
            INSTANCE,
            record.machine_name,
            lambda: self._begin(what, f"{zone}/instances", self._body(zone, kept)),
            record.zone,
        )

    def _body(self, zone: str, kept: set[str]) -> Answer:
        """Return the instance; `kept` are the machine's disks that there are already."""
        record, labels = self.record, labels_of(self.tags)
        body: Answer = {
            "name": record.machine_name,
            "description": "docker host vm",
            "machineType": f"{zone}/machineTypes/{record.machine_type}",
            "labels": {**(record.server_labels or {}), **labels},
            "disks": [self._disk(zone, one, labels, is_kept=one.name in kept) for one in record.disks],
            "networkInterfaces": [self._network_interface()],
            "tags": {"items": network_tags(record)},
            "metadata": {"items": [{"key": key, "value": value} for key, value in self._metadata().items()]},
            "scheduling": self._scheduling(),
        }
        if record.service_account not in ("", "none"):
            scopes = [one.strip() for one in record.scopes.split(",") if one.strip()]
            body["serviceAccounts"] = [{"email": record.service_account, "scopes": scopes}]
        return body

    def _disk(self, zone: str, disk: GoogleDisk, labels: dict[str, str], *, is_kept: bool) -> Answer:
        """Return a disk: a new one, which Google refuses if its name is taken, or the machine's own.

        The first one has the image.
        """
        is_first = disk == self.record.disks[0]
        body: Answer = {"boot": is_first, "autoDelete": True, "type": "PERSISTENT", "mode": "READ_WRITE"}
        if is_kept:
            return {**body, "source": f"{zone}/disks/{disk.name}"}
        parameters = {
            "diskName": disk.name,
            "diskType": f"{zone}/diskTypes/{disk.kind}",
            "labels": labels,
            **({"sourceImage": f"projects/{self.record.machine_image}"} if is_first else {}),
            **({"diskSizeGb": str(disk.size)} if disk.size else {}),
        }
        return {**body, "initializeParams": parameters}

    def _network_interface(self) -> Answer:
        record, api = self.record, self.api
        found: Answer = {}
        if record.subnetwork:
            path = api.path("regions", record.region, "subnetworks", record.subnetwork)
            found["subnetwork"] = record.subnetwork if "/" in record.subnetwork else path
        else:
            path = api.path("global", "networks", record.network)
            found["network"] = record.network if "/" in record.network else path
        if not record.use_internal_ip_only:
            given = static_address(record, api)
            found["accessConfigs"] = [{"type": "ONE_TO_ONE_NAT", **({"natIP": given} if given else {})}]
        return found

    def _metadata(self) -> dict[str, str]:
        return {
            "ssh-keys": key_line(self.record.ssh_user, self.public_key, self.tags),
            "block-project-ssh-keys": "TRUE",
            "enable-oslogin": "FALSE",  # which would ignore the key
            "enable-guest-attributes": "TRUE",  # the host's keys are told there
            "user-data": self.user_data,
        }

    def _scheduling(self) -> Answer:
        if self.record.spot:
            return {
                "provisioningModel": "SPOT",
                "instanceTerminationAction": "STOP",
                "automaticRestart": False,
                "onHostMaintenance": "TERMINATE",
            }
        if self.record.preemptible:
            return {"preemptible": True, "automaticRestart": False, "onHostMaintenance": "TERMINATE"}
        return {}


@reading_answer("waiting for the instance", WHO)
def wait_until_running(record: GoogleRecord, api: GceApi) -> None:
    """Wait until the instance runs; one that is off is started. Raises MachshError with the reason."""
    name = record.machine_name
    path = api.path("zones", record.zone, "instances", name)
    status, is_started = "", False

    def runs() -> bool:
        nonlocal status, is_started
        found = api.get(path)
        status = str(found.get("status"))
        if status in ("TERMINATED", "SUSPENDED") and not is_started:
            is_started = True
            verb = "resume" if status == "SUSPENDED" else "start"
            api.wait(api.post(f"{path}/{verb}"), f"starting {name}")
        if status == "RUNNING":
            learn_address(record, found)
        return status == "RUNNING" and bool(record.ip_address)

    with doing(f"waiting for the instance {name}"):
        wait_at_provider(runs, api.deadline, f"the instance {name}", lambda: f"it is {status}", gce_api.PAUSE)


def learn_address(record: GoogleRecord, instance: Answer) -> None:
    """Note the address by which the machine is reached, if the instance has one."""
    internal, external = addresses(instance)
    found = internal if record.use_internal_ip or not external else external
    record.ip_address = found or record.ip_address


@reading_answer("asking for the host key", WHO)
def host_key_told(api: GceApi, zone: str, name: str) -> str | None:
    """Return a host key that the instance published, such as `ssh-ed25519 AAAA...`.

    "" if it has told none yet, None if the project's rules forbid that it ever does.
    """
    path = api.path("zones", zone, "instances", name, "getGuestAttributes")
    try:
        found = api.found_or_none(path, queryPath="hostkeys/") or {}
    except GceError as error:
        if error.status in (400, 403):
            return None
        raise
    entries: list[Any] = (found.get("queryValue") or {}).get("items") or []
    keys = {str(one.get("key")): str(one.get("value")) for one in entries if isinstance(one, dict)}
    kind = next((one for one in _HOST_KEY_KINDS if one in keys), "")
    return f"{kind} {keys[kind]}" if kind and keys[kind].isascii() and " " not in keys[kind] else ""
