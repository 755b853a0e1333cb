"""The driver `vultr`: cloud servers of Vultr."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from machsh import api
from machsh.api import WORD, CloudResource, CloudTags, MachshError, Option, Orphan, State, Values, checked

API = "https://api.vultr.com/v2"
UBUNTU = 2284
"""Vultr's number of Ubuntu 24.04."""
SERVER, KEY = "instance", "ssh-key"
TOKENS = api.TokenSearch(
    "key for Vultr's API",
    "--vultr-api-key",
    ("VULTR_API_KEY",),
    "make one at my.vultr.com (Account, API), and set VULTR_API_KEY",
    later_variable="VULTR_API_KEY",
)


@dataclass
class VultrRecord(api.TokenRecord):
    """What stands in the machine's config.json beside the token's place and what was made."""

    region: str = checked(WORD)
    plan: str = checked(WORD)
    server: str = checked(WORD)


class VultrApi:
    """Calls that end by a deadline; also what finds and deletes a machine's resources."""

    def __init__(
        self, account: api.TokenAccount, deadline: api.Deadline, say: Callable[[str], None], owner: str = ""
    ) -> None:
        import requests  # late: only calls need it

        self.owner = owner
        self.url = account.endpoint or API
        self.session = api.limited_session(requests.Session(), deadline, say)
        self.session.headers["Authorization"] = f"Bearer {account.token}"

    def call(self, method: str, path: str, doing: str, content: Any = None) -> Any:
        """Return an answer's JSON; None if there is no such thing. Raises MachshError."""
        with api.reaching(doing, "Vultr's API", "status.vultr.com"):
            answer = self.session.request(method, f"{self.url}/{path}", json=content, timeout=30)
            if answer.status_code == 404:
                return None
            if answer.status_code >= 400:
                raise MachshError(f"{doing}: Vultr answered {answer.status_code} {answer.text[:200]}")
            return answer.json() if answer.content else {}

    def every(self, kind: str, doing: str) -> list[dict[str, Any]]:
        """Return all servers, or all keys, of the account, from all pages."""
        found, cursor = list[dict[str, Any]](), ""
        while True:
            page = self.call("GET", f"{kind}s?per_page=500&cursor={cursor}", doing)
            found += page[f"{kind}s".replace("-", "_")]
            cursor = page["meta"]["links"]["next"]
            if not cursor:
                return found

    def find(self, resource: CloudResource) -> str:
        """Return the ID of a resource that is there, "" if it is not."""
        doing = f"looking for the {resource.kind} {resource.name}"
        if resource.identifier:
            there = self.call("GET", f"{resource.kind}s/{resource.identifier}", doing)
            return resource.identifier if there else ""
        tagged = ((str(one["id"]), tags_of(one)) for one in self.every(resource.kind, doing))
        return next((number for number, tags in tagged if tags and tags.owner == self.owner), "")

    def delete(self, resource: CloudResource) -> None:
        """Delete it; what is gone is deleted."""
        doing = f"removing the {resource.kind} {resource.name}"
        self.call("DELETE", f"{resource.kind}s/{resource.identifier}", doing)


def words_of(tags: CloudTags) -> list[str]:
    """Return tags as Vultr's, which have no values; a key has them as its name."""
    return [f"{key}={value}" for key, value in tags.to_dict().items()]


def tags_of(found: Mapping[str, Any]) -> CloudTags | None:
    """Return the tags of a server or a key; None if it has none of ours."""
    words = found["tags"] if "tags" in found else found["name"].split()
    return CloudTags.from_dict(dict(word.split("=", 1) for word in words if "=" in word))


class VultrDriver(api.TokenDriver):
    """A cloud server of Vultr, with a key of its own."""

    name = "vultr"
    summary = "a cloud server of Vultr"
    options = (
        Option("vultr-api-key", "Key for the API", variable="VULTR_API_KEY", secret=True),
        Option("vultr-region", "Region", default="ewr"),
        Option("vultr-plan", "Plan", default="vc2-1c-1gb"),
        Option("vultr-endpoint", "URL of the API", variable="VULTR_API_URL", hidden=True),
    )
    record_type = VultrRecord
    record: VultrRecord
    tokens = TOKENS

    def configure(self, values: Values) -> None:
        """Take the options; the token is kept for this process only."""
        self.take_token(values)
        self.record.region, self.record.plan = values.text("vultr-region"), values.text("vultr-plan")
        self.record.endpoint, self.record.ssh_user = values.text("vultr-endpoint"), "root"

    def cloud(self, seconds: float = 0) -> VultrApi:
        """Return what asks the account of this machine."""
        return VultrApi(self.account(), *self.limits(seconds), self.record.owner)

    def provider(self) -> VultrApi:
        """Return what finds and deletes this machine's resources."""
        return self.cloud()

    def pre_create_check(self) -> None:
        """Find out what is wrong while nothing is made yet."""
        self.note_context()
        plans = self.cloud().call("GET", f"regions/{self.record.region}/availability", "asking for the plans")
        if self.record.plan not in (plans or {}).get("available_plans", []):
            raise MachshError(f"{self.record.region} has no plan {self.record.plan}", hint="--vultr-plan")

    def create(self) -> None:
        """Make key and server; what an earlier attempt has made is kept."""
        name, words = self.record.machine_name, words_of(self.tags)
        server = {
            "region": self.record.region,
            "plan": self.record.plan,
            "os_id": UBUNTU,
            "label": name,
            "tags": words,
            "user_data": base64.b64encode(self.user_data(16 << 10).encode()).decode(),
        }
        key = {"name": " ".join(words), "ssh_key": self.login_key()}
        server["sshkey_id"] = [self.made.ensure(KEY, name, lambda: self.new(KEY, key))]
        self.context.progress.info(f"Creating the server {name}...")
        self.record.server = self.made.ensure(SERVER, name, lambda: self.new(SERVER, server))
        self.context.keep()
        deadline, _ = self.limits()
        api.wait_at_provider(lambda: self.state() is State.RUNNING, deadline, f"the server {name}")
        self.pin_host_key()

    def new(self, kind: str, content: Mapping[str, Any]) -> str:
        """Make a server or a key, and return its ID."""
        made = self.cloud().call("POST", f"{kind}s", f"creating the {kind}", content)
        return str(made[kind.replace("-", "_")]["id"])

    def start(self) -> None:
        self.act("start")

    def stop(self) -> None:
        self.act("halt")

    def kill(self) -> None:
        self.act("halt")

    def restart(self) -> None:
        self.act("reboot")

    def act(self, verb: str) -> None:
        """Let the server do something: `start`, `halt` or `reboot`."""
        number = self.server()["id"]
        self.cloud().call("POST", f"instances/{number}/{verb}", f"{verb} {self.record.machine_name}")

    def server(self) -> dict[str, Any]:
        """Return the server. Raises MachshError if it is gone."""
        number, doing = self.record.server, f"asking for {self.record.machine_name}"
        if not number:
            raise self.never_made("server")
        found = self.cloud(10).call("GET", f"instances/{number}", doing)
        if found is None:
            raise self.gone(f"Vultr has no server {number}")
        return dict(found["instance"])

    def state(self) -> State:
        return self.learn(self.server())

    def servers(self, members: Sequence[Self], seconds: float) -> dict[str, Any]:
        """Return the servers of an account: `ls` asks once for all machines."""
        return {one["id"]: one for one in self.cloud(seconds).every(SERVER, "asking for the servers")}

    def server_key(self) -> str:
        return self.record.server

    def learn(self, found: Mapping[str, Any]) -> State:
        """Note the address of a server that runs, and return its state."""
        if found["status"] != "active":
            return State.STARTING
        if found["power_status"] != "running":
            return State.STOPPED
        self.record.ip_address = found["main_ip"]
        return State.RUNNING

    @classmethod
    def usual_endpoint(cls, environment: api.Environment) -> str:
        return environment.variable("VULTR_API_URL") or ""

    @classmethod
    def look(
        cls, search: api.CloudOrphans, context: api.DriverContext, account: api.TokenAccount, place: str
    ) -> None:
        """Add what carries our tags: `machsh orphans` shows what no record knows."""
        cloud = VultrApi(account, api.Deadline.after(context.seconds), context.progress.debug)
        for kind, cost in ((SERVER, "per hour"), (KEY, "free")):
            for one in cloud.every(kind, "asking for what is left over"):
                since = api.provider_time(one.get("date_created"))
                name = one.get("label") or one["name"]
                search.add(tags_of(one), Orphan(name, kind, one["id"], since=since, cost=cost, place=place))

    @classmethod
    def remove_orphan(cls, orphan: Orphan, context: api.DriverContext, store: Path) -> None:
        account = cls.account_at(context, orphan.place)
        cloud = VultrApi(account, api.Deadline.after(context.seconds), context.progress.debug)
        cloud.delete(CloudResource(orphan.kind, orphan.name, orphan.identifier))


DRIVERS = [VultrDriver]
