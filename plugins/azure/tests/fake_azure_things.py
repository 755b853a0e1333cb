"""What there is in a fake subscription of Azure, and how it is read; subnets and rules, which are parts of other things."""

import re
from typing import Any

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest
from machsh.testing.fake_cloud.instances import Instances, NoHosts
from plugins.azure.tests.fake_azure_shop import SUBSCRIPTION, FakeAzureShop, refused

TYPES = {
    "microsoft.compute/virtualmachines": "virtualMachines",
    "microsoft.compute/availabilitysets": "availabilitySets",
    "microsoft.compute/disks": "disks",
    "microsoft.network/networkinterfaces": "networkInterfaces",
    "microsoft.network/publicipaddresses": "publicIPAddresses",
    "microsoft.network/networksecuritygroups": "networkSecurityGroups",
    "microsoft.network/virtualnetworks": "virtualNetworks",
}
PAGE = 40


class FakeAzureThings(FakeAzureShop):
    """Things are dicts in the API's own form, by their path in small letters."""

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


def child(path: str, name: str, body: Any) -> dict[str, Any]:
    return {
        "id": path,
        "name": name,
        "properties": {**body.get("properties", {}), "provisioningState": "Succeeded"},
    }
