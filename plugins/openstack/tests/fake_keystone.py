"""Keystone on loopback: logins, the catalog of services, and the things of the one project that services share."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from machsh.testing.fake_cloud.cloud_server import CloudAnswer, CloudRequest, FakeCloud, RouteError
from machsh.testing.fake_cloud.instances import Instances, NoHosts

USER, PASSWORD, PROJECT, REGION = "demo", "fake-password", "lab", "RegionOne"
SECRET = "fake-secret"
"""Of the application credential `app-1`."""
SERVICES = (
    # type, path; Cinder's has the project's ID
    ("identity", "/identity"),
    ("compute", "/compute/v2.1"),
    ("network", "/networking"),
    ("image", "/image"),
    ("block-storage", "/volume/v3/{project}"),
)
MADE = ("servers", "keypairs", "security_groups", "floatingips", "volumes")


class FakeKeystone(FakeCloud):
    """One project. Things are dicts in the services' own forms, by kind and ID."""

    token_header = "X-Auth-Token"

    def __init__(self, hosts: Instances | None = None) -> None:
        super().__init__()
        self.hosts = hosts or NoHosts()
        self.project = uuid.uuid4().hex
        self.things: dict[str, dict[str, dict[str, Any]]] = {
            kind: {} for kind in (*MADE, "flavors", "images", "networks", "ports")
        }
        self.user_data: dict[str, str] = {}
        self.rules: list[dict[str, Any]] = []
        self.is_stuck = False
        """Whether new servers stay in BUILD."""
        self.failure = ""
        """The reason for which new servers end in ERROR."""
        self.page = 1000
        self._containers: dict[str, str] = {}

    @property
    def auth_url(self) -> str:
        return f"{self.url}/identity/v3"

    @property
    def variables(self) -> dict[str, str]:
        """What an RC file sets."""
        return {
            "OS_AUTH_URL": self.auth_url,
            "OS_USERNAME": USER,
            "OS_PASSWORD": PASSWORD,
            "OS_PROJECT_NAME": PROJECT,
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_ID": "default",
            "OS_REGION_NAME": REGION,
        }

    def add(self, kind: str, **content: Any) -> dict[str, Any]:
        made = {"id": str(uuid.uuid4()), **content}
        self.things[kind][made["id"]] = made
        return made

    def _get(self, kind: str, identifier: str) -> dict[str, Any]:
        found = self.things[kind].get(identifier)
        shown = self._look(kind, found) if found is not None else None
        if shown is None:
            words = f"{kind[:-1].title()} {identifier} could not be found."
            if kind in ("security_groups", "floatingips"):
                raise neutron(404, "NotFound", words)
            raise nova(404, "itemNotFound", words)
        return shown

    def _delete(self, kind: str, identifier: str, status: int) -> CloudAnswer:
        self._get(kind, identifier)
        del self.things[kind][identifier]
        if kind == "floatingips":
            self.bill.end("floating", identifier)
        return CloudAnswer({}, status)

    def is_allowed(self, request: CloudRequest, authorization: str) -> bool:
        is_open = request.path == "/identity/v3/auth/tokens" or request.path.rstrip("/").count("/") <= 2
        is_version = is_open and (request.method == "GET" or request.path.startswith("/identity"))
        return authorization == self.token or (is_version and "servers" not in request.path)

    def unauthorized(self) -> CloudAnswer:
        words = "The request you have made requires authentication."
        return CloudAnswer({"error": {"code": 401, "message": words, "title": "Unauthorized"}}, 401)

    def not_found(self) -> CloudAnswer:
        return CloudAnswer(
            {"itemNotFound": {"code": 404, "message": "The resource could not be found."}}, 404
        )

    def declare_identity(self) -> None:
        self.route("GET", "/identity/?", lambda _: CloudAnswer(
            {"versions": {"values": [self.version("v3.14", "/identity/v3/", "stable")]}}, 300
        ))  # fmt: skip
        self.route("GET", "/identity/v3/?", lambda _: CloudAnswer(
            {"version": self.version("v3.14", "/identity/v3/", "stable")}
        ))  # fmt: skip
        self.route("POST", "/identity/v3/auth/tokens", self._log_in)

    def version(self, name: str, path: str, status: str = "CURRENT", **more: Any) -> dict[str, Any]:
        links = [{"rel": "self", "href": self.url + path}]
        return {"id": name, "status": status, "links": links, "updated": "2026-01-01T00:00:00Z", **more}

    def _log_in(self, request: CloudRequest) -> CloudAnswer:
        identity = request.body["auth"]["identity"]
        (method,) = identity["methods"]
        if method == "password":
            user = identity["password"]["user"]
            domain = user.get("domain", {})
            is_known = (user.get("name"), user.get("password")) == (USER, PASSWORD)
            is_good = is_known and domain in ({"id": "default"}, {"name": "Default"})
            scope = request.body["auth"].get("scope", {}).get("project", {})
            is_good = is_good and (scope.get("name") == PROJECT or scope.get("id") == self.project)
        else:
            one = identity["application_credential"]
            is_good = (one.get("id"), one.get("secret")) == ("app-1", SECRET)
        if not is_good:
            return self.unauthorized()
        now, both = datetime.now(UTC), {"id": "default", "name": "Default"}
        token = {
            "methods": [method],
            "user": {"id": uuid.uuid4().hex, "name": USER, "domain": both},
            "project": {"id": self.project, "name": PROJECT, "domain": both},
            "roles": [{"id": "1", "name": "member"}],
            "issued_at": now.isoformat().replace("+00:00", "Z"),
            "expires_at": (now + timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
            "catalog": [self._service(kind, path) for kind, path in SERVICES],
        }
        return CloudAnswer({"token": token}, 201, {"X-Subject-Token": self.token})

    def _service(self, kind: str, path: str) -> dict[str, Any]:
        url = self.url + path.format(project=self.project)
        endpoints = [
            {"id": uuid.uuid4().hex, "interface": one, "region": REGION, "region_id": REGION, "url": url}
            for one in ("public", "internal", "admin")
        ]
        return {"id": uuid.uuid4().hex, "type": kind, "name": kind, "endpoints": endpoints}


def fits(one: dict[str, Any], request: CloudRequest) -> bool:
    wanted = {key: value for key, value in request.query.items() if key not in ("limit", "marker", "fields")}
    return all(str(one.get(key)) == value for key, value in wanted.items() if key in one)


def nova(status: int, word: str, message: str, **headers: str) -> RouteError:
    return RouteError(CloudAnswer({word: {"code": status, "message": message}}, status, headers))


def neutron(status: int, kind: str, message: str) -> RouteError:
    return RouteError(CloudAnswer({"NeutronError": {"type": kind, "message": message, "detail": ""}}, status))
