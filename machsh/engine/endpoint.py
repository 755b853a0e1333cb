"""How docker reaches an engine: TLS, ssh or a local socket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from machsh.engine import proxies
from machsh.environment import Environment
from machsh.errors import MachshError
from machsh.files import explain
from machsh.regular_file import check_regular

DOCKER_VARIABLES = (
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_CONTEXT",
    "DOCKER_API_VERSION",
    "DOCKER_TLS",
    "DOCKER_MACHINE_NAME",
)
"""Every variable that steers the docker CLI; a child gets those of the endpoint and loses the others."""

HIGHEST_PORT = 65535
LOCAL_SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class TlsPaths:
    """The three files that a TLS client needs."""

    ca: Path
    cert: Path
    key: Path

    @classmethod
    def in_folder(cls, folder: Path) -> TlsPaths:
        """The files under the names that docker gives them."""
        return cls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")


def _no_address(reason: str) -> MachshError:
    return MachshError(f"dial tcp: {reason}", hint="an engine's URL looks like tcp://192.0.2.10:2376")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine's address and what proves who talks to it."""

    url: str
    """`tcp://HOST:PORT`, `unix:///PATH`, `npipe://...` or `ssh://USER@HOST:PORT`."""
    certificates: Path | None = None
    """Folder with `ca.pem`, `cert.pem`, `key.pem`; None for sockets, ssh and plain tcp."""

    @property
    def is_tls(self) -> bool:
        """Whether the connection is protected by TLS."""
        return self.certificates is not None and self.url.startswith("tcp://")

    @property
    def paths(self) -> TlsPaths | None:
        """The TLS client's files; None where the connection is not TLS."""
        return TlsPaths.in_folder(self.certificates) if self.is_tls and self.certificates else None

    @property
    def scheme(self) -> str:
        """`tcp`, `unix`, `npipe` or `ssh`."""
        return self.url.partition("://")[0]

    @property
    def socket_path(self) -> str:
        """The path of a `unix://` or `npipe://` endpoint."""
        return self.url.partition("://")[2]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a tcp endpoint; IPv6 brackets removed. Raises MachshError in Go's words."""
        whole = self.url.partition("://")[2].partition("/")[0]
        host, colon, port = whole.rpartition(":")
        if not colon:
            raise _no_address(f"address {whole}: missing port in address")
        if not (port.isascii() and port.isdecimal()) or int(port[:6]) > HIGHEST_PORT:
            raise _no_address(f"address {port}: invalid port")
        return host.strip("[]"), int(port)

    def check_files(self) -> None:
        """Raise MachshError when a TLS file is there, but no regular one: docker would wait for a pipe."""
        paths = self.paths
        for path in (paths.ca, paths.cert, paths.key) if paths else ():
            try:
                check_regular(path)
            except OSError as error:
                raise explain(error, path) from error

    def variables(self, machine: str = "") -> dict[str, str | None]:
        """The changes to a child's variables; None removes one the user had set."""
        changes: dict[str, str | None] = dict.fromkeys(DOCKER_VARIABLES)
        changes["DOCKER_HOST"] = self.url
        if machine:
            changes["DOCKER_MACHINE_NAME"] = machine
        if self.is_tls:
            changes["DOCKER_TLS_VERIFY"] = "1"
            changes["DOCKER_CERT_PATH"] = str(self.certificates)
        return changes

    def child_variables(self, environment: Environment, machine: str = "") -> dict[str, str]:
        """All variables of a child that works on this engine: ours, the endpoint's, and no proxy between.

        Raises MachshError for TLS files that the child would wait for.
        """
        self.check_files()
        host = self.address[0] if self.scheme == "tcp" else ""
        without_proxy = proxies.exceptions(host, environment.variables)
        return environment.child_variables({**self.variables(machine), **without_proxy})
