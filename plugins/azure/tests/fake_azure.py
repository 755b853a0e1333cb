"""Azure's management API on loopback, by its documentation: what the driver uses of it, and what a test looks at."""

import base64
import re
from datetime import UTC, datetime
from typing import Any

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest, FakeCloud, RouteError
from machsh.testing.fake_cloud.instances import Instances, NoHosts

SUBSCRIPTION, TENANT = "11111111-2222-3333-4444-555555555555", "99999999-8888-7777-6666-555555555555"
LOCATIONS = {"westus": "West US", "westeurope": "West Europe"}
SIZES = (
    # name, CPUs, memory, architecture, generations, restricted
    ("Standard_B1ls", 1, "0.5", "x64", "V1,V2", False),
    ("Standard_B2als_v2", 2, "4", "x64", "V1,V2", True),
    ("Standard_B2ls_v2", 2, "4", "x64", "V1,V2", False),
    ("Standard_B2s", 2, "4", "x64", "V1,V2", False),
    ("Standard_B2pls_v2", 2, "4", "Arm64", "V2", False),
    ("Standard_D2s_v5", 2, "8", "x64", "V1,V2", False),
    ("Standard_A1_v2", 1, "2", "x64", "V1", False),
)
OFFERS = {
    "canonical": {
        "ubuntu-24_04-lts": ("minimal", "server", "server-arm64", "server-gen1"),
        "ubuntu-26_04-lts": ("minimal",),
        "ubuntu-25_10": ("server",),
        "0001-com-ubuntu-server-jammy": ("22_04-lts-gen2",),
    },
    "debian": {"debian-12": ("12", "12-gen2", "12-arm64"), "debian-13-daily": ("13-gen2",)},
}
VERSION = "24.04.202611010"
TYPES = {
    "microsoft.compute/virtualmachines": "virtualMachines",
    "microsoft.compute/availabilitysets": "availabilitySets",
    "microsoft.compute/disks": "disks",
    "microsoft.network/networkinterfaces": "networkInterfaces",
    "microsoft.network/publicipaddresses": "publicIPAddresses",
    "microsoft.network/networksecuritygroups": "networkSecurityGroups",
    "microsoft.network/virtualnetworks": "virtualNetworks",
}
BILLED = {"disks": "disk", "publicIPAddresses": "address"}
PAGE = 40
PATH = r"/subscriptions/([^/]+)/resource[gG]roups/([^/]+)/providers/([^/]+/[^/]+)/([^/]+)"


class FakeAzure(FakeCloud):
    """One subscription. Things are dicts in the API's own form, by their path in small letters."""

    def __init__(self, hosts: Instances | None = None) -> None:
        super().__init__()
        self.hosts = hosts or NoHosts()
        self.things: dict[str, dict[str, Any]] = {}
        self.power: dict[str, str] = {}
        self.operations: dict[str, dict[str, Any]] = {}
        self.custom_data: dict[str, str] = {}
        self.subscriptions = [{"subscriptionId": SUBSCRIPTION, "displayName": "Trial", "state": "Enabled"}]
        self.is_stuck = False
        """Whether new machines stay `Creating`."""
        self.failure: dict[str, str] | None = None
        """The error with which the making of machines fails after it was accepted."""
        self._containers: dict[str, str] = {}
        self._declare()

    # What is the same for all requests

    def answer(self, request: CloudRequest, authorization: str) -> CloudAnswer | None:
        if (
            request.path == "/msi/token"
        ):  # a managed identity, as App Service has it: without a token, with a secret
            ends = int(datetime.now(UTC).timestamp()) + 3600
            return CloudAnswer({"access_token": self.token, "expires_on": str(ends), "resource": request.query["resource"], "token_type": "Bearer"})  # fmt: skip
        if "api-version" not in request.query:
            return refused(
                400, "MissingApiVersionParameter", "The api-version query parameter is required"
            ).answer
        return super().answer(request, authorization)

    def unauthorized(self) -> CloudAnswer:
        where = f'Bearer authorization_uri="https://login.windows.net/{TENANT}", error="invalid_token"'
        error = refused(401, "InvalidAuthenticationToken", "The access token is invalid.").answer
        return CloudAnswer(error.content, 401, {"WWW-Authenticate": where})

    def not_found(self) -> CloudAnswer:
        return refused(404, "ResourceNotFound", "The resource was not found.").answer

    def _declare(self) -> None:
        base, shop = f"/subscriptions/{SUBSCRIPTION}", r"/providers/Microsoft\.Compute"
        group = rf"{base}/resource[gG]roups/([^/]+)"
        offers = rf"{base}{shop}/locations/(\w+)/publishers/([^/]+)/artifacttypes/vmimage/offers"
        self.route("GET", "/subscriptions", lambda request: CloudAnswer({"value": self.subscriptions}))
        self.route("GET", f"{base}/locations", lambda request: CloudAnswer({"value": [{"name": name, "displayName": shown} for name, shown in LOCATIONS.items()]}))  # fmt: skip
        self.route("GET", f"{base}{shop}/skus", self._skus)
        self.route("GET", offers, lambda request, place, publisher: listed(OFFERS.get(publisher.lower(), {})))
        self.route("GET", rf"{offers}/([^/]+)/skus", self._offered)
        self.route("GET", rf"{offers}/([^/]+)/skus/([^/]+)/versions", self._versions)
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

    # The catalogue

    def _skus(self, request: CloudRequest) -> CloudAnswer:
        match = re.fullmatch(r"location eq '(\w+)'", request.query.get("$filter", ""))
        where = match[1] if match else ""
        limit = [{"type": "Location", "values": [where], "reasonCode": "NotAvailableForSubscription"}]
        entries = [
            {
                "resourceType": "virtualMachines", "name": name, "locations": [where], "restrictions": limit if is_limited else [],
                "capabilities": [{"name": key, "value": str(value)} for key, value in (("vCPUs", cpus), ("MemoryGB", memory), ("CpuArchitectureType", kind), ("HyperVGenerations", generations))],
            }
            for name, cpus, memory, kind, generations, is_limited in SIZES
        ]  # fmt: skip
        entries.append(
            {"resourceType": "disks", "name": "Standard_LRS", "locations": [where], "restrictions": []}
        )
        return CloudAnswer({"value": entries if where in LOCATIONS else []})

    def _offered(self, request, place, publisher, offer) -> CloudAnswer:
        skus = OFFERS.get(publisher.lower(), {}).get(offer)
        if skus is None:
            raise refused(404, "NotFound", f"Artifact: VMImage was not found: {offer}")
        return listed(skus)

    def _versions(self, request, place, publisher, offer, sku) -> CloudAnswer:
        return listed([VERSION] if sku in OFFERS.get(publisher.lower(), {}).get(offer, ()) else [])

    # Reading

    def _of(self, kind: str) -> list[dict[str, Any]]:
        if kind == "resourcegroups":
            return [one for path, one in self.things.items() if path.count("/") == 4]
        return [one for path, one in self.things.items() if path.split("/")[-2] == kind.lower()]

    def _found(self, path: str) -> dict[str, Any]:
        if path.lower() not in self.things:
            group = "/".join(path.split("/")[:5])
            if group.lower() not in self.things:
                raise refused(
                    404,
                    "ResourceGroupNotFound",
                    f"Resource group '{group.split('/')[4]}' could not be found.",
                )
            raise refused(
                404, "ResourceNotFound", f"The Resource '{path.partition('/providers/')[2]}' was not found."
            )
        return self.things[path.lower()]

    def _look(self, path: str) -> dict[str, Any]:
        """Each look at a thing brings it forward, as time does."""
        one, kind = self._found(path), path.split("/")[-2]
        properties = one["properties"]
        if properties.get("provisioningState") in ("Creating", "Updating"):
            is_machine = kind == "virtualMachines"
            if is_machine and self.failure:
                properties["provisioningState"] = "Failed"
            elif not (is_machine and self.is_stuck):
                properties["provisioningState"] = "Succeeded"
        if kind == "availabilitySets":
            properties["virtualMachines"] = [{"id": two["id"]} for two in self._of("virtualMachines") if two["properties"].get("availabilitySet", {}).get("id") == one["id"]]  # fmt: skip
        for subnet in properties.get("subnets", []):
            used = [
                two["id"]
                for two in self._of("networkInterfaces")
                if self._subnet_of(two) == subnet["id"].lower()
            ]
            subnet["properties"]["ipConfigurations"] = [{"id": f"{two}/ipConfigurations/ip"} for two in used]
        if kind == "publicIPAddresses":
            properties["ipAddress"] = self._address_of(one)
        return one

    def _get(self, request: CloudRequest, *words: str) -> CloudAnswer:
        found = self._look(request.path)
        if request.query.get("$expand") == "instanceView":
            found = {**found, "properties": {**found["properties"], "instanceView": self._view_of(found)}}
        return CloudAnswer(found)

    def _subnet_of(self, interface: dict[str, Any]) -> str:
        return interface["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"].lower()

    def _address_of(self, address: dict[str, Any]) -> str:
        for machine in self._of("virtualMachines"):
            (interface,) = machine["properties"]["networkProfile"]["networkInterfaces"]
            (one,) = self.things[interface["id"].lower()]["properties"]["ipConfigurations"]
            if one["properties"].get("publicIPAddress", {}).get("id") == address["id"]:
                return self.hosts.address(self._containers[machine["id"].lower()])
        return "203.0.113.9"

    def _paged(self, entries: list[dict[str, Any]], request: CloudRequest) -> CloudAnswer:
        begin = int(request.query.get("$skiptoken", 0))
        content: dict[str, Any] = {"value": entries[begin : begin + PAGE]}
        if begin + PAGE < len(entries):
            words = {**request.query, "$skiptoken": str(begin + PAGE)}
            content["nextLink"] = f"{self.url}{request.path}?" + "&".join(
                f"{key}={value}" for key, value in words.items()
            )
        return CloudAnswer(content)

    def _tagged(self, request: CloudRequest) -> CloudAnswer:
        match = re.fullmatch(r"tagName eq '([\w-]+)'", request.query.get("$filter", ""))
        if match is None:
            raise refused(400, "InvalidFilterInQueryString", "Invalid filter")
        entries = [self._short(one) for one in self.things.values() if match[1] in (one.get("tags") or {}) and "/providers/" in one["id"]]  # fmt: skip
        return self._paged(entries, request)

    def _short(self, one: dict[str, Any]) -> dict[str, Any]:
        return {
            key: one[key] for key in ("id", "name", "type", "location", "tags", "createdTime") if key in one
        }

    def _in_group(self, request: CloudRequest, group: str) -> CloudAnswer:
        begin = request.path.lower().removesuffix("/resources") + "/providers/"
        return self._paged(
            [self._short(one) for path, one in self.things.items() if path.startswith(begin)], request
        )

    def _machines(self, request: CloudRequest) -> CloudAnswer:
        entries = []
        for one in self._of("virtualMachines"):
            look = self._look(one["id"])
            view = (
                {"properties": {"instanceView": self._view_of(look)}}
                if request.query.get("statusOnly") == "true"
                else {}
            )
            entries.append({**self._short(look), **view})
        return self._paged(entries, request)

    def _addresses(self, request: CloudRequest) -> CloudAnswer:
        return self._paged([self._look(one["id"]) for one in self._of("publicIPAddresses")], request)

    def _view(self, request: CloudRequest) -> CloudAnswer:
        return CloudAnswer(self._view_of(self._look(request.path.removesuffix("/instanceView"))))

    def _view_of(self, machine: dict[str, Any]) -> dict[str, Any]:
        codes = [f"ProvisioningState/{machine['properties']['provisioningState'].lower()}"]
        power = self.power[machine["id"].lower()]
        if machine["properties"]["provisioningState"] == "Succeeded":
            codes.append(f"PowerState/{power}")
        return {
            "computerName": machine["name"],
            "statuses": [{"code": one, "level": "Info"} for one in codes],
        }

    # Groups, subnets and rules

    def _get_group(self, request: CloudRequest, group: str) -> CloudAnswer:
        return CloudAnswer(self._found(request.path))

    def _put_group(self, request: CloudRequest, group: str) -> CloudAnswer:
        is_new = request.path.lower() not in self.things
        made = {
            "id": request.path,
            "name": group,
            "type": "Microsoft.Resources/resourceGroups",
            **request.body,
        }
        self.things[request.path.lower()] = {**made, "properties": {"provisioningState": "Succeeded"}}
        return CloudAnswer(made, 201 if is_new else 200)

    def _delete_group(self, request: CloudRequest, group: str) -> CloudAnswer:
        self._found(request.path)
        within = [path for path in self.things if path.startswith(f"{request.path.lower()}/")]
        for path in [*within, request.path.lower()]:
            self._vanish(path)
        return CloudAnswer({}, 202, {"Location": self._begin("DELETE", request.path)})

    def _children(self, path: str) -> tuple[list[dict[str, Any]], str]:
        parent, kind, name = path.rsplit("/", 2)
        return self._look(parent)["properties"].setdefault(kind, []), name

    def _get_child(self, request: CloudRequest, *words: str) -> CloudAnswer:
        children, name = self._children(request.path)
        found = next((one for one in children if one["name"] == name), None)
        if found is None:
            raise refused(404, "NotFound", f"Resource {request.path} not found.")
        return CloudAnswer(found)

    def _put_child(self, request: CloudRequest, *words: str) -> CloudAnswer:
        children, name = self._children(request.path)
        made = child(request.path, name, request.body)
        children[:] = [*(one for one in children if one["name"] != name), made]
        return CloudAnswer(made, 201, {"Azure-AsyncOperation": self._begin("PUT", request.path)})

    def _delete_child(self, request: CloudRequest, *words: str) -> CloudAnswer:
        children, name = self._children(request.path)
        found = next((one for one in children if one["name"] == name), None)
        if found is None:
            return CloudAnswer(status=204)
        if found["properties"].get("ipConfigurations"):
            raise refused(
                400, "InUseSubnetCannotBeDeleted", f"Subnet {name} is in use and cannot be deleted."
            )
        children.remove(found)
        return CloudAnswer({}, 202, {"Azure-AsyncOperation": self._begin("DELETE", request.path)})

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


def child(path: str, name: str, body: Any) -> dict[str, Any]:
    return {
        "id": path,
        "name": name,
        "properties": {**body.get("properties", {}), "provisioningState": "Succeeded"},
    }


def listed(names: Any) -> CloudAnswer:
    """A list without a frame, as the shop of images answers."""
    return CloudAnswer([{"name": one, "location": "westus"} for one in names])


def refused(status: int, code: str, message: str, **headers: str) -> RouteError:
    return RouteError(CloudAnswer({"error": {"code": code, "message": message}}, status, headers))
