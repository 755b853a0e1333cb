"""What is the same for all requests of Azure's API, and its catalogue: sizes, images, locations."""

import re
from datetime import UTC, datetime
from typing import Any

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest, FakeCloud, RouteError

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
    ("Standard_D4s_v5", 4, "16", "x64", "V1,V2", False),
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


class FakeAzureShop(FakeCloud):
    """The catalogue of one subscription."""

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

    def declare_shop(self, base: str, shop: str) -> None:
        """Add the catalogue's routes."""
        offers = rf"{base}{shop}/locations/(\w+)/publishers/([^/]+)/artifacttypes/vmimage/offers"
        self.route("GET", f"{base}/locations", lambda request: CloudAnswer({"value": [{"name": name, "displayName": shown} for name, shown in LOCATIONS.items()]}))  # fmt: skip
        self.route("GET", f"{base}{shop}/skus", self._skus)
        self.route("GET", offers, lambda request, place, publisher: listed(OFFERS.get(publisher.lower(), {})))
        self.route("GET", rf"{offers}/([^/]+)/skus", self._offered)
        self.route("GET", rf"{offers}/([^/]+)/skus/([^/]+)/versions", self._versions)

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


def listed(names: Any) -> CloudAnswer:
    """A list without a frame, as the shop of images answers."""
    return CloudAnswer([{"name": one, "location": "westus"} for one in names])


def refused(status: int, code: str, message: str, **headers: str) -> RouteError:
    return RouteError(CloudAnswer({"error": {"code": code, "message": message}}, status, headers))
