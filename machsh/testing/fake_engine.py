"""A minimal Docker engine for tests, on a local socket, TCP or TLS; it can simulate failures."""

from __future__ import annotations

import contextlib
import json
import queue
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

INFO = {"NCPU": 4, "OSType": "linux", "Driver": "overlay2", "DriverStatus": [["Backing Filesystem", "extfs"]]}
Reply = tuple[int, Any]


@dataclass
class FakeEngine:
    """An engine on the local socket `path` or, without one, on a loopback port.

    `with FakeEngine(folder / "engine.sock") as engine` runs it without TLS; `engine.start(store / "certs")`
    uses TLS with the store's certificate authority, so that the store's machines can connect.
    """

    path: Path | None = None
    version: str = "20.10.7"
    api_version: str = "1.41"
    images: set[str] = field(default_factory=set)
    networks: set[str] = field(default_factory=lambda: {"bridge"})
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name, as `inspect` shows them."""
    volumes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Volumes that were left over: name -> labels."""
    info: dict[str, Any] = field(default_factory=lambda: dict(INFO))
    components: list[dict[str, Any]] = field(default_factory=list)
    """What `/version` names in `Components`: empty as in old engines."""
    refuses: dict[str, str] = field(default_factory=dict)
    """Prefix of `METHOD /path` -> the error message of its 500 response.

    The key `Privileged` applies to starting privileged containers.
    """
    breaks_at: str = ""
    """Prefix of `METHOD /path` at which it closes the connection, like an engine that dies."""
    requests: list[str] = field(default_factory=list)
    """`METHOD /path` of each request, in order."""
    ends_early: bool = False
    """Whether containers exit as soon as they start."""
    container_address: str = "127.0.0.1"
    """The IP address of running containers."""
    host: str = "127.0.0.1"
    """The address to listen on without a `path`."""
    stats: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Name of a container -> the document of `GET /containers/NAME/stats`."""

    def __post_init__(self) -> None:
        self._awake = threading.Event()
        self._awake.set()
        self._followers: list[queue.SimpleQueue[bytes | None]] = []
        self._tls: ssl.SSLContext | None = None
        handler = type("Handler", (_Handler,), {"engine": self})
        where: Any = (self.host, 0) if self.path is None else str(self.path)
        self._server: Any = (_OnPort if self.path is None else _OnSocket)(where, handler)

    @property
    def port(self) -> int:
        """The TCP port; only without a `path`."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """`HOST:PORT`."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address in the form of DOCKER_HOST."""
        return f"unix://{self.path}" if self.path is not None else f"tcp://{self.address}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self, certificates: Path | None = None) -> tuple[bytes, bytes] | None:
        """Start the server; with TLS if `certificates` is the folder of a certificate authority.

        Return the PEM texts of the server's certificate and key, or None without TLS.
        """
        pair = None
        if certificates is not None:
            pair = self._secure(certificates)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return pair

    def show(self, authority: Path, certificate: Path, key: Path) -> None:
        """Use TLS with these files from the next connection on, like an engine that restarted with them."""
        if self._tls is None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.verify_mode = ssl.CERT_REQUIRED
            self._server.socket = self._tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._tls.load_cert_chain(certificate, key)
        self._tls.load_verify_locations(authority)

    def emit(self, event: dict[str, Any]) -> None:
        """Send an event to all that follow `GET /events`."""
        for follower in list(self._followers):
            follower.put(json.dumps(event).encode() + b"\n")

    def freeze(self) -> None:
        """Answer no request until `thaw`, like the engine of a host that is paused."""
        self._awake.clear()

    def thaw(self) -> None:
        """Answer again, also what was asked meanwhile."""
        self._awake.set()

    def wait_until_awake(self) -> None:
        """Wait for `thaw` if the engine is frozen."""
        self._awake.wait()

    def events(self) -> Iterator[bytes]:
        """Yield events as they come, until the engine is stopped."""
        waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._followers.append(waiting)
        try:
            while (event := waiting.get()) is not None:
                yield event
        finally:
            self._followers.remove(waiting)

    def stop(self) -> None:
        """Stop the server; new connections are refused."""
        self._awake.set()
        for follower in list(self._followers):
            follower.put(None)
        self._server.shutdown()
        self._server.server_close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _secure(self, folder: Path) -> tuple[bytes, bytes]:
        from machsh.certs.authority_paths import AuthorityPaths
        from machsh.certs.server_certificate import make_server_pair
        from machsh.certs.spec import CertificateSpec

        pair = make_server_pair(AuthorityPaths.in_folder(folder), CertificateSpec(), "tests", [self.host])
        files = folder / "engine.pem", folder / "engine-key.pem"
        for file, content in zip(files, pair, strict=True):
            file.write_bytes(content)
        self.show(folder / "ca.pem", *files)
        return pair

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        """Return the status and the JSON document for a request."""
        for beginning, message in self.refuses.items():
            if f"{method} {path}".startswith(beginning):
                return 500, {"message": message}
        parts = path.strip("/").split("/")
        if parts[0].startswith("v1."):
            del parts[0]
        fixed = {"_ping": "OK", "version": self._about(), "info": self.info}
        if parts[0] in fixed:
            return 200, fixed[parts[0]]
        if parts[0] == "volumes":
            return self._on_volumes(method, parts[1:])
        if parts[1:] in (["json"], []) and parts[0] != "build":
            return 200, self._listed(query) if parts[0] == "containers" else []
        if parts[0] == "images":
            return (200, {}) if "/".join(parts[1:-1]) in self.images else (404, {"message": "No such image"})
        if parts[0] == "networks":
            return (200, {}) if parts[1] in self.networks else (404, {"message": "no such network"})
        if parts[0] == "build":
            self.images.add(query["t"])
            return 200, {"stream": f"Successfully tagged {query['t']}"}
        if parts == ["containers", "create"]:
            return self._create(query["name"], body)
        if parts[-1] == "rename":
            return self._rename(parts[1], query["name"])
        return self._on_container(method, parts[1], parts[2] if len(parts) > 2 else "", body)

    def _about(self) -> dict[str, Any]:
        about = {"Version": self.version, "ApiVersion": self.api_version, "Os": "linux", "Arch": "amd64"}
        return {**about, "Components": self.components} if self.components else about

    def _listed(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """The containers in the form of `GET /containers/json`, with its filter of labels."""
        wanted = json.loads(query.get("filters", "{}")).get("label", [])
        return [
            {
                "Id": one["Id"],
                "Names": [f"/{name}"],
                "Image": "none",
                "Command": "none",
                "Created": 0,
                "Labels": (one.get("Config") or {}).get("Labels") or {},
                "State": one["State"]["Status"],
                "Status": one["State"]["Status"],
            }
            for name, one in self.containers.items()
            if all(_has_label(one, label) for label in wanted)
        ]

    def _on_volumes(self, method: str, names: list[str]) -> Reply:
        if method != "DELETE":
            return 200, {"Volumes": [{"Name": name, "Labels": one} for name, one in self.volumes.items()]}
        gone = self.volumes.pop(names[0], None)
        return (204, {}) if gone is not None else (404, {"message": "no such volume"})

    def _rename(self, key: str, name: str) -> Reply:
        if name in self.containers:
            return 409, {"message": f'Conflict. The container name "/{name}" is already in use'}
        former = key.removeprefix("id-")
        if former not in self.containers:
            return 404, {"message": f"No such container: {former}"}
        self.containers[name] = self.containers.pop(former) | {"Id": f"id-{name}"}
        return 204, {}

    def _create(self, name: str, body: dict[str, Any]) -> Reply:
        if name in self.containers:
            return 409, {"message": f'Conflict. The container name "/{name}" is already in use'}
        self.containers[name] = {
            "Id": f"id-{name}",
            "Config": {"Labels": body["Labels"]},
            "State": {"Status": "created"},
            "HostConfig": body["HostConfig"],
        }
        return 201, {"Id": f"id-{name}"}

    def _on_container(self, method: str, key: str, call: str, body: Any) -> Reply:
        name = key.removeprefix("id-")
        found = self.containers.get(name)
        if found is None:
            return 404, {"message": f"No such container: {name}"}
        if call == "stats":
            return 200, self.stats.get(name, {})
        if method == "DELETE":
            del self.containers[name]
            return 204, {}
        if call == "start" and found["HostConfig"].get("Privileged") and "Privileged" in self.refuses:
            return 500, {"message": self.refuses["Privileged"]}
        if call == "update":
            found["HostConfig"].update(body)
        status = {"start": "running", "unpause": "running", "kill": "exited", "stop": "exited"}.get(call)
        if status:
            found["State"]["Status"] = "exited" if self.ends_early else status
            found["NetworkSettings"] = {"Networks": {"bridge": {"IPAddress": self.container_address}}}
            return 204, {}
        return 200, found if call == "json" else {}


def _has_label(container: dict[str, Any], wanted: str) -> bool:
    """Whether a container has a label, written as `KEY` or `KEY=VALUE` as in the engine's filters."""
    labels = (container.get("Config") or {}).get("Labels") or {}
    name, equals, value = wanted.partition("=")
    return name in labels and (not equals or labels[name] == value)


class _Handler(BaseHTTPRequestHandler):
    engine: FakeEngine
    protocol_version = "HTTP/1.1"
    """HTTP/1.1 keeps connections open."""

    def handle_one_request(self) -> None:
        """Answer one request, or close the connection (`breaks_at`)."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65536)
        if not self.raw_requestline or not self.parse_request():
            return
        parts = urlsplit(self.path)
        said = f"{self.command} {parts.path}"
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.engine.requests.append(said)
        if self.engine.breaks_at and said.startswith(self.engine.breaks_at):
            self.close_connection = True
            return
        self.engine.wait_until_awake()
        if parts.path.endswith("/events"):
            self._send_events()
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        is_json = self.headers.get("Content-Type") == "application/json"
        status, document = self.engine.answer(
            self.command, parts.path, query, json.loads(content) if is_json and content else {}
        )
        answer = b"OK" if document == "OK" else b"" if status == 204 else json.dumps(document).encode()
        head = f"HTTP/1.1 {status} x\r\nServer: Docker/{self.engine.version} (linux)\r\n"
        head += f"Api-Version: {self.engine.api_version}\r\nContent-Length: {len(answer)}\r\n\r\n"
        with contextlib.suppress(OSError):  # the client may have given up
            self.wfile.write(head.encode() + (b"" if self.command == "HEAD" else answer))

    def _send_events(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            for event in self.engine.events():
                self.wfile.write(event)

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing."""


class _OnSocket(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _OnPort(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about clients that reject the certificate or give up."""
