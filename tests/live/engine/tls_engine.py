"""The local engine behind TLS with client certificates, as a machine's engine is: for tests of the client side.

Certificates come from openssl, the TLS from Python, with each direction ended alone as dockerd does it.
"""

import contextlib
import socket
import ssl
import subprocess
import threading
from pathlib import Path

from machsh.engine.endpoint import Endpoint


def openssl(*words, stdin=None):
    subprocess.run(["openssl", *map(str, words)], input=stdin, check=True, capture_output=True)


def make_authority(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
        *("-subj", "/O=tests", "-keyout", folder / "ca-key.pem", "-out", folder / "ca.pem"),
    )


def make_pair(folder: Path, name: str, *, san="", days=2, authority: Path | None = None):
    """A key and a certificate NAME.pem signed by the authority of the folder; negative days: expired."""
    authority = authority or folder
    key, request = folder / ("key.pem" if name == "cert" else f"{name}-key.pem"), folder / f"{name}.csr"
    openssl(
        *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/O={name}"),
        *("-keyout", key, "-out", request),
    )
    extensions = folder / f"{name}.ext"
    usage = "clientAuth" if name == "cert" else "serverAuth"
    extensions.write_text(f"extendedKeyUsage={usage}\n" + (f"subjectAltName={san}\n" if san else ""))
    openssl(
        *("x509", "-req", "-in", request, "-CA", authority / "ca.pem", "-CAkey", authority / "ca-key.pem"),
        *("-CAcreateserial", "-days", days, "-extfile", extensions, "-out", folder / f"{name}.pem"),
    )


class TlsEngine:
    """Listens on loopback with TLS and passes on to the local engine's socket; a context manager."""

    def __init__(self, folder: Path, *, server="server", target="/var/run/docker.sock", highest=None):
        self.folder, self._target = folder, target
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / f"{server}.pem", folder / f"{server}-key.pem")
        self.context.load_verify_locations(folder / "ca.pem")
        self.context.verify_mode = ssl.CERT_REQUIRED
        if highest is not None:
            self.context.maximum_version = highest
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.accepted = 0
        self.failed = 0
        self._open: set[socket.socket] = set()

    @property
    def endpoint(self):
        return Endpoint(f"tcp://127.0.0.1:{self.port}", self.folder)

    def __enter__(self):
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *error):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self):
        """Reset every connection, as an engine that is killed does."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _run(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self._open.add(client)
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with socket.socket(socket.AF_UNIX) as engine:
                engine.connect(self._target)
                Front(client, engine, self.context).run()
        except OSError:
            self.failed += 1
        finally:
            self._open.discard(client)
            client.close()


class Front:
    """One connection: TLS on one side, plain on the other. Each way has a thread, for both may be full."""

    def __init__(self, client, engine, context):
        self.client, self.engine = client, engine
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.state, self.sending = threading.Lock(), threading.Lock()

    def run(self):
        self.handshake()
        answers = threading.Thread(target=self.carry, args=(self.from_engine,), daemon=True)
        answers.start()
        self.send_on(self.decrypt())  # a question may have come along with the end of the handshake
        self.carry(self.from_client)
        answers.join()

    def carry(self, step):
        with contextlib.suppress(OSError):
            while step():
                pass

    def handshake(self):
        while True:
            try:
                self.tls.do_handshake()
                return self.push()
            except ssl.SSLWantReadError:
                self.push()
                content = self.client.recv(65536)
                if not content:
                    raise ConnectionResetError from None
                self.incoming.write(content)
            except ssl.SSLError:
                self.push()  # the alert that tells the client why
                raise

    def push(self):
        """Send what is encrypted, in its order."""
        with self.sending:
            with self.state:
                content = self.outgoing.read()
            if content:
                self.client.sendall(content)

    def from_client(self):
        content = self.client.recv(262144)
        with self.state:
            self.incoming.write(content) if content else self.incoming.write_eof()
        plain, alive = self.decrypt()
        self.push()
        return self.send_on((plain, alive and bool(content)))

    def send_on(self, decrypted):
        plain, alive = decrypted
        if plain:
            self.engine.sendall(plain)
        if not alive:
            self.engine.shutdown(socket.SHUT_WR)
        return alive

    def decrypt(self):
        plain = b""
        with self.state:
            try:
                while part := self.tls.read(16384):
                    plain += part
            except ssl.SSLWantReadError:
                return plain, True
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                pass
            return plain, False

    def from_engine(self):
        content = self.engine.recv(262144)
        if content:
            with self.state:
                self.tls.write(content)
            self.push()
            return True
        with self.state, contextlib.suppress(ssl.SSLWantReadError, ssl.SSLError):
            self.tls.unwrap()
        self.push()
        with contextlib.suppress(OSError):
            self.client.shutdown(socket.SHUT_WR)
        return False
