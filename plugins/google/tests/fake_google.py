"""Compute Engine's REST API on loopback, by its documentation: what the driver uses, and what tests look at."""

import re
from typing import Any
from urllib.parse import unquote

from machsh.testing.fake_cloud.cloud_server import CloudAnswer
from machsh.testing.fake_cloud.instances import Instances
from plugins.google.tests.fake_google_project import (
    DISK_TYPES,
    IMAGES,
    PROJECT,
    TYPES,
    ZONES,
    FakeGoogleProject,
    found,
    metadata_of,
    refused,
    type_of,
)

CREATE = (
    "compute.instances.create compute.instances.setLabels compute.instances.setMetadata compute.instances.setTags "
    "compute.instances.setServiceAccount compute.disks.create compute.disks.setLabels compute.subnetworks.use "
    "compute.subnetworks.useExternalIp iam.serviceAccounts.actAs"
)
"""What Google's documentation asks for, to make an instance with labels, metadata, tags, disk and address."""
MADE = ("instances", "disks", "firewalls")


class FakeGoogle(FakeGoogleProject):
    """One project, in which things are made, moved and removed, each by an operation."""

    def __init__(self, hosts: Instances | None = None) -> None:
        super().__init__(hosts)
        self._declare()

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
            lambda request, _: self._paged(map(type_of, TYPES), request),
        )
        on(
            "GET",
            f"{zone}/machineTypes/([^/]+)",
            "compute.machineTypes.get",
            lambda request, _, name: found(map(type_of, TYPES), name),
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
