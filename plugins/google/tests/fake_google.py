"""Compute Engine's REST API on loopback, by its documentation: what the driver uses, and what tests look at."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest, FakeCloud, RouteError
from machsh.testing.fake_cloud.instances import Instances, NoHosts
from machsh.testing.fake_cloud.lab_hosts import cloud_config

PROJECT = "lab-project"
ZONES = ("us-central1-a", "us-central1-b", "europe-west4-a")
TYPES = (
    # name, CPUs, MB, architecture, deprecated
    ("e2-medium", 2, 4096, "X86_64", ""),
    ("e2-small", 2, 2048, "X86_64", ""),
    ("n1-standard-1", 1, 3840, None, ""),
    ("n2-standard-2", 2, 8192, "X86_64", ""),
    ("t2a-standard-1", 1, 4096, "ARM64", ""),
    ("f1-old", 1, 4096, "X86_64", "OBSOLETE"),
)
IMAGES = (
    # project, name, family, architecture, created, deprecated
    ("ubuntu-os-cloud", "ubuntu-2204-jammy-v20260901", "ubuntu-2204-lts", "X86_64", "2026-09-01", ""),
    ("ubuntu-os-cloud", "ubuntu-2404-noble-amd64-v20260901", "ubuntu-2404-lts-amd64", "X86_64", "2026-09-01", "DEPRECATED"),
    ("ubuntu-os-cloud", "ubuntu-2404-noble-amd64-v20261101", "ubuntu-2404-lts-amd64", "X86_64", "2026-11-01", ""),
    ("ubuntu-os-cloud", "ubuntu-2404-noble-arm64-v20261101", "ubuntu-2404-lts-arm64", "ARM64", "2026-11-01", ""),
    ("ubuntu-os-cloud", "ubuntu-2510-amd64-v20261101", "ubuntu-2510-amd64", "X86_64", "2026-11-02", ""),
    ("ubuntu-os-cloud", "ubuntu-minimal-2404-noble-amd64-v1", "ubuntu-minimal-2404-lts-amd64", "X86_64", "2026-11-03", ""),
    ("ubuntu-os-cloud", "ubuntu-1804-bionic-v1", "ubuntu-1804-lts", "X86_64", "2023-11-03", "OBSOLETE"),
    ("debian-cloud", "debian-13-trixie-v20261101", "debian-13", "X86_64", "2026-11-01", ""),
    ("debian-cloud", "debian-12-bookworm-v20261101", "debian-12", "X86_64", "2026-11-01", ""),
)  # fmt: skip
CREATE = (
    "compute.instances.create compute.instances.setLabels compute.instances.setMetadata compute.instances.setTags "
    "compute.instances.setServiceAccount compute.disks.create compute.disks.setLabels compute.subnetworks.use "
    "compute.subnetworks.useExternalIp iam.serviceAccounts.actAs"
)
"""What Google's documentation asks for, to make an instance with labels, metadata, tags, disk and address."""


class FakeGoogle(FakeCloud):
    """One project. Things are dicts in the API's own form, by collection and `zone/name`."""

    def __init__(self, hosts: Instances | None = None) -> None:
        super().__init__(prefix="/compute/v1")
        self.hosts = hosts or NoHosts()
        self.things: dict[str, dict[str, dict[str, Any]]] = {
            kind: {} for kind in ("instances", "disks", "firewalls", "networks", "subnetworks", "addresses")
        }
        self.operations: dict[str, dict[str, Any]] = {}
        self.effects: dict[str, Any] = {}
        self.is_stuck = False
        """Whether operations do not end."""
        self.failure: tuple[str, str] | None = None
        """Code and message with which operations that make instances end."""
        self.host_keys = "told"
        """`told`, `silent`, `forbidden`, or a key that is told instead of the one in the user data."""
        self.console = ""
        self.permissions: set[str] = set()
        """The permissions that the calls so far needed."""
        self.page = 500
        self.logins: list[dict[str, list[str]]] = []
        self._containers: dict[str, str] = {}
        self._number = 4000
        self.add("networks", "default")
        self.add("networks", "office")
        self._declare()

    def add(self, kind: str, key: str, **content: Any) -> dict[str, Any]:
        self._number += 1
        zone, _, name = key.rpartition("/")
        place = f"zones/{zone}" if zone in ZONES else f"regions/{zone}" if zone else "global"
        made = {
            "kind": f"compute#{kind[:-1]}", "id": str(self._number), "name": name, "creationTimestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "selfLink": self.link(f"{place}/{kind}/{name}"), **({"zone": self.link(place)} if zone in ZONES else {}), **content,
        }  # fmt: skip
        self.things[kind][key] = made
        return made

    def link(self, path: str) -> str:
        return f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/{path}"

    def parse(self, method, target, body):
        if target == "/token":
            self.logins.append(parse_qs(body.decode()))
            return CloudRequest(method, target, {}, {})
        return super().parse(method, target, body)

    def _routed(self, request, authorization):
        if request.path == "/token":
            return CloudAnswer({"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"})
        return super()._routed(request, authorization)

    def unauthorized(self):
        return refused(401, "authError", "Request had invalid authentication credentials.").answer

    def not_found(self):
        return refused(404, "notFound", "Not Found").answer

    def _declare(self) -> None:
        def on(method, path, permission, route):
            def noted(request, *groups):
                self.permissions |= set(permission.split())
                return route(request, *(unquote(one or "") for one in groups))

            self.route(method, path, noted)

        here, zone = f"/projects/{PROJECT}", rf"/projects/{PROJECT}/zones/([^/]+)"
        on("GET", here, "compute.projects.get", lambda request: CloudAnswer({"name": PROJECT}))
        on(
            "GET",
            f"{here}/zones",
            "compute.zones.list",
            lambda request: self._paged(map(self._zone, ZONES), request),
        )
        on("GET", zone, "compute.zones.get", lambda request, name: CloudAnswer(self._zone(name)))
        on(
            "GET",
            f"{zone}/machineTypes",
            "compute.machineTypes.list",
            lambda request, _: self._paged(map(_type, TYPES), request),
        )
        on(
            "GET",
            f"{zone}/machineTypes/([^/]+)",
            "compute.machineTypes.get",
            lambda request, _, name: found(map(_type, TYPES), name),
        )
        on(
            "GET",
            f"{zone}/diskTypes",
            "compute.diskTypes.list",
            lambda request, _: self._paged(DISK_TYPES, request),
        )
        on(
            "GET",
            f"{zone}/diskTypes/([^/]+)",
            "compute.diskTypes.get",
            lambda request, _, name: found(DISK_TYPES, name),
        )
        on("GET", "/projects/([^/]+)/global/images", "", self._images)
        on("GET", "/projects/([^/]+)/global/images/(family/)?([^/]+)", "", self._image)
        for kind, scope in (("instances", zone), ("disks", zone), ("firewalls", f"{here}/(global)"), ("networks", f"{here}/(global)"),
                            ("subnetworks", f"{here}/regions/([^/]+)"), ("addresses", f"{here}/regions/([^/]+)")):  # fmt: skip
            on(
                "GET",
                f"{scope}/{kind}",
                f"compute.{kind}.list",
                lambda request, place, kind=kind: self._list(kind, request),
            )
            on(
                "GET",
                f"{scope}/{kind}/([^/]+)",
                f"compute.{kind}.get",
                lambda request, place, name, kind=kind: CloudAnswer(self._look(kind, place, name)),
            )
        for kind in ("instances", "disks"):
            on(
                "GET",
                f"{here}/aggregated/{kind}",
                f"compute.{kind}.list",
                lambda request, kind=kind: self._aggregated(kind, request),
            )
            on(
                "DELETE",
                rf"{zone}/{kind}/([^/]+)",
                f"compute.{kind}.delete",
                lambda request, place, name, kind=kind: self._delete(kind, place, name),
            )
        rules = "compute.firewalls.create compute.networks.updatePolicy"
        on("POST", f"{here}/global/firewalls", rules, self._make_rule)
        on(
            "PATCH",
            f"{here}/global/firewalls/([^/]+)",
            "compute.firewalls.update compute.networks.updatePolicy",
            self._change_rule,
        )
        on(
            "PUT",
            f"{here}/global/firewalls/([^/]+)",
            "compute.firewalls.update compute.networks.updatePolicy",
            self._change_rule,
        )
        on(
            "DELETE",
            f"{here}/global/firewalls/([^/]+)",
            "compute.firewalls.delete compute.networks.updatePolicy",
            lambda request, name: self._delete("firewalls", "global", name),
        )
        on("POST", f"{zone}/instances", CREATE, self._make_instance)
        on(
            "GET",
            f"{zone}/instances/([^/]+)/serialPort",
            "compute.instances.getSerialPortOutput",
            self._serial_port,
        )
        on(
            "GET",
            f"{zone}/instances/([^/]+)/getGuestAttributes",
            "compute.instances.getGuestAttributes",
            self._guest_attributes,
        )
        for verb in ("start", "stop", "resume", "setMetadata", "setTags"):
            on(
                "POST",
                f"{zone}/instances/([^/]+)/{verb}",
                f"compute.instances.{verb}",
                lambda request, place, name, verb=verb: self._act(request, place, name, verb),
            )
        on(
            "GET",
            f"{zone}/operations/([^/]+)",
            "compute.zoneOperations.get",
            lambda request, _, name: self._operation_now(name),
        )
        on(
            "GET",
            f"{here}/global/operations/([^/]+)",
            "compute.globalOperations.get",
            lambda request, name: self._operation_now(name),
        )

    # Reading

    def _zone(self, name: str) -> dict[str, Any]:
        if name not in ZONES:
            raise refused(404, "notFound", f"The resource 'projects/{PROJECT}/zones/{name}' was not found")
        return {"name": name, "status": "UP"}

    def _paged(self, entries, request, name="items") -> CloudAnswer:
        entries = list(entries)
        size, at = (
            min(int(request.query.get("maxResults", 500)), self.page),
            int(request.query.get("pageToken", 0)),
        )
        more = {"nextPageToken": str(at + size)} if at + size < len(entries) else {}
        return CloudAnswer({**({"items": entries[at : at + size]} if entries else {}), **more})

    def _images(self, request, project):
        wanted = re.compile(request.query.get("filter", "family eq .*").removeprefix("family eq "))
        fields = request.query.get("fields", "")
        chosen = [_image(one) for one in IMAGES if one[0] == project and wanted.fullmatch(one[2])]
        return self._paged(
            [{key: value for key, value in one.items() if not fields or key in fields} for one in chosen],
            request,
        )

    def _image(self, request, project, family, name):
        fitting = [_image(one) for one in IMAGES if one[0] == project and one[2 if family else 1] == name]
        return found(fitting[-1:], fitting[-1]["name"] if fitting else name)

    def _list(self, kind, request):
        return self._paged(self._filtered(self.things[kind].values(), request), request)

    def _filtered(self, entries, request) -> Iterator[dict[str, Any]]:
        label = re.fullmatch(r"labels\.([\w-]+):\*", request.query.get("filter", ""))
        return (one for one in list(entries) if not label or label[1] in one.get("labels", {}))

    def _aggregated(self, kind, request):
        for key in list(self.things[kind]):
            self._look(kind, *key.split("/"))
        page = self._paged(self._filtered(self.things[kind].values(), request), request).content
        scopes: dict[str, Any] = {
            f"zones/{zone}": {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "There are no results."}}
            for zone in ZONES
        }
        for one in page.pop("items", []):
            zone = one["zone"].rpartition("/")[2]
            scopes[f"zones/{zone}"] = {kind: [*scopes[f"zones/{zone}"].get(kind, []), one]}
        return CloudAnswer({**page, "items": scopes})

    def _key(self, place, name):
        return name if place == "global" else f"{place}/{name}"

    def _look(self, kind, place, name):
        key = self._key(place, name)
        if key not in self.things[kind]:
            scope = place if place == "global" else f"zones/{place}"
            raise refused(
                404, "notFound", f"The resource 'projects/{PROJECT}/{scope}/{kind}/{name}' was not found"
            )
        one = self.things[kind][key]
        if kind == "instances" and one["status"] in ("PROVISIONING", "STAGING"):
            self._pass_time()
        if kind == "instances" and one["status"] == "RUNNING":
            for nic in one["networkInterfaces"]:
                nic["networkIP"] = self.hosts.address(self._containers[key])
                for config in nic.get("accessConfigs", []):
                    config["natIP"] = nic["networkIP"]
        return one

    def _serial_port(self, request, place, name):
        self._look("instances", place, name)
        return CloudAnswer({"contents": self.console, "start": "0", "next": str(len(self.console))})

    def _guest_attributes(self, request, place, name):
        instance = self._look("instances", place, name)
        items = metadata_of(instance)
        config = cloud_config(items.get("user-data", "")).get("ssh_keys", {})
        if self.host_keys == "forbidden" or items.get("enable-guest-attributes") != "TRUE":
            raise refused(403, "forbidden", "Guest attributes are disabled")
        if self.host_keys == "silent" or instance["status"] != "RUNNING":
            raise refused(
                404, "notFound", "The resource 'hostkeys/' of type 'Guest Attribute' was not found."
            )
        key = config.get("ed25519_public", "") if self.host_keys == "told" else self.host_keys
        kind, blob = key.split()[:2]
        return CloudAnswer(
            {
                "queryPath": "hostkeys/",
                "queryValue": {"items": [{"namespace": "hostkeys", "key": kind, "value": blob}]},
            }
        )

    # Changing

    def _operation(self, kind, verb, key, effect=lambda: None, is_zonal=True) -> CloudAnswer:
        self._number += 1
        name, zone = f"operation-{self._number}", key.partition("/")[0]
        target = self.things[kind].get(key, {})
        self.operations[name] = {
            "kind": "compute#operation", "id": str(self._number), "name": name, "operationType": verb, "status": "RUNNING", "progress": 40,
            "targetId": target.get("id", "0"), "targetLink": target.get("selfLink", ""), **({"zone": self.link(f"zones/{zone}")} if is_zonal else {}),
        }  # fmt: skip
        self.effects[name] = effect
        return CloudAnswer(dict(self.operations[name]))

    def _operation_now(self, name) -> CloudAnswer:
        """The first look at an operation ends it."""
        operation = self.operations[name]
        if operation["status"] != "DONE" and not self.is_stuck:
            operation |= {"status": "DONE", "progress": 100}
            failed = self.effects.pop(name)()
            if failed:
                operation["error"] = {"errors": [{"code": failed[0], "message": failed[1]}]}
        return CloudAnswer(operation)

    def _pass_time(self) -> None:
        """End all operations, which nobody has to ask for."""
        for name in list(self.effects):
            self._operation_now(name)

    def _make_rule(self, request):
        key = request.body["name"]
        self._check_free("firewalls", key)
        for one in request.body.get("sourceRanges", []):
            assert re.fullmatch(r"[\d.]+/\d+", one), "one rule takes IPv4 or IPv6, not both"
        self.add("firewalls", key, **{name: value for name, value in request.body.items() if name != "name"})
        return self._operation("firewalls", "insert", key, is_zonal=False)

    def _change_rule(self, request, name):
        self._look("firewalls", "global", name).update(request.body)
        return self._operation("firewalls", "patch", name, is_zonal=False)

    def _check_free(self, kind, key):
        if key in self.things[kind]:
            raise refused(
                409, "alreadyExists", f"The resource 'projects/{PROJECT}/{kind}/{key}' already exists"
            )

    def _make_instance(self, request, zone):
        body, key = request.body, f"{zone}/{request.body['name']}"
        self._check_free("instances", key)
        kind = body["machineType"].rpartition("/")[2]
        if kind not in [one[0] for one in TYPES] or not re.search(r"projects/.+/zones/", body["machineType"]):
            raise refused(
                400, "invalid", f"Invalid value for field 'resource.machineType': '{body['machineType']}'."
            )
        disks = [self._attached(zone, one) for one in body["disks"]]
        metadata = {"fingerprint": "a1", **body.get("metadata", {})}
        content = {name: value for name, value in body.items() if name not in ("name", "metadata", "tags")}
        self.add(
            "instances",
            key,
            **content,
            status="PROVISIONING",
            metadata=metadata,
            tags={"fingerprint": "b1", **body.get("tags", {})},
            disk_keys=disks,
        )
        self.bill.begin("instance", key)
        return self._operation("instances", "insert", key, lambda: self._boot(key))

    def _attached(self, zone, disk) -> str:
        """Make a disk unless it is there; return its key."""
        if "source" in disk:
            name = disk["source"].rpartition("/")[2]
            self._look("disks", zone, name)
            return f"{zone}/{name}"
        parameters = disk["initializeParams"]
        key = f"{zone}/{parameters['diskName']}"
        self._check_free("disks", key)
        image = parameters.get("sourceImage", "")
        known = any(image.endswith(f"projects/{one[0]}/global/images/{one[1]}") for one in IMAGES)
        if disk.get("boot") and not known:
            raise refused(400, "invalid", f"Invalid value for field 'sourceImage': '{image}'.")
        size, labels = parameters.get("diskSizeGb", "10"), parameters.get("labels", {})
        self.add("disks", key, sizeGb=size, labels=labels, status="READY")
        self.bill.begin("disk", key)
        return key

    def _boot(self, key):
        if self.failure:
            self._vanish(key)
            return self.failure
        instance = self.things["instances"][key]
        items = metadata_of(instance)
        keys = [line.partition(":")[2] for line in items.get("ssh-keys", "").splitlines()]
        self._containers[key] = self.hosts.create(instance["name"], keys, items.get("user-data", ""))
        instance["status"] = "RUNNING"
        return None

    def _vanish(self, key):
        instance = self.things["instances"].pop(key, None)
        if instance is None:
            return
        if key in self._containers:
            self.hosts.remove(self._containers.pop(key))
        self.bill.end("instance", key)
        for disk, name in zip(instance["disks"], instance["disk_keys"], strict=True):
            if disk.get("autoDelete"):
                self.things["disks"].pop(name, None)
                self.bill.end("disk", name)

    def _delete(self, kind, place, name):
        one, key = self._look(kind, place, name), self._key(place, name)
        if kind == "instances":
            one["status"] = "STOPPING"
            return self._operation(kind, "delete", key, lambda: self._vanish(key))
        if kind == "disks" and any(key in each["disk_keys"] for each in self.things["instances"].values()):
            raise refused(
                400, "resourceInUseByAnotherResource", f"The disk resource '{key}' is already being used"
            )

        def gone():
            self.things[kind].pop(key, None)
            self.bill.end("disk", key)

        return self._operation(kind, "delete", key, gone, is_zonal=kind != "firewalls")

    def _act(self, request, zone, name, verb):
        instance, key = self._look("instances", zone, name), f"{zone}/{name}"
        if verb in ("setMetadata", "setTags"):
            field = "metadata" if verb == "setMetadata" else "tags"
            if request.body["fingerprint"] != instance[field]["fingerprint"]:
                raise refused(
                    412,
                    "conditionNotMet",
                    "Supplied fingerprint does not match current metadata fingerprint.",
                )
            instance[field] = {**request.body, "fingerprint": f"{instance[field]['fingerprint']}x"}
            return self._operation("instances", verb, key)
        if verb == "stop":
            instance["status"] = "STOPPING"
            return self._operation("instances", verb, key, lambda: self._stopped(instance, key))
        instance["status"] = "STAGING"
        return self._operation("instances", verb, key, lambda: self._started(instance, key))

    def _stopped(self, instance, key):
        self.hosts.stop(self._containers[key])
        instance["status"] = "TERMINATED"
        for nic in instance["networkInterfaces"]:
            for config in nic.get("accessConfigs", []):
                config.pop("natIP", None)

    def _started(self, instance, key):
        self.hosts.start(self._containers[key])
        instance["status"] = "RUNNING"

    # What tests look at

    @property
    def left(self) -> list[str]:
        """What there is beside what was there at the beginning, after all operations have ended."""
        self._pass_time()
        return [f"{kind}:{one['name']}" for kind in MADE for one in self.things[kind].values()]

    def instance(self, name="web") -> dict[str, Any]:
        return next(one for one in self.things["instances"].values() if one["name"] == name)


MADE = ("instances", "disks", "firewalls")
DISK_TYPES = [
    {"name": name, "validDiskSize": "10GB-65536GB"} for name in ("pd-standard", "pd-balanced", "pd-ssd")
]


def metadata_of(instance: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["value"] for one in instance["metadata"].get("items", [])}


def found(entries, name) -> CloudAnswer:
    for one in entries:
        if one["name"] == name:
            return CloudAnswer(one)
    raise refused(404, "notFound", f"The resource '{name}' was not found")


def _type(one) -> dict[str, Any]:
    name, cpus, megabytes, architecture, state = one
    more = {
        **({"architecture": architecture} if architecture else {}),
        **({"deprecated": {"state": state}} if state else {}),
    }
    return {"name": name, "guestCpus": cpus, "memoryMb": megabytes, **more}


def _image(one) -> dict[str, Any]:
    _, name, family, architecture, created, state = one
    more = {"deprecated": {"state": state}} if state else {}
    return {
        "name": name,
        "family": family,
        "architecture": architecture,
        "creationTimestamp": f"{created}T00:00:00.000-07:00",
        "diskSizeGb": "10",
        **more,
    }


def refused(status: int, reason: str, message: str, **headers: str) -> RouteError:
    error = {
        "code": status,
        "message": message,
        "errors": [{"message": message, "domain": "global", "reason": reason}],
    }
    return RouteError(CloudAnswer({"error": error}, status, headers))
