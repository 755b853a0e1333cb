"""An engine that only says its version, behind TLS with client certificates."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from machsh.certs.paths import AuthorityPaths
from machsh.certs.server import make_server_pair
from machsh.certs.wish import CertificateWish


class FakeEngine:
    """Listens on loopback; `start` takes the certificates of a store, so that machines of it are taken."""

    def __init__(self, version="20.10.7"):
        self.asked = []
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                engine.asked.append(self.path)
                self.send_response(200)
                self.send_header("Server", f"Docker/{version} (linux)")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"OK")

            def version_string(self):
                return f"Docker/{version} (linux)"

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=True)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"

    def start(self, certs: Path):
        """Show a certificate of the authority in `certs`; return the pair."""
        pair = make_server_pair(AuthorityPaths.in_folder(certs), CertificateWish(), "tests", ["127.0.0.1"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = [certs / "engine.pem", certs / "engine-key.pem"]
        for file, content in zip(files, pair, strict=True):
            file.write_bytes(content)
        context.load_cert_chain(*files)
        context.load_verify_locations(certs / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return pair

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
