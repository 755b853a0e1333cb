"""Hetzner Cloud's API on loopback, by its documentation: what the driver uses of it, and what a test looks at."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest, FakeCloud, RouteError, paged
from machsh.testing.fake_cloud.instances import Instances, NoHosts

LOCATIONS = ("fsn1", "nbg1", "ash")
SOLD = (
    # name, cores, memory, architecture, price at fsn1
    ("cx22", 2, 4.0, "x86", "0.0060"),
    ("cpx11", 2, 2.0, "x86", "0.0070"),
    ("cax11", 2, 4.0, "arm", "0.0064"),
)
IMAGES = (
    # name, flavor, version, architecture, deprecated
    ("ubuntu-20.04", "ubuntu", "20.04", "x86", "2025-05-31T00:00:00Z"),
    ("ubuntu-22.04", "ubuntu", "22.04", "x86", None),
    ("ubuntu-24.04", "ubuntu", "24.04", "x86", None),
    ("ubuntu-25.10", "ubuntu", "25.10", "x86", None),
    ("ubuntu-24.04", "ubuntu", "24.04", "arm", None),
    ("debian-12", "debian", "12", "x86", None),
    ("fedora-42", "fedora", "42", "x86", None),
)


class FakeHetzner(FakeCloud):
    """One project. Things are dicts in the API's own form, by kind and number."""

    def __init__(self, hosts: Instances | None = None) -> None:
        super().__init__(prefix="/v1")
        self.hosts = hosts or NoHosts()
        self.things: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.actions: dict[int, dict[str, Any]] = {}
        self.user_data: dict[int, str] = {}
        self.is_stuck = False
        """Whether new servers stay `initializing`."""
        self.failure: dict[str, str] | None = None
        """The error with which the creation of servers fails after it was accepted."""
        self._containers: dict[int, str] = {}
        self._number = 1000
        self._fill()
        self._declare()

    def _fill(self) -> None:
        for name in LOCATIONS:
            self.add(
                "locations",
                name=name,
                city=name.title(),
                country="DE",
                description=name,
                network_zone="eu-central",
                latitude=0.0,
                longitude=0.0,
            )
        for name, cores, memory, architecture, price in SOLD:
            self.add(
                "server_types",
                name=name,
                description=name.upper(),
                cores=cores,
                memory=memory,
                disk=40,
                architecture=architecture,
                storage_type="local",
                cpu_type="shared",
                category="shared",
                locations=[_sold(place) for place in LOCATIONS[:2]],
                prices=[_price(place, price) for place in LOCATIONS[:2]],
            )
        gone = {"announced": "2024-01-01T00:00:00Z", "unavailable_after": "2024-09-06T00:00:00Z"}
        self.add(
            "server_types",
            name="cx11",
            description="CX11",
            cores=1,
            memory=2.0,
            disk=20,
            architecture="x86",
            storage_type="local",
            cpu_type="shared",
            category="shared",
            locations=[_sold(place, gone) for place in LOCATIONS],
            prices=[],
        )
        for name, flavor, version, architecture, deprecated in IMAGES:
            self.add(
                "images",
                name=name,
                type="system",
                status="available",
                description=name,
                image_size=None,
                disk_size=5.0,
                created_from=None,
                bound_to=None,
                os_flavor=flavor,
                os_version=version,
                rapid_deploy=True,
                protection={"delete": False},
                deprecation=deprecated and {"announced": deprecated, "unavailable_after": deprecated},
                deleted=None,
                architecture=architecture,
            )

    def add(self, kind: str, **content: Any) -> dict[str, Any]:
        self._number += 1
        made = {"id": self._number, "labels": {}, "created": datetime.now(UTC).isoformat(), **content}
        self.things[kind][self._number] = made
        return made

    def _declare(self) -> None:
        for kind, single in KINDS.items():
            self.route("GET", f"/{kind}", lambda request, kind=kind: self._list(kind, request))
            self.route(
                "GET",
                rf"/{kind}/(\d+)",
                lambda request, number, kind=kind, single=single: CloudAnswer(
                    {single: self._get(kind, number)}
                ),
            )
            self.route(
                "DELETE", rf"/{kind}/(\d+)", lambda request, number, kind=kind: self._delete(kind, number)
            )
        self.route("POST", "/ssh_keys", self._make_key)
        self.route("POST", "/firewalls", self._make_firewall)
        self.route("POST", r"/firewalls/(\d+)/actions/set_rules", self._set_rules)
        self.route("POST", "/placement_groups", self._make_group)
        self.route("POST", "/servers", self._make_server)
        self.route(
            "GET",
            r"/actions/(\d+)",
            lambda request, number: CloudAnswer({"action": self._action_now(int(number))}),
        )
        self.route("GET", r"/servers/(\d+)/actions", self._server_actions)
        self.route("POST", r"/servers/(\d+)/actions/(\w+)", self._act)

    # Reading

    def _list(self, kind: str, request: CloudRequest) -> CloudAnswer:
        found = [self._look(kind, one) for one in self.things[kind].values()]
        for key in ("name", "fingerprint", "ip", "architecture", "type"):
            if key in request.query:
                found = [one for one in found if one.get(key) == request.query[key]]
        for label in filter(None, request.query.get("label_selector", "").split(",")):
            name, equals, value = label.partition("=")
            found = [
                one for one in found if name in one["labels"] and (not equals or one["labels"][name] == value)
            ]
        if kind == "images" and request.query.get("include_deprecated", "").lower() != "true":
            found = [one for one in found if not one["deprecation"]]
        return paged(found, kind, request)

    def _get(self, kind: str, number: str) -> dict[str, Any]:
        if int(number) not in self.things[kind]:
            raise refused(404, "not_found", f"{KINDS[kind].replace('_', ' ')} with ID '{number}' not found")
        return self._look(kind, self.things[kind][int(number)])

    def _look(self, kind: str, one: dict[str, Any]) -> dict[str, Any]:
        """Each look at a server brings it forward, as time does."""
        if (
            kind == "servers"
            and one["status"] in ("initializing", "starting")
            and not (self.is_stuck or self.failure)
        ):
            one["status"], one["locked"] = "running", False
            for action in self.actions.values():
                if action["resources"][0]["id"] == one["id"] and action["status"] == "running":
                    action.update(status="success", progress=100)
        if kind == "servers" and one["status"] == "running" and one["public_net"]["ipv4"]:
            one["public_net"]["ipv4"]["ip"] = self.hosts.address(self._containers[one["id"]])
        if kind == "placement_groups":
            one["servers"] = [
                server["id"]
                for server in self.things["servers"].values()
                if server["placement_group"] and server["placement_group"]["id"] == one["id"]
            ]
        return one

    # Making

    def _make_key(self, request: CloudRequest) -> CloudAnswer:
        body, line = request.body, request.body["public_key"]
        self._check_name("ssh_keys", body["name"])
        digest = hashlib.md5(base64.b64decode(line.split()[1]), usedforsecurity=False).hexdigest()
        mark = ":".join(digest[at : at + 2] for at in range(0, 32, 2))
        if any(one["fingerprint"] == mark for one in self.things["ssh_keys"].values()):
            raise refused(409, "uniqueness_error", "SSH key with the same fingerprint already exists")
        made = self.add(
            "ssh_keys", name=body["name"], fingerprint=mark, public_key=line, labels=body.get("labels") or {}
        )
        return CloudAnswer({"ssh_key": made}, 201)

    def _make_firewall(self, request: CloudRequest) -> CloudAnswer:
        body = request.body
        self._check_name("firewalls", body["name"])
        made = self.add(
            "firewalls",
            name=body["name"],
            rules=[{**RULE, **one} for one in body["rules"]],
            applied_to=[],
            labels=body.get("labels") or {},
        )
        return CloudAnswer({"firewall": made, "actions": []}, 201)

    def _set_rules(self, request: CloudRequest, number: str) -> CloudAnswer:
        self._get("firewalls", number)["rules"] = [{**RULE, **one} for one in request.body["rules"]]
        return CloudAnswer({"actions": []}, 201)

    def _make_group(self, request: CloudRequest) -> CloudAnswer:
        body = request.body
        self._check_name("placement_groups", body["name"])
        made = self.add(
            "placement_groups",
            name=body["name"],
            type=body["type"],
            servers=[],
            labels=body.get("labels") or {},
        )
        return CloudAnswer({"placement_group": made, "action": None}, 201)

    def _make_server(self, request: CloudRequest) -> CloudAnswer:
        body = request.body
        self._check_name("servers", body["name"])
        kind = self._known("server_types", body["server_type"])
        image = self._known("images", body["image"])
        if kind is None or not kind["prices"] or image is None:
            raise refused(422, "invalid_input", "invalid input in field 'server_type' or 'image'")
        keys = [self._get("ssh_keys", str(number))["public_key"] for number in body.get("ssh_keys") or []]
        for firewall in body.get("firewalls") or []:
            self._get("firewalls", str(firewall["firewall"]))
        net, group = body.get("public_net") or {}, body.get("placement_group")
        has4, has6 = net.get("enable_ipv4", True), net.get("enable_ipv6", True)
        location = self._known("locations", body.get("location") or LOCATIONS[0])
        made = self.add(
            "servers", name=body["name"], status="initializing", locked=True, server_type=kind, image=image, location=location,
            public_net={
                "ipv4": {"id": 1, "ip": "", "blocked": False, "dns_ptr": ""} if has4 else None,
                "ipv6": {"id": 2, "ip": "2001:db8::/64", "blocked": False, "dns_ptr": []} if has6 else None,
                "floating_ips": [], "firewalls": [{"id": one["firewall"], "status": "applied"} for one in body.get("firewalls") or []],
            },
            private_net=[{"network": number, "ip": "10.0.0.2", "alias_ips": [], "mac_address": ""} for number in body.get("networks") or []],
            iso=None, rescue_enabled=False, backup_window=None, outgoing_traffic=0, ingoing_traffic=0, included_traffic=1,
            protection={"delete": False, "rebuild": False}, labels=body.get("labels") or {}, volumes=body.get("volumes") or [],
            primary_disk_size=40, placement_group=self._get("placement_groups", str(group)) if group else None,
        )  # fmt: skip
        self.user_data[made["id"]] = body.get("user_data") or ""
        self._containers[made["id"]] = self.hosts.create(body["name"], keys, self.user_data[made["id"]])
        if has4:  # the address is there before the server is
            made["public_net"]["ipv4"]["ip"] = self.hosts.address(self._containers[made["id"]])
        self.bill.begin("server", made["id"])
        return CloudAnswer(
            {
                "server": made,
                "action": self._action("create_server", made["id"]),
                "next_actions": [],
                "root_password": None,
            },
            201,
        )

    def _known(self, kind: str, wanted: Any) -> dict[str, Any] | None:
        """Return something by its number or name: the API takes both, and libraries send either."""
        entries = self.things[kind]
        named = (one for one in entries.values() if one["name"] == wanted)
        return entries.get(int(wanted)) if str(wanted).isdigit() else next(named, None)

    def _check_name(self, kind: str, name: str) -> None:
        if any(one["name"] == name for one in self.things[kind].values()):
            raise refused(409, "uniqueness_error", f"{KINDS[kind]} name is already used")

    # Actions

    def _action(self, command: str, number: int) -> dict[str, Any]:
        self._number += 1
        self.actions[self._number] = {
            "id": self._number, "command": command, "status": "running", "progress": 40, "started": datetime.now(UTC).isoformat(),
            "finished": None, "resources": [{"id": number, "type": "server"}], "error": None,
        }  # fmt: skip
        if self.failure and command == "create_server":
            self.actions[self._number].update(status="error", error=self.failure)
        return self.actions[self._number]

    def _action_now(self, number: int) -> dict[str, Any]:
        """The first look at an action ends it."""
        action = self.actions[number]
        if action["status"] == "running" and not self.is_stuck:
            action.update(status="success", progress=100)
            if action["command"] == "delete_server":
                self._vanish(action["resources"][0]["id"])
        return action

    def _vanish(self, number: int) -> None:
        self.things["servers"].pop(number, None)
        self.hosts.remove(self._containers.pop(number))
        self.bill.end("server", number)

    def _server_actions(self, request: CloudRequest, number: str) -> CloudAnswer:
        found = [one for one in self.actions.values() if one["resources"][0]["id"] == int(number)]
        return paged(found, "actions", request)

    def _act(self, request: CloudRequest, number: str, command: str) -> CloudAnswer:
        server = self._get("servers", number)
        container = self._containers[int(number)]
        if command in ("shutdown", "poweroff"):
            self.hosts.stop(container, is_graceful=command == "shutdown")
            server["status"] = "off"
        elif command == "poweron":
            self.hosts.start(container)
            server["status"] = "starting"
        else:
            self.hosts.stop(container)
            self.hosts.start(container)
        return CloudAnswer({"action": self._action(f"{command}_server", int(number))}, 201)

    def _delete(self, kind: str, number: str) -> CloudAnswer:
        self._get(kind, number)
        if kind == "servers":
            self.things[kind][int(number)]["status"] = "deleting"
            return CloudAnswer({"action": self._action("delete_server", int(number))})
        used = [
            one for server in self.things["servers"].values() for one in server["public_net"]["firewalls"]
        ]
        if kind == "firewalls" and int(number) in {one["id"] for one in used}:
            raise refused(409, "resource_in_use", "firewall with ID '1' is still in use")
        del self.things[kind][int(number)]
        return CloudAnswer(status=204)

    # What tests look at

    @property
    def left(self) -> list[str]:
        """What there is beside what was there at the beginning. A server that is being deleted is soon gone."""
        for number in [
            number for number, one in self.things["servers"].items() if one["status"] == "deleting"
        ]:
            self._vanish(number)
        return [f"{kind}:{one['name']}" for kind in MADE for one in self.things[kind].values()]


KINDS = {
    "servers": "server", "ssh_keys": "ssh_key", "firewalls": "firewall", "placement_groups": "placement_group", "images": "image",
    "server_types": "server_type", "locations": "location", "networks": "network", "volumes": "volume", "primary_ips": "primary_ip",
}  # fmt: skip
RULE = {"source_ips": [], "destination_ips": [], "port": None, "description": None}
MADE = ("servers", "ssh_keys", "firewalls", "placement_groups")


def refused(status: int, code: str, message: str, **headers: str) -> RouteError:
    return RouteError(
        CloudAnswer({"error": {"code": code, "message": message, "details": None}}, status, headers)
    )


def _sold(location: str, deprecation: Any = None) -> dict[str, Any]:
    return {
        "id": 1,
        "name": location,
        "deprecation": deprecation,
        "available": not deprecation,
        "recommended": not deprecation,
    }


def _price(location: str, hourly: str) -> dict[str, Any]:
    both = {"net": hourly, "gross": hourly}
    return {
        "location": location,
        "price_hourly": both,
        "price_monthly": both,
        "included_traffic": 1,
        "price_per_tb_traffic": both,
    }
