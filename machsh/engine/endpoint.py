"""The address and credentials of an engine, and the docker CLI's environment variables for them."""

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
"""All variables that select the docker CLI's engine. A child gets the endpoint's; the others are removed."""

HIGHEST_PORT = 65535
LOCAL_SOCKET = "unix:///var/run/docker.sock"
DOCKER_SOCKET = "/var/run/docker.sock"
"""Where an engine listens on its host unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class TlsPaths:
    """The paths of the three files of a TLS client."""

    ca: Path
    cert: Path
    key: Path

    @classmethod
    def in_folder(cls, folder: Path) -> TlsPaths:
        """Return the paths of `ca.pem`, `cert.pem` and `key.pem` in a folder."""
        return cls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")


def _no_address(reason: str) -> MachshError:
    return MachshError(f"dial tcp: {reason}", hint="an engine's URL looks like tcp://192.0.2.10:2376")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine's address and the folder of its TLS client certificate."""

    url: str
    """`tcp://HOST:PORT`, `unix:///PATH`, `npipe://...` or `ssh://USER@HOST:PORT`."""
    certificates: Path | None = None
    """The folder with `ca.pem`, `cert.pem` and `key.pem`; None for sockets, ssh and plain tcp."""

    @property
    def is_tls(self) -> bool:
        """Whether the connection is protected by TLS."""
        return self.certificates is not None and self.url.startswith("tcp://")

    @property
    def paths(self) -> TlsPaths | None:
        """The TLS client's files; None if the connection does not use TLS."""
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
    def remote_socket(self) -> str:
        """The path of the engine's socket on the host of an `ssh://` endpoint."""
        slash, path = self.url.partition("://")[2].partition("/")[1:]
        return slash + path if path else DOCKER_SOCKET

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) of a tcp endpoint, without IPv6 brackets. Raises MachshError with Go's message."""
        whole = self.url.partition("://")[2].partition("/")[0]
        host, colon, port = whole.rpartition(":")
        if not colon:
            raise _no_address(f"address {whole}: missing port in address")
        if not (port.isascii() and port.isdecimal()) or int(port[:6]) > HIGHEST_PORT:
            raise _no_address(f"address {port}: invalid port")
        return host.strip("[]"), int(port)

    def check_files(self) -> None:
        """Raise MachshError if a TLS file exists but is not regular: docker would block on a pipe."""
        paths = self.paths
        for path in (paths.ca, paths.cert, paths.key) if paths else ():
            try:
                check_regular(path)
            except OSError as error:
                raise explain(error, path) from error

    def variables(self, machine: str = "") -> dict[str, str | None]:
        """Return the changes to a child's variables; None removes a variable that the user may have set."""
        changes: dict[str, str | None] = dict.fromkeys(DOCKER_VARIABLES)
        changes["DOCKER_HOST"] = self.url
        if machine:
            changes["DOCKER_MACHINE_NAME"] = machine
        if self.is_tls:
            changes["DOCKER_TLS_VERIFY"] = "1"
            changes["DOCKER_CERT_PATH"] = str(self.certificates)
        return changes

    def child_variables(self, environment: Environment, machine: str = "") -> dict[str, str]:
        """Return all variables of a child that uses this engine: ours, the endpoint's, and a proxy exception.

        Raises MachshError when a TLS file is not a regular file; see `check_files`.
        """
        self.check_files()
        host = self.address[0] if self.scheme == "tcp" else ""
        without_proxy = proxies.exceptions(host, environment.variables)
        return environment.child_variables({**self.variables(machine), **without_proxy})
