"""DigitalOcean's API v2 on loopback, in the forms of its published specification: what the driver uses of it, and
what a test looks at."""

import base64
import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest, FakeCloud, RouteError
from machsh.testing.fake_cloud.instances import Instances, NoHosts

REGIONS = (("nyc1", "New York 1", False), ("nyc3", "New York 3", True), ("fra1", "Frankfurt 1", True))
SIZES = (
    # slug, memory, CPUs, disk, price an hour, regions, can be had
    ("s-1vcpu-512mb-10gb", 512, 1, 10, 0.00595, ("nyc3",), True),
    ("s-2vcpu-2gb", 2048, 2, 60, 0.02679, ("nyc3", "fra1"), True),
    ("s-1vcpu-1gb", 1024, 1, 25, 0.00893, ("nyc1", "nyc3", "fra1"), True),
    ("gpu-h100x1-80gb", 245760, 20, 720, 3.39, ("nyc3",), True),
    ("s-1vcpu-1gb-old", 1024, 1, 25, 0.00744, ("nyc3",), False),
)
IMAGES = (
    # slug, distribution, name, status
    ("ubuntu-20-04-x64", "Ubuntu", "20.04 (LTS) x64", "retired"),
    ("ubuntu-22-04-x64", "Ubuntu", "22.04 (LTS) x64", "available"),
    ("ubuntu-25-10-x64", "Ubuntu", "25.10 x64", "available"),
    ("ubuntu-24-04-x64", "Ubuntu", "24.04 (LTS) x64", "available"),
    ("debian-13-x64", "Debian", "13 x64", "available"),
    ("fedora-42-x64", "Fedora", "42 x64", "available"),
)
MADE = ("droplets", "keys", "firewalls", "tags")
GONE = "The resource you were accessing could not be found."


class FakeDigitalOcean(FakeCloud):
    """One account. Things are dicts in the API's own form, by kind and identifier (as text)."""

    def __init__(self, hosts: Instances | None = None) -> None:
        super().__init__()
        self.hosts = hosts or NoHosts()
        self.things: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in (*MADE, "vpcs", "volumes")}
        self.actions: dict[str, dict[str, Any]] = {}
        self.user_data: dict[str, str] = {}
        self.is_stuck = False
        """Whether new droplets stay `new`, and actions in progress."""
        self.fails = False
        """Whether the provider gives the creation of droplets up."""
        self.ignores_shutdown = False
        self._containers: dict[str, str] = {}
        self._dying: set[str] = set()
        self._number = 1000
        self.add("vpcs", name="default-nyc3", region="nyc3", ip_range="10.108.0.0/20", default=True)
        self.regions = [_region(*one) for one in REGIONS]
        self.sizes = [_size(*one) for one in SIZES]
        self.images = [_image(at, *one) for at, one in enumerate(IMAGES, 1)]
        self._declare()

    def add(self, kind: str, **content: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number if kind in ("droplets", "keys") else str(uuid.uuid4())
        identifier = content["name"] if kind == "tags" else str(number)
        made = {**({} if kind == "tags" else {"id": number}), **content}
        if kind not in ("tags", "keys"):
            made["created_at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.things[kind][identifier] = made
        return made

    def _declare(self) -> None:
        for name in ("regions", "sizes"):
            self.route(
                "GET", f"/v2/{name}", lambda request, name=name: paged(getattr(self, name), name, request)
            )
        self.route("GET", "/v2/images", self._list_images)
        self.route("GET", "/v2/images/([^/]+)", self._get_image)
        for kind, (path, plural, single) in PATHS.items():
            self.route(
                "GET", path, lambda request, kind=kind, plural=plural: self._list(kind, plural, request)
            )
            self.route(
                "GET",
                f"{path}/([^/]+)",
                lambda request, key, kind=kind, single=single: CloudAnswer({single: self._get(kind, key)}),
            )
            self.route("DELETE", f"{path}/([^/]+)", lambda request, key, kind=kind: self._delete(kind, key))
        self.route("POST", "/v2/account/keys", self._make_key)
        self.route("POST", "/v2/tags", self._make_tag)
        self.route("POST", "/v2/firewalls", self._make_firewall)
        self.route("POST", "/v2/firewalls/([^/]+)/rules", self._add_rules)
        self.route("POST", "/v2/droplets", self._make_droplet)
        self.route("POST", r"/v2/droplets/(\d+)/actions", self._act)
        self.route("GET", r"/v2/droplets/(\d+)/actions", self._list_actions)
        self.route("GET", r"/v2/droplets/\d+/actions/(\d+)", self._get_action)
        self.route("GET", r"/v2/actions/(\d+)", self._get_action)

    def unauthorized(self) -> CloudAnswer:
        return CloudAnswer({"id": "unauthorized", "message": "Unable to authenticate you."}, 401)

    def not_found(self) -> CloudAnswer:
        return refused(404, "not_found", GONE).answer

    # Reading

    def _list_images(self, request: CloudRequest) -> CloudAnswer:
        return paged([one for one in self.images if one["status"] == "available"], "images", request)

    def _get_image(self, request: CloudRequest, wanted: str) -> CloudAnswer:
        found = (
            one
            for one in self.images
            if wanted == str(one["id"]) or (wanted == one["slug"] and one["status"] == "available")
        )
        one = next(found, None)
        return CloudAnswer({"image": one}) if one else self.not_found()

    def _list(self, kind: str, plural: str, request: CloudRequest) -> CloudAnswer:
        found = [self._look(kind, key) for key in list(self.things[kind])]
        found = [one for one in found if one is not None]
        if kind == "droplets":
            if {"type", "tag_name"} <= request.query.keys():
                raise refused(422, "unprocessable_entity", "type can not be combined with tag_name")
            wants_gpus = request.query.get("type") == "gpus"
            found = [one for one in found if one["size_slug"].startswith("gpu-") == wants_gpus]
        if tag := request.query.get("tag_name"):
            found = [one for one in found if tag in one["tags"]]
        if kind == "volumes" and (region := request.query.get("region")):
            found = [one for one in found if one["region"]["slug"] == region]
        return paged(found, plural, request)

    def _get(self, kind: str, key: str) -> dict[str, Any]:
        key = unquote(key)
        if kind == "keys" and ":" in key:
            same = (str(one["id"]) for one in self.things[kind].values() if one["fingerprint"] == key)
            key = next(same, "")
        found = self._look(kind, key) if key in self.things[kind] else None
        if found is None:
            raise refused(404, "not_found", GONE)
        return found

    def _look(self, kind: str, key: str) -> dict[str, Any] | None:
        """Each look at a droplet brings it forward, as time does."""
        one = self.things[kind][key]
        if kind != "droplets":
            return one
        if key in self._dying:
            self.vanish(key)
            return None
        if one["status"] == "new" and not (self.is_stuck or self.fails):
            one["status"], one["locked"] = "active", False
            for action in self.actions.values():
                if str(action["resource_id"]) == key:
                    action["status"] = "completed"
        if one["status"] == "active":
            self._address(one)
        return one

    def _address(self, droplet: dict[str, Any]) -> None:
        address = self.hosts.address(self._containers[str(droplet["id"])])
        own = [
            {
                "ip_address": "10.108.0.2",
                "netmask": "255.255.240.0",
                "gateway": "10.108.0.1",
                "type": "private",
            }
        ]
        if droplet["public_networking"]:
            public = {
                "ip_address": address,
                "netmask": "255.255.240.0",
                "gateway": "192.0.2.1",
                "type": "public",
            }
            own = [public, *own]
        droplet["networks"] = {"v4": own, "v6": []}

    # Making

    def _make_key(self, request: CloudRequest) -> CloudAnswer:
        line = request.body["public_key"]
        digest = hashlib.md5(base64.b64decode(line.split()[1]), usedforsecurity=False).hexdigest()
        mark = ":".join(digest[at : at + 2] for at in range(0, 32, 2))
        if any(one["fingerprint"] == mark for one in self.things["keys"].values()):
            raise refused(422, "unprocessable_entity", "SSH Key is already in use on your account")
        made = self.add("keys", fingerprint=mark, public_key=line, name=request.body["name"])
        return CloudAnswer({"ssh_key": made}, 201)

    def _make_tag(self, request: CloudRequest) -> CloudAnswer:
        return CloudAnswer({"tag": self._tag(request.body["name"])}, 201)

    def _tag(self, name: str) -> dict[str, Any]:
        count = {"count": 0}
        resources = {**count, "droplets": count, "images": count, "volumes": count, "databases": count}
        return self.things["tags"].get(name) or self.add("tags", name=name, resources=resources)

    def _make_firewall(self, request: CloudRequest) -> CloudAnswer:
        body = request.body
        if any(one["name"] == body["name"] for one in self.things["firewalls"].values()):
            raise refused(409, "conflict", "duplicate name")
        if any(tag not in self.things["tags"] for tag in body.get("tags") or []):
            raise refused(422, "unprocessable_entity", "tag does not exist")
        if any(
            "ports" not in one for one in (*body.get("inbound_rules", []), *body.get("outbound_rules", []))
        ):
            raise refused(422, "unprocessable_entity", "ports are missing")
        made = self.add(
            "firewalls", name=body["name"], status="waiting", pending_changes=[], droplet_ids=body.get("droplet_ids") or [],
            tags=body.get("tags") or [], inbound_rules=body.get("inbound_rules") or [], outbound_rules=body.get("outbound_rules") or [],
        )  # fmt: skip
        return CloudAnswer({"firewall": made}, 202)

    def _add_rules(self, request: CloudRequest, key: str) -> CloudAnswer:
        wall = self._get("firewalls", key)
        wall["inbound_rules"] = wall["inbound_rules"] + request.body.get("inbound_rules", [])
        return CloudAnswer(status=204)

    def _make_droplet(self, request: CloudRequest) -> CloudAnswer:
        body = request.body
        size = next((one for one in self.sizes if one["slug"] == body["size"] and one["available"]), None)
        image = next((one for one in self.images if body["image"] in (one["id"], one["slug"])), None)
        region = next((one for one in self.regions if one["slug"] == body.get("region", "nyc3")), None)
        if size is None or image is None or region is None or region["slug"] not in size["regions"]:
            raise refused(422, "unprocessable_entity", "Size is not available in this region.")
        keys = [self._get("keys", str(key))["public_key"] for key in body.get("ssh_keys") or []]
        for tag in body.get("tags") or []:
            self._tag(tag)
        made = self.add(
            "droplets", name=body["name"], memory=size["memory"], vcpus=size["vcpus"], disk=size["disk"], locked=True, status="new",
            kernel=None, features=[], backup_ids=[], next_backup_window=None, snapshot_ids=[], image=image, volume_ids=body.get("volumes") or [],
            size=size, size_slug=size["slug"], networks={"v4": [], "v6": []}, region=region, tags=list(body.get("tags") or []),
            vpc_uuid=body.get("vpc_uuid") or next(iter(self.things["vpcs"])), public_networking=body.get("public_networking", True),
        )  # fmt: skip
        key = str(made["id"])
        self.user_data[key] = body.get("user_data") or ""
        self._containers[key] = self.hosts.create(body["name"], keys, self.user_data[key])
        self.bill.begin("droplet", key)
        action = self._action("create", key)
        if self.fails:
            action["status"] = "errored"
        link = {"id": action["id"], "rel": "create", "href": f"{self.url}/v2/actions/{action['id']}"}
        return CloudAnswer({"droplet": made, "links": {"actions": [link]}}, 202)

    # Actions

    def _action(self, kind: str, droplet: str) -> dict[str, Any]:
        self._number += 1
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.actions[str(self._number)] = {
            "id": self._number, "status": "in-progress", "type": kind, "started_at": now, "completed_at": None,
            "resource_id": int(droplet), "resource_type": "droplet", "region_slug": "nyc3", "region": self.regions[1],
        }  # fmt: skip
        return self.actions[str(self._number)]

    def _list_actions(self, request: CloudRequest, key: str) -> CloudAnswer:
        found = [one for one in self.actions.values() if str(one["resource_id"]) == key]
        return paged(found, "actions", request)

    def _get_action(self, request: CloudRequest, number: str) -> CloudAnswer:
        """The first look at an action ends it."""
        action = self.actions.get(number)
        if action is None:
            return self.not_found()
        if action["status"] == "in-progress" and not self.is_stuck:
            action["status"] = "completed"
        return CloudAnswer({"action": action})

    def _act(self, request: CloudRequest, key: str) -> CloudAnswer:
        droplet, kind = self._get("droplets", key), request.body["type"]
        container = self._containers[key]
        if kind in ("shutdown", "power_off"):
            if not (kind == "shutdown" and self.ignores_shutdown):
                self.hosts.stop(container, is_graceful=kind == "shutdown")
                droplet["status"] = "off"
        elif kind == "power_on":
            self.hosts.start(container)
            droplet["status"] = "active"
        elif kind == "reboot":
            self.hosts.stop(container)
            self.hosts.start(container)
        else:
            raise refused(422, "unprocessable_entity", f"{kind} is not a valid type")
        action = self._action(kind, key)
        return CloudAnswer({"action": dict(action)}, 201)

    # Deleting

    def _delete(self, kind: str, key: str) -> CloudAnswer:
        found = self._get(kind, key)
        if kind == "droplets":
            self._dying.add(key)  # it is listed for a moment
            return CloudAnswer(status=204)
        if kind == "tags":
            for other in ("droplets", "firewalls"):
                for one in self.things[other].values():
                    one["tags"] = [tag for tag in one["tags"] if tag != found["name"]]
        self.things[kind] = {name: one for name, one in self.things[kind].items() if one is not found}
        return CloudAnswer(status=204)

    def vanish(self, key: str) -> None:
        """Delete a droplet at once, as somebody else may."""
        self._dying.discard(key)
        self.things["droplets"].pop(key)
        self.hosts.remove(self._containers.pop(key))
        self.bill.end("droplet", key)

    # What tests look at

    @property
    def left(self) -> list[str]:
        """What there is that can be made. A droplet that is being deleted is soon gone."""
        for key in list(self._dying):
            self.vanish(key)
        return [f"{kind}:{_shown(one['name'])}" for kind in MADE for one in self.things[kind].values()]


PATHS = {
    "droplets": ("/v2/droplets", "droplets", "droplet"),
    "keys": ("/v2/account/keys", "ssh_keys", "ssh_key"),
    "firewalls": ("/v2/firewalls", "firewalls", "firewall"),
    "tags": ("/v2/tags", "tags", "tag"),
    "vpcs": ("/v2/vpcs", "vpcs", "vpc"),
    "volumes": ("/v2/volumes", "volumes", "volume"),
}
"""Kind -> path, and the names of several and of one in answers."""


def _shown(name: str) -> str:
    """A name without the random parts: `machsh:web:STORE:OWNER` -> `machsh:web`, `machsh-web-OWNER` -> `machsh-web`."""
    if name.startswith("machsh-"):
        return name.rpartition("-")[0]
    return ":".join(name.split(":")[:2])


def refused(status: int, word: str, message: str, **headers: str) -> RouteError:
    return RouteError(CloudAnswer({"id": word, "message": message}, status, headers))


def paged(entries: list[Any], name: str, request: CloudRequest) -> CloudAnswer:
    """A page, with the links to others that the API gives."""
    page, size = int(request.query.get("page", 1)), min(int(request.query.get("per_page", 20)), 200)
    last = max(1, -(-len(entries) // size))
    at = "https://api.digitalocean.com" + request.path
    pages = {}
    if page < last:
        pages = {"last": f"{at}?page={last}&per_page={size}", "next": f"{at}?page={page + 1}&per_page={size}"}
    if page > 1:
        pages |= {"first": f"{at}?page=1&per_page={size}", "prev": f"{at}?page={page - 1}&per_page={size}"}
    shown = entries[(page - 1) * size : page * size]
    links = {"pages": pages} if pages else {}
    return CloudAnswer({name: shown, "links": links, "meta": {"total": len(entries)}})


def _region(slug: str, name: str, is_available: bool) -> dict[str, Any]:
    features = ["backups", "ipv6", "metadata", "storage", "image_transfer"]
    sizes = [one[0] for one in SIZES if slug in one[5]]
    return {"slug": slug, "name": name, "available": is_available, "features": features, "sizes": sizes}


def _size(slug: str, memory: int, cpus: int, disk: int, price: float, *rest: Any) -> dict[str, Any]:
    return {
        "slug": slug, "memory": memory, "vcpus": cpus, "disk": disk, "transfer": 1.0, "price_monthly": round(price * 672, 2), "price_hourly": price,
        "regions": list(rest[0]), "available": rest[1], "description": "Basic",
    }  # fmt: skip


def _image(number: int, slug: str, distribution: str, name: str, status: str) -> dict[str, Any]:
    return {
        "id": 100 + number, "name": name, "distribution": distribution, "slug": slug, "public": True, "regions": ["nyc1", "nyc3", "fra1"],
        "created_at": "2025-05-01T00:00:00Z", "type": "base", "min_disk_size": 7, "size_gigabytes": 2.36, "description": name, "tags": [],
        "status": status, "error_message": "",
    }  # fmt: skip
