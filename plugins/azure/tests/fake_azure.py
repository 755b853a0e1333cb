"""Azure's management API on loopback, by its documentation: what the driver uses of it, and what a test looks at."""

import base64
import re
from datetime import UTC, datetime
from typing import Any

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest
from machsh.testing.fake_cloud.instances import Instances
from plugins.azure.tests.fake_azure_shop import SIZES, SUBSCRIPTION, refused
from plugins.azure.tests.fake_azure_things import TYPES, FakeAzureThings, child

BILLED = {"disks": "disk", "publicIPAddresses": "address"}
PATH = r"/subscriptions/([^/]+)/resource[gG]roups/([^/]+)/providers/([^/]+/[^/]+)/([^/]+)"


class FakeAzure(FakeAzureThings):
    """One subscription, in which things are made, moved and removed."""

    def __init__(self, hosts: Instances | None = None) -> None:
        super().__init__(hosts)
        self._declare()

    def _declare(self) -> None:
        base, shop = f"/subscriptions/{SUBSCRIPTION}", r"/providers/Microsoft\.Compute"
        group = rf"{base}/resource[gG]roups/([^/]+)"
        self.declare_shop(base, shop)
        self.route("GET", "/subscriptions", lambda request: CloudAnswer({"value": self.subscriptions}))
        self.route("GET", f"{base}/resources", lambda request: self._tagged(request))
        self.route(
            "GET", f"{base}/resourcegroups", lambda request: self._paged(self._of("resourcegroups"), request)
        )
        self.route("GET", f"{base}{shop}/virtualMachines", self._machines)
        self.route("GET", rf"{base}/providers/Microsoft\.Network/publicIPAddresses", self._addresses)
        self.route("GET", rf"{base}/operations/(\w+)", self._operation)
        self.route("GET", rf"{group}/resources", self._in_group)
        for method, call in (
            ("GET", self._get_group),
            ("PUT", self._put_group),
            ("DELETE", self._delete_group),
        ):
            self.route(method, group, call)
        self.route("GET", PATH, self._get)
        self.route("PUT", PATH, self._put)
        self.route("DELETE", PATH, self._delete)
        self.route("GET", rf"{PATH}/instanceView", lambda request, *words: self._view(request))
        self.route("POST", rf"{PATH}/(start|restart|powerOff|deallocate)", self._act)
        for method, call in (
            ("GET", self._get_child),
            ("PUT", self._put_child),
            ("DELETE", self._delete_child),
        ):
            self.route(method, rf"{PATH}/(subnets|securityRules)/([^/]+)", call)

    # Making

    def _put(self, request: CloudRequest, subscription: str, group: str, kind: str, name: str) -> CloudAnswer:
        path = request.path
        self._found("/".join(path.split("/")[:5]))
        if kind.lower() not in TYPES or "location" not in request.body:
            raise refused(400, "InvalidResourceType", f"The resource type {kind} could not be found.")
        is_new = path.lower() not in self.things
        made = {
            **request.body, "id": path, "name": name, "type": kind, "createdTime": datetime.now(UTC).isoformat(),
            "properties": {**request.body.get("properties", {}), "provisioningState": "Creating"},
        }  # fmt: skip
        for subnet in made["properties"].get("subnets", []):
            subnet.update(child(f"{path}/subnets/{subnet['name']}", subnet["name"], subnet))
        short = TYPES[kind.lower()]
        if short == "virtualMachines" and is_new:
            self._boot(made)
        self.things[path.lower()] = made
        if short in BILLED and is_new:
            self.bill.begin(BILLED[short], path.lower())
        if short == "networkInterfaces":
            self._connect(made)
        if short == "availabilitySets":  # there at once, without an operation
            del made["properties"]["provisioningState"]
            return CloudAnswer(made)
        return CloudAnswer(made, 201 if is_new else 200, {"Azure-AsyncOperation": self._begin("PUT", path)})

    def _connect(self, interface: dict[str, Any]) -> None:
        (one,) = interface["properties"]["ipConfigurations"]
        one["properties"].setdefault("privateIPAddress", "192.168.0.4")
        self._children(one["properties"]["subnet"]["id"])
        for reference in (
            interface["properties"]["networkSecurityGroup"],
            one["properties"].get("publicIPAddress"),
        ):
            if reference:
                self._found(reference["id"])

    def _boot(self, machine: dict[str, Any]) -> None:
        system, storage = machine["properties"]["osProfile"], machine["properties"]["storageProfile"]
        if machine["properties"]["hardwareProfile"]["vmSize"] not in {one[0] for one in SIZES}:
            raise refused(400, "InvalidParameter", "The value of parameter vmSize is invalid.")
        if system["adminUsername"] in ("root", "admin"):
            raise refused(409, "InvalidParameter", "The Admin Username specified is not allowed.")
        (interface,) = machine["properties"]["networkProfile"]["networkInterfaces"]
        self._found(interface["id"])
        keys = [one["keyData"] for one in system["linuxConfiguration"]["ssh"]["publicKeys"]]
        path = machine["id"].lower()
        data = base64.b64decode(system.get("customData", "")).decode()
        self.custom_data[machine["name"]] = data
        self._containers[path] = self.hosts.create(system["computerName"], keys, data)
        self.power[path] = "running"
        self.bill.begin("VM", path)
        if "vhd" in storage["osDisk"]:
            return  # a blob, which docker-machine has for a disk
        disk = f"{machine['id'].partition('/providers/')[0]}/providers/Microsoft.Compute/disks/{storage['osDisk']['name']}"
        self.things[disk.lower()] = {
            "id": disk, "name": storage["osDisk"]["name"], "type": "Microsoft.Compute/disks", "location": machine["location"],
            "managedBy": machine["id"], "properties": {"provisioningState": "Succeeded", "diskState": "Attached"},
        }  # fmt: skip
        self.bill.begin("disk", disk.lower())

    # Operations

    def _begin(self, method: str, path: str) -> str:
        number = f"{len(self.operations):08x}"
        is_failing = method == "PUT" and self.failure and "/virtualmachines/" in path.lower()
        self.operations[number] = {"name": number, "status": "InProgress", "failing": bool(is_failing)}
        return f"{self.url}/subscriptions/{SUBSCRIPTION}/operations/{number}?api-version=2024-07-01"

    def _operation(self, request: CloudRequest, number: str) -> CloudAnswer:
        """The second look at an operation finds its end."""
        one = self.operations[number]
        told, one["status"] = one["status"], "Failed" if one["failing"] else "Succeeded"
        if one["failing"]:
            return CloudAnswer({"name": number, "status": "Failed", "error": self.failure})
        return CloudAnswer({"name": number, "status": told})

    def _act(
        self, request: CloudRequest, subscription: str, group: str, kind: str, name: str, action: str
    ) -> CloudAnswer:
        path = request.path.rsplit("/", 1)[0].lower()
        self._found(path)
        container = self._containers[path]
        if action in ("powerOff", "deallocate", "restart"):
            self.hosts.stop(container, is_graceful=request.query.get("skipShutdown") != "true")
        if action in ("start", "restart"):
            self.hosts.start(container)
        self.power[path] = {"powerOff": "stopped", "deallocate": "deallocated"}.get(action, "running")
        (self.bill.end if action == "deallocate" else self.bill.begin)("VM", path)
        return CloudAnswer({}, 202, {"Azure-AsyncOperation": self._begin("POST", path)})

    def _delete(
        self, request: CloudRequest, subscription: str, group: str, kind: str, name: str
    ) -> CloudAnswer:
        path = request.path.lower()
        if path not in self.things:
            return CloudAnswer(status=204)
        self._check_free(path, kind.rpartition("/")[2])
        if kind.endswith("virtualMachines"):
            disk = self._found(path)["properties"]["storageProfile"]["osDisk"]
            if disk.get("deleteOption") == "Delete":
                self._vanish(
                    f"{path.partition('/providers/')[0]}/providers/microsoft.compute/disks/{disk['name'].lower()}"
                )
        self._vanish(path)
        if kind.endswith("availabilitySets"):
            return CloudAnswer({}, 200)
        return CloudAnswer({}, 202, {"Azure-AsyncOperation": self._begin("DELETE", path)})

    def _check_free(self, path: str, kind: str) -> None:
        one = self._look(self.things[path]["id"])
        users = {
            "networkInterfaces": [two["id"] for two in self._of("virtualMachines") if path in {a["id"].lower() for a in two["properties"]["networkProfile"]["networkInterfaces"]}],
            "publicIPAddresses": [two["id"] for two in self._of("networkInterfaces") if path in str(two).lower()],
            "networkSecurityGroups": [two["id"] for two in self._of("networkInterfaces") if path in str(two).lower()],
            "virtualNetworks": [two for subnet in one["properties"].get("subnets", []) for two in subnet["properties"].get("ipConfigurations", [])],
            "availabilitySets": one["properties"].get("virtualMachines", []),
        }.get(kind)  # fmt: skip
        if users:
            raise refused(
                400, f"InUse{kind}CannotBeDeleted", f"{path} is in use by {users[0]} and cannot be deleted."
            )

    def _vanish(self, path: str) -> None:
        gone = self.things.pop(path, None)
        if path in self._containers:
            self.hosts.remove(self._containers.pop(path))
            self.power.pop(path)
            self.bill.end("VM", path)
        if gone and path.split("/")[-2] in ("disks", "publicipaddresses"):
            self.bill.end({"disks": "disk"}.get(path.split("/")[-2], "address"), path)

    # What tests do and look at

    def add(self, kind: str, name: str, group: str = "docker-machine", **more: Any) -> dict[str, Any]:
        """Something that the user brought."""
        base = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
        self.things.setdefault(
            base.lower(), {"id": base, "name": group, "location": "westus", "properties": {}}
        )
        if kind == "resourceGroups":
            return self.things[base.lower()]
        full = next(key for key, short in TYPES.items() if short == kind)
        path = f"{base}/providers/{'Microsoft.Compute' if 'compute' in full else 'Microsoft.Network'}/{kind}/{name}"
        properties = {"provisioningState": "Succeeded", **more}
        self.things[path.lower()] = {
            "id": path,
            "name": name,
            "type": full,
            "location": "westus",
            "properties": properties,
        }
        return self.things[path.lower()]

    def named(self, kind: str, name: str = "") -> dict[str, Any]:
        """The thing of a kind, for a test to look at."""
        return next(one for one in self._of(kind) if name in ("", one["name"]))

    @property
    def left(self) -> list[str]:
        """What there is, by kind and name; disks without their random end."""
        return sorted(
            f"{path.split('/')[-2]}:{re.sub('-disk-.*', '-disk', one['name'])}"
            for path, one in self.things.items()
        )
