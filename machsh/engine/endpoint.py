"""How docker reaches an engine: TLS, ssh or a local socket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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
        """Host and port of a tcp endpoint; IPv6 brackets removed."""
        host, _, port = self.url.partition("://")[2].partition("/")[0].rpartition(":")
        return host.strip("[]"), int(port)

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
