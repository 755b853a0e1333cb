"""A Docker engine of few words on a local socket; it can be told to misbehave."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

INFO = {"NCPU": 4, "OSType": "linux", "Driver": "overlay2", "DriverStatus": [["Backing Filesystem", "extfs"]]}
Reply = tuple[int, dict[str, Any]]


@dataclass
class FakeEngine:
    """Use it as `with FakeEngine(folder / "engine.sock") as engine`; `engine.url` is its address."""

    path: Path
    images: set[str] = field(default_factory=set)
    networks: set[str] = field(default_factory=lambda: {"bridge"})
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name, as `inspect` shows them."""
    info: dict[str, Any] = field(default_factory=lambda: dict(INFO))
    refuses: dict[str, str] = field(default_factory=dict)
    """`METHOD /path` (its beginning) -> the error it answers with; `Privileged` -> that full rights get."""
    breaks_at: str = ""
    """`METHOD /path` (its beginning) at which it hangs up, as an engine that dies."""
    requests: list[str] = field(default_factory=list)
    """`METHOD /path` of each request, in order."""
    ends_early: bool = False
    """Containers end as soon as they start."""
    address: str = "127.0.0.1"
    """What running containers get."""

    @property
    def url(self) -> str:
        """Its address as in DOCKER_HOST."""
        return f"unix://{self.path}"

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"engine": self})
        self._server = socketserver.ThreadingUnixStreamServer(str(self.path), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it; whoever asks from now on is refused."""
        self._server.shutdown()
        self._server.server_close()
        self.path.unlink(missing_ok=True)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        """Status and document for a request."""
        for beginning, message in self.refuses.items():
            if f"{method} {path}".startswith(beginning):
                return 500, {"message": message}
        parts = path.strip("/").split("/")
        if parts == ["info"]:
            return 200, self.info
        if parts[0] == "images":
            return (200, {}) if "/".join(parts[1:-1]) in self.images else (404, {"message": "No such image"})
        if parts[0] == "networks":
            return (200, {}) if parts[1] in self.networks else (404, {"message": "no such network"})
        if parts[0] == "build":
            self.images.add(query["t"])
            return 200, {"stream": f"Successfully tagged {query['t']}"}
        if parts == ["containers", "create"]:
            return self._create(query["name"], body)
        return self._on_container(method, parts[1], parts[2] if len(parts) > 2 else "")

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

    def _on_container(self, method: str, key: str, call: str) -> Reply:
        name = key.removeprefix("id-")
        found = self.containers.get(name)
        if found is None:
            return 404, {"message": f"No such container: {name}"}
        if method == "DELETE":
            del self.containers[name]
            return 204, {}
        if call == "start" and found["HostConfig"].get("Privileged") and "Privileged" in self.refuses:
            return 500, {"message": self.refuses["Privileged"]}
        status = {"start": "running", "unpause": "running", "kill": "exited", "stop": "exited"}.get(call)
        if status:
            found["State"]["Status"] = "exited" if self.ends_early else status
            found["NetworkSettings"] = {"Networks": {"bridge": {"IPAddress": self.address}}}
            return 204, {}
        return 200, found if call == "json" else {}


class _Handler(BaseHTTPRequestHandler):
    engine: FakeEngine

    def handle_one_request(self) -> None:
        """Answer one request, or hang up."""
        self.raw_requestline = self.rfile.readline(65536)
        self.close_connection = True
        if not self.raw_requestline or not self.parse_request():
            return
        parts = urlsplit(self.path)
        said = f"{self.command} {parts.path}"
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.engine.requests.append(said)
        if self.engine.breaks_at and said.startswith(self.engine.breaks_at):
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        is_json = self.headers.get("Content-Type") == "application/json"
        status, document = self.engine.answer(
            self.command, parts.path, query, json.loads(content) if is_json and content else {}
        )
        answer = b"" if status == 204 else json.dumps(document).encode()
        with contextlib.suppress(OSError):  # whoever asked may have given up
            self.wfile.write(
                f"HTTP/1.1 {status} x\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer
            )

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing."""
