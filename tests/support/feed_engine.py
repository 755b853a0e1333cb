"""An engine on a local socket whose feeds are scripted: what it sends, when it goes away and comes back."""

import json
import socketserver
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit


class FeedEngine:
    """Answers GET by the path's last part. `feeds[last]` has the answers in turn: bytes, and what follows.

    After the bytes it keeps the connection open, if `ends` is False, until `cut` or the end. The last answer is repeated.
    """

    def __init__(self, path: Path):
        self.path = path
        self.feeds: dict[str, list[tuple[bytes, bool]]] = {}
        self.documents: dict[str, object] = {"_ping": "OK", "version": {}}
        self.requests: list[str] = []
        self._ending = threading.Event()
        self._server = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Listen."""
        engine = self
        self._ending.clear()

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while engine._answer(self):
                    pass

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        self.path.unlink(missing_ok=True)
        self._server = Server(str(self.path), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        """Close all connections and listen no more, as an engine that is killed."""
        self._ending.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self.path.unlink(missing_ok=True)

    def _answer(self, handler):
        """Answer one request; return whether the connection goes on."""
        line = handler.rfile.readline().decode()
        while handler.rfile.readline().strip():
            pass
        if not line:
            return False
        where = unquote(line.split()[1])
        self.requests.append(where)
        last = urlsplit(where).path.rpartition("/")[2]
        if last in self.feeds:
            content, ends = self.feeds[last].pop(0) if len(self.feeds[last]) > 1 else self.feeds[last][0]
            date = b"Date: Thu, 01 Jan 1970 00:00:00 GMT"
            handler.wfile.write(b"HTTP/1.0 200 OK\r\n" + date + b"\r\n\r\n" + content)
            handler.wfile.flush()
            if not ends:
                self._ending.wait(30)
            return False
        found = self.documents.get(last)
        status = "200 OK" if found is not None else "404 Not Found"
        body = json.dumps(found if found is not None else {"message": f"No such container: {last}"}).encode()
        handler.wfile.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        return "HTTP/1.0" not in line
