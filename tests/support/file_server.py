"""A web server that serves files well or badly, as each is told: it stalls, cuts, lies and redirects."""

import contextlib
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """One file, and what its server does wrong."""

    content: bytes = b""
    ranges: bool = True
    tag: str = '"one"'
    status: int = 200
    """Another status is answered `failures` times."""
    failures: int = 10_000
    cut_after: int | None = None
    """Bytes after which the connection is closed, `cuts` times."""
    cuts: int = 10_000
    stall_after: int | None = None
    """Bytes after which nothing more comes."""
    drip: bool = False
    """One byte every 20 ms."""
    extra_length: int = 0
    """What Content-Length says too much."""
    wrong_range: bool = False
    most_of_range: int | None = None
    """The bytes that one answer to a range has at most."""
    redirect: str = ""
    no_length: bool = False


@dataclass
class FileServer:
    files: dict[str, Served] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range header of each request."""
    headers: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self):
        self.ends = threading.Event()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"server_of": self})
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self.ends.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self):
        return self._server.server_address[1]

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: FileServer

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server_of
        server.asked.append((self.path, self.headers.get("Range")))
        server.headers.append(dict(self.headers))
        self.close_connection = True
        file = server.files.get(self.path.split("?")[0].split("://127.0.0.1")[-1].lstrip("/"))
        if file is None:
            self._end(404)
        elif file.redirect:
            self._end(302, Location=file.redirect)
        elif file.status != 200 and file.failures > 0:
            file.failures -= 1
            self._end(file.status)
        else:
            with contextlib.suppress(ConnectionError):
                self._serve(file)

    def _end(self, status, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _serve(self, file):
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(found[1]) if found and file.ranges and self.headers.get("If-Range") == file.tag else 0
        if start and start >= len(file.content):
            self._end(416, **{"Content-Range": f"bytes */{len(file.content)}"})
            return
        body = file.content[start:]
        self.send_response(206 if start else 200)
        if start:
            body = body[: file.most_of_range]
            shown = start + 1 if file.wrong_range else start
            last = start + len(body) - 1
            self.send_header("Content-Range", f"bytes {shown}-{last}/{len(file.content)}")
        if file.tag:
            self.send_header("ETag", file.tag)
        if not file.no_length:
            self.send_header("Content-Length", str(len(body) + file.extra_length))
        self.end_headers()
        self._body(file, body)

    def _body(self, file, body):
        if file.cut_after is not None and file.cuts > 0:
            file.cuts -= 1
            body = body[: file.cut_after]
        stalls = file.stall_after is not None
        if stalls:
            body = body[: file.stall_after]
        if not file.drip:
            self.wfile.write(body)
        for byte in body if file.drip else b"":
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server_of.ends.wait(0.02):
                return
        self.wfile.flush()
        if stalls:
            self.server_of.ends.wait(30)
