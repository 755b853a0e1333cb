"""Keystone, Nova, Neutron, Glance and Cinder on loopback, by their documentation: what the driver uses of them,
and what a test looks at.
"""

import re
from datetime import UTC, datetime
from typing import Any

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest
from machsh.testing.fake_cloud.instances import Instances
from plugins.openstack.tests.fake_keystone import MADE, fits, nova
from plugins.openstack.tests.fake_neutron import FakeNeutron

FLAVORS = (
    ("m1.tiny", 1, 512, 1),
    ("m1.large", 4, 8192, 80),
    ("m1.medium", 2, 4096, 40),
    ("m1.small", 1, 2048, 20),
    ("c1.diskless", 1, 2048, 0),
)
IMAGES = (
    # name, properties
    ("ubuntu-22.04", {"os_distro": "ubuntu", "os_version": "22.04", "architecture": "x86_64"}),
    ("Ubuntu 24.04", {}),
    ("ubuntu-24.04-arm64", {"os_distro": "ubuntu", "os_version": "24.04", "architecture": "aarch64"}),
    ("ubuntu-26.04-gpu-cuda", {}),
    ("debian-12", {"os_distro": "debian", "os_version": "12", "os_admin_user": "admin"}),
    ("cirros-0.6", {}),
)


class FakeOpenStack(FakeNeutron):
    """Nova, Glance and Cinder, beside Keystone and Neutron."""

    def __init__(self, hosts: Instances | None = None) -> None:
        super().__init__(hosts)
        self._fill()
        self._declare()

    def _fill(self) -> None:
        for name, cpus, memory, disk in FLAVORS:
            self.add(
                "flavors",
                **{"name": name, "vcpus": cpus, "ram": memory, "disk": disk, "swap": "", "rxtx_factor": 1.0},
                **{"OS-FLV-DISABLED:disabled": False, "os-flavor-access:is_public": True, "links": []},
            )
        for name, properties in IMAGES:
            self.add(
                "images",
                **{"name": name, "status": "active", "visibility": "public", "min_disk": 0, "min_ram": 0},
                **{"os_hidden": False, "created_at": "2026-01-01T00:00:00Z", "tags": [], **properties},
            )
        self.add("security_groups", name="default", description="Default security group")
        self.add_network("lan", is_external=False)
        self.add_network("public", is_external=True)

    def add_network(self, name: str, *, is_external: bool) -> dict[str, Any]:
        return self.add(
            "networks",
            **{"name": name, "status": "ACTIVE", "admin_state_up": True, "shared": False, "subnets": []},
            **{"router:external": is_external, "project_id": self.project},
        )

    def _declare(self) -> None:
        self.declare_identity()
        self._declare_compute()
        self.declare_network()
        route = self.route
        route(
            "GET",
            "/image/?",
            lambda _: CloudAnswer({"versions": [self.version("v2.15", "/image/v2/")]}, 300),
        )
        route("GET", "/image/v2/images", self._images)
        volume = rf"/volume/v3/{self.project}/volumes"
        route("POST", volume, self._make_volume)
        route("GET", rf"{volume}/detail", lambda request: self._paged("volumes", request))
        route("GET", rf"{volume}/([^/]+)", lambda _, one: CloudAnswer({"volume": self._get("volumes", one)}))
        route("DELETE", rf"{volume}/([^/]+)", lambda _, one: self._delete_volume(one))
        route(
            "GET",
            "/volume/?",
            lambda _: CloudAnswer({"versions": [self.version("v3.0", "/volume/v3/")]}, 300),
        )
        route(
            "GET", "/volume/v3/?", lambda _: CloudAnswer({"versions": [self.version("v3.0", "/volume/v3/")]})
        )

    # Nova

    def _declare_compute(self) -> None:
        route, compute = self.route, "/compute/v2.1"
        version = {"version": "2.96", "min_version": "2.1"}
        route(
            "GET",
            "/compute/?",
            lambda _: CloudAnswer({"versions": [self.version("v2.1", "/compute/v2.1/", **version)]}),
        )
        route(
            "GET",
            f"{compute}/?",
            lambda _: CloudAnswer({"version": self.version("v2.1", "/compute/v2.1/", **version)}),
        )
        route("GET", f"{compute}/flavors(?:/detail)?", lambda request: self._paged("flavors", request))
        route(
            "GET",
            f"{compute}/flavors/([^/]+)",
            lambda _, one: CloudAnswer({"flavor": self._get("flavors", one)}),
        )
        route("GET", f"{compute}/os-availability-zone", lambda _: CloudAnswer(
            {"availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}]}
        ))  # fmt: skip
        route("GET", f"{compute}/os-keypairs", lambda _: CloudAnswer(
            {"keypairs": [{"keypair": one} for one in self.things["keypairs"].values()]}
        ))  # fmt: skip
        # Nova's own list of images, which only old programs ask for.
        route("GET", f"{compute}/images/detail", self._images)
        route("POST", f"{compute}/os-keypairs", self._make_key)
        route(
            "GET",
            f"{compute}/os-keypairs/([^/]+)",
            lambda _, one: CloudAnswer({"keypair": self._get("keypairs", one)}),
        )
        route("DELETE", f"{compute}/os-keypairs/([^/]+)", lambda _, one: self._delete("keypairs", one, 202))
        route("POST", f"{compute}/servers", self._make_server)
        route("GET", f"{compute}/servers/detail", lambda request: self._paged("servers", request))
        route(
            "GET",
            f"{compute}/servers/([^/]+)",
            lambda _, one: CloudAnswer({"server": self._get("servers", one)}),
        )
        route("DELETE", f"{compute}/servers/([^/]+)", self._delete_server)
        route("POST", f"{compute}/servers/([^/]+)/action", self._act)

    def _paged(self, kind: str, request: CloudRequest) -> CloudAnswer:
        found = [self._look(kind, one) for one in list(self.things[kind].values())]
        found = [one for one in found if one is not None]
        if "name" in request.query:
            found = [one for one in found if re.search(request.query["name"], one["name"])]
        identifiers = [one["id"] for one in found]
        first = identifiers.index(request.query["marker"]) + 1 if "marker" in request.query else 0
        shown = found[first : first + min(self.page, int(request.query.get("limit", self.page)))]
        answer: dict[str, Any] = {kind: shown}
        if first + len(shown) < len(found):
            path = "/compute/v2.1/servers/detail" if kind == "servers" else request.path
            answer[f"{kind}_links"] = [{"rel": "next", "href": f"{self.url}{path}?marker={shown[-1]['id']}"}]
        return CloudAnswer(answer)

    def _look(self, kind: str, one: dict[str, Any]) -> dict[str, Any] | None:
        """Each look at a server or a volume brings it forward, as time does."""
        if kind == "volumes" and one["status"] == "creating":
            one["status"] = "available"
        if kind != "servers":
            return one
        if one["OS-EXT-STS:task_state"] == "deleting":
            self._vanish(one["id"])
            return None
        if one["status"] in ("BUILD", "REBOOT") and not self.is_stuck:
            one["status"], one["OS-EXT-STS:task_state"] = (
                ("ERROR", None) if self.failure else ("ACTIVE", None)
            )
            if self.failure:
                one["fault"] = {"code": 500, "message": self.failure, "created": "2026-01-01T00:00:00Z"}
        if one["status"] == "ACTIVE":
            one["addresses"] = self._addresses(one)
        return one

    def _addresses(self, server: dict[str, Any]) -> dict[str, Any]:
        floating = [one for one in self.things["floatingips"].values() if one["port_id"] == server["_port"]]
        address = self.hosts.address(self._containers[server["id"]])
        for one in floating:
            one["floating_ip_address"] = address
        fixed = "10.0.0.5" if self.has_private_network else address
        found = [_address(fixed, "fixed"), _address("2001:db8::5", "fixed", 6)]
        return {"lan": [*found, *(_address(address, "floating") for _ in floating)]}

    has_private_network = False
    """Whether fixed addresses cannot be reached."""

    def _make_key(self, request: CloudRequest) -> CloudAnswer:
        body = request.body["keypair"]
        if body["name"] in self.things["keypairs"]:
            raise nova(409, "conflictingRequest", f"Key pair '{body['name']}' already exists.")
        if not re.fullmatch(r"[A-Za-z0-9 @._-]{1,255}", body["name"]):
            raise nova(400, "badRequest", "Keypair data is invalid")
        made = {"name": body["name"], "public_key": body["public_key"], "fingerprint": "aa:bb", "type": "ssh"}
        self.things["keypairs"][body["name"]] = made
        return CloudAnswer({"keypair": made})  # 201 for newer microversions

    def _make_server(self, request: CloudRequest) -> CloudAnswer:
        body = request.body["server"]
        self._get("flavors", body["flavorRef"])
        volumes = [one["uuid"] for one in body.get("block_device_mapping_v2") or []]
        if not volumes and body["imageRef"] not in self.things["images"]:
            raise nova(400, "badRequest", f"Image {body['imageRef']} could not be found.")
        if body["key_name"] not in self.things["keypairs"]:
            raise nova(400, "badRequest", "Invalid key_name provided.")
        groups = [self._group_of(one["name"]) for one in body["security_groups"]]
        port = self.add(
            "ports", network_id=body["networks"][0]["uuid"], device_id="", status="ACTIVE", fixed_ips=[]
        )
        made = self.add(
            "servers",
            **{"name": body["name"], "status": "BUILD", "OS-EXT-STS:task_state": "spawning", "addresses": {}},
            **{"metadata": body.get("metadata") or {}, "key_name": body["key_name"], "_port": port["id"]},
            **{"created": datetime.now(UTC).isoformat().replace("+00:00", "Z"), "links": [], "_body": body},
            **{
                "flavor": {"id": body["flavorRef"]},
                "image": {"id": body.get("imageRef") or ""},
                "_groups": groups,
            },
        )
        port["device_id"] = made["id"]
        for one in volumes:
            self.things["volumes"][one]["status"] = "in-use"
        self.user_data[made["id"]] = body.get("user_data") or ""
        key = self.things["keypairs"][body["key_name"]]["public_key"]
        data = _plain(self.user_data[made["id"]])
        self._containers[made["id"]] = self.hosts.create(body["name"], [key], data)
        self.bill.begin("server", made["id"])
        links = [{"rel": "self", "href": f"{self.url}/compute/v2.1/servers/{made['id']}"}]
        return CloudAnswer({"server": {"id": made["id"], "links": links, "OS-DCF:diskConfig": "MANUAL"}}, 202)

    def _group_of(self, word: str) -> str:
        found = [
            one["id"] for one in self.things["security_groups"].values() if word in (one["id"], one["name"])
        ]
        if len(found) != 1:
            raise nova(400, "badRequest", f"Security group {word} not found.")
        return found[0]

    def _vanish(self, identifier: str) -> None:
        server = self.things["servers"].pop(identifier)
        self.things["ports"].pop(server["_port"], None)
        for one in self.things["floatingips"].values():
            if one["port_id"] == server["_port"]:
                one["port_id"] = None
        for one in server["_body"].get("block_device_mapping_v2") or []:
            self.things["volumes"][one["uuid"]]["status"] = "available"
        self.hosts.remove(self._containers.pop(identifier))
        self.bill.end("server", identifier)

    def _delete_server(self, request: CloudRequest, identifier: str) -> CloudAnswer:
        self._get("servers", identifier)["OS-EXT-STS:task_state"] = "deleting"
        return CloudAnswer(status=204)

    def _act(self, request: CloudRequest, identifier: str) -> CloudAnswer:
        server, container = self._get("servers", identifier), self._containers[identifier]
        ((action, _),) = request.body.items()
        if action == "os-getConsoleOutput":
            return CloudAnswer({"output": "Booting...\n\x1b[1mcloud-init: failed\x1b[0m\n"})
        allowed = {
            "os-start": ("SHUTOFF",),
            "unpause": ("PAUSED",),
            "resume": ("SUSPENDED",),
            "unshelve": ("SHELVED",),
        }
        if server["status"] not in allowed.get(action, ("ACTIVE",)):
            words = (
                f"Cannot '{action}' instance {identifier} while it is in vm_state {server['status'].lower()}"
            )
            raise nova(409, "conflictingRequest", words)
        if action in ("os-stop", "reboot"):
            self.hosts.stop(container)
        if action != "os-stop":
            self.hosts.start(container)
        server["status"] = {"os-stop": "SHUTOFF", "reboot": "REBOOT"}.get(action, "ACTIVE")
        return CloudAnswer({}, 202)

    # Glance and Cinder

    def _images(self, request: CloudRequest) -> CloudAnswer:
        found = [one for one in self.things["images"].values() if fits(one, request)]
        return CloudAnswer({"images": found, "first": "/v2/images", "schema": "/v2/schemas/images"})

    def _make_volume(self, request: CloudRequest) -> CloudAnswer:
        body = request.body["volume"]
        made = self.add(
            "volumes",
            **{
                "name": body["name"],
                "size": body["size"],
                "status": "creating",
                "metadata": body.get("metadata") or {},
            },
            **{
                "created_at": "2026-01-01T00:00:00.000000",
                "_image": body.get("imageRef"),
                "volume_type": body.get("volume_type"),
            },
        )
        self.bill.begin("volume", made["id"])
        return CloudAnswer({"volume": made}, 202)

    def _delete_volume(self, identifier: str) -> CloudAnswer:
        if self._get("volumes", identifier)["status"] == "in-use":
            words = "Invalid volume: Volume status must be available or error"
            raise nova(400, "badRequest", words)
        del self.things["volumes"][identifier]
        self.bill.end("volume", identifier)
        return CloudAnswer({}, 202)

    # What tests look at

    @property
    def left(self) -> list[str]:
        """What there is beside what was there at the beginning. A server that is being deleted is soon gone."""
        with self.guard:
            for one in list(self.things["servers"].values()):
                self._look("servers", one)
            return [
                f"{kind}:{one.get('name') or one['floating_ip_address']}"
                for kind in MADE
                for one in self.things[kind].values()
                if (kind, one.get("name")) != ("security_groups", "default")
            ]


def _plain(user_data: str) -> str:
    import base64

    return base64.b64decode(user_data).decode() if user_data else ""


def _address(address: str, kind: str, version: int = 4) -> dict[str, Any]:
    return {
        "addr": address,
        "version": version,
        "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01",
    }
