"""Makes a droplet with its tag, key and firewall. Each step finds what a former attempt made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from machsh.api import DeadlineError, DriverContext, MachshError, MadeResources, wait_at_provider
from machsh_digitalocean.do_api import DigitalOceanApi, answer_part, found_or_none
from machsh_digitalocean.do_droplet import Droplet
from machsh_digitalocean.do_firewall import inbound, outbound
from machsh_digitalocean.do_record import DigitalOceanRecord
from machsh_digitalocean.do_resources import DROPLET, FIREWALL, KEY, TAG, made
from machsh_digitalocean.do_settings import tag_list

USER_DATA_BYTES = 64 << 10
POLL_SECONDS = 2.0
"""Seconds between two questions for a droplet's state: the account has 5000 requests an hour."""


@dataclass(slots=True)
class DigitalOceanCreation:
    """The creation of one droplet. `user_data` and `public_key` are the machine's, `mark` its tag."""

    record: DigitalOceanRecord
    context: DriverContext
    api: DigitalOceanApi
    made: MadeResources
    mark: str
    owner: str
    public_key: str
    user_data: str

    def run(self) -> None:
        """Make the missing resources, and return once the droplet runs. Raises MachshError."""
        name = self.record.machine_name
        # A tag must exist before a firewall may name it, and the firewall guards the droplet from its start.
        self.made.ensure(TAG, self.mark, lambda: self._post(TAG, "/tags", {"name": self.mark}))
        key = self._key()
        # Two firewalls of an account never have one name.
        firewall = f"machsh-{name}-{self.owner[:8]}"
        self.made.ensure(FIREWALL, firewall, lambda: self._firewall(firewall))
        self.context.progress.info(f"Creating Digital Ocean droplet {name} ({self.record.size})...")
        number = self.made.ensure(DROPLET, name, lambda: self._droplet(key))
        self.record.droplet_id, self.record.droplet_name = int(number), name
        self.context.keep()
        self._wait()

    def _post(self, kind: str, path: str, content: dict[str, Any]) -> str:
        doing = f"creating the {kind} of {self.record.machine_name}"
        return made(kind, self.api.post(doing, path, content), doing)

    def _key(self) -> int | str:
        """Return the number of the machine's key in the account, or the print of the user's own."""
        record = self.record
        if record.ssh_key_fingerprint:
            return record.ssh_key_fingerprint
        content = {"name": self.mark, "public_key": self.public_key}
        made_key = self.made.ensure(KEY, self.mark, lambda: self._post(KEY, "/account/keys", content))
        record.ssh_key_id = int(made_key)
        return record.ssh_key_id

    def _firewall(self, name: str) -> str:
        rules = inbound(self.record, opens_engine_port=self.context.opens_engine_port)
        content = {
            "name": name,
            "inbound_rules": rules,
            "outbound_rules": outbound(),
            "tags": [self.mark],
        }
        return self._post(FIREWALL, "/firewalls", content)

    def _droplet(self, key: int | str) -> str:
        record = self.record
        content = {
            "name": record.machine_name,
            "region": record.region,
            "size": record.size,
            "image": int(record.image) if record.image.isdigit() else record.image,
            "ssh_keys": [key],
            "backups": record.backups,
            "ipv6": record.ipv6,
            "monitoring": record.monitoring,
            "user_data": self.user_data,
            "tags": [self.mark, *tag_list(record)],
        }
        if record.vpc:
            content["vpc_uuid"] = record.vpc
        if record.volumes:
            content["volumes"] = record.volumes
        if record.private_address_only:
            content["public_networking"] = False
        return self._post(DROPLET, "/droplets", content)

    def _wait(self) -> None:
        """Wait until the droplet runs; one that is off is switched on. Raises MachshError with the reason."""
        record, doing = self.record, f"waiting for the droplet {self.record.machine_name}"
        self.context.progress.info("Waiting for IP address to be assigned to the Droplet...")
        status, actions = "new", list[dict[str, Any]]()

        def runs() -> bool:
            nonlocal status, actions
            droplet = droplet_of(self.api, doing, record.droplet_id)
            if droplet is None:
                raise MachshError(f"{doing}: DigitalOcean has given it up and deleted it")
            status = droplet.status
            if status == "off":
                self.api.act(f"starting {record.machine_name}", droplet.number, "power_on", POLL_SECONDS)
            learn_address(record, droplet)
            if status == "new":
                actions = self._actions(doing)
            return status == "active" and bool(record.ip_address)

        def has_come_up() -> bool:
            try:
                return runs()
            except DeadlineError:
                if not self.api.deadline.has_passed:
                    raise
                return False  # and the reason is told

        deadline = self.api.deadline
        wait_at_provider(has_come_up, deadline, doing, lambda: _reason(status, actions), POLL_SECONDS)

    def _actions(self, doing: str) -> list[dict[str, Any]]:
        """Return the droplet's actions. Raises MachshError if the provider gave one up."""
        found = self.api.every(doing, f"/droplets/{self.record.droplet_id}/actions", "actions")
        for action in found:
            if action.get("status") == "errored":
                raise MachshError(
                    f"{doing}: DigitalOcean gave the action {action.get('type')} up",
                    hint="look at status.digitalocean.com, or try another --digitalocean-region",
                )
        return found


def _reason(status: str, actions: list[dict[str, Any]]) -> str:
    """Return the provider's last reason for a droplet that does not run."""
    told = [f"{one.get('type')} is {one.get('status')}" for one in actions[:3]]
    return "; ".join([f"it is {status}", *told])


def droplet_of(api: DigitalOceanApi, doing: str, number: int) -> Droplet | None:
    """Return a droplet; None if it is gone."""
    found = found_or_none(lambda: api.get(doing, f"/droplets/{number}"))
    return Droplet.from_answer(answer_part(doing, found, "droplet")) if found is not None else None


def learn_address(record: DigitalOceanRecord, droplet: Droplet) -> None:
    """Note the address by which the machine is reached, if the droplet has one yet."""
    found = droplet.private_address if record.use_private_address else droplet.public_address
    record.ip_address = found or record.ip_address
