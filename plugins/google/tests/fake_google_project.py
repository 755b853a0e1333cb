"""A project of Compute Engine on loopback, by its documentation: its catalogue, what there is in it, and logins."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

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
    ("t2a-standard-2", 2, 8192, "ARM64", ""),
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


class FakeGoogleProject(FakeCloud):
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


def type_of(one) -> dict[str, Any]:
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
