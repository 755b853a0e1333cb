"""A Docker engine behind TLS on loopback, for measurements: a second dockerd, removed at the end. Needs root."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[1]))

from machsh.engine.endpoint import Endpoint
from tests.live.engine.tls_engine import make_authority, make_pair

BRIDGE = "machsh-bench"
BRIDGE_ADDRESS = "10.213.77.1/24"
START_SECONDS = 30


class Engine:
    """Started on entry, ended and removed on exit."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="machsh-bench-"))
        self.socket = self.folder / "docker.sock"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._dockerd: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(f"tcp://127.0.0.1:{self.port}", self.folder)

    def docker(self, *words: str, stdin: bytes | None = None) -> None:
        """A command on it, through its socket."""
        subprocess.run(
            ["docker", "-H", f"unix://{self.socket}", *words], input=stdin, check=True, capture_output=True
        )

    def __enter__(self) -> Self:
        make_authority(self.folder)
        make_pair(self.folder, "server", san="IP:127.0.0.1")
        make_pair(self.folder, "cert")
        folders = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        files = {"tlscacert": "ca.pem", "tlscert": "server.pem", "tlskey": "server-key.pem"}
        words = [f"--{name}={self.folder / file}" for name, file in {**folders, **files}.items()]
        words += ["--tlsverify", f"--host=tcp://127.0.0.1:{self.port}", f"--host=unix://{self.socket}"]
        words += [f"--bridge={BRIDGE}", "--iptables=false", "--log-level=error"]
        self._make_bridge()
        program = shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin") or "dockerd"
        self._dockerd = subprocess.Popen([program, *words], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                sys.exit("dockerd did not start")
            time.sleep(0.1)
        return self

    def _make_bridge(self) -> None:
        """A bridge of its own: an engine without one deletes `docker0`, which belongs to the computer's engine."""
        for words in (
            ["link", "add", BRIDGE, "type", "bridge"],
            ["address", "add", BRIDGE_ADDRESS, "dev", BRIDGE],
            ["link", "set", BRIDGE, "up"],
        ):
            subprocess.run(["ip", *words], check=False, capture_output=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._dockerd is not None:
            self._dockerd.terminate()
            self._dockerd.wait(30)
        subprocess.run(["ip", "link", "delete", BRIDGE], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        words = ["docker", "-H", f"unix://{self.socket}", "version"]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def add_image(self, name: str, megabytes: int) -> None:
        """An image of one file of random bytes."""
        block = os.urandom(1 << 20)
        head = tarfile.TarInfo("blob")
        head.size = megabytes << 20
        words = ["docker", "-H", f"unix://{self.socket}", "import", "-", name]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
            assert child.stdin is not None
            child.stdin.write(head.tobuf())
            for _ in range(megabytes):
                child.stdin.write(block)
            child.stdin.write(io.BytesIO(bytes(2 * tarfile.BLOCKSIZE)).getvalue())
            child.stdin.close()
        if child.returncode:
            sys.exit("the image could not be made")
