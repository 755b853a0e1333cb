"""The carrier: the engine whose container a host is. It is local, on another machine, or given by URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from machsh.drivers.docker.carrier_api import CarrierApi
from machsh.drivers.driver import DriverContext, DriverRecord
from machsh.engine import local_engine
from machsh.engine.address import ENGINE_PORT, SSH, engine_url
from machsh.engine.dial import ByteStream, Dialer, dialer
from machsh.engine.endpoint import LOCAL_SOCKET, Endpoint
from machsh.errors import MachshError, UsageError
from machsh.record import parse_json
from machsh.regular_file import read_text
from machsh.ssh.target import Target
from machsh.validators import ADDRESS, NAME, PORT, USER

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class CarrierEngine:
    """A carrier's endpoint, and the address at which its published ports are reached."""

    endpoint: Endpoint
    name: str
    published_at: str = ""
    """Empty if containers can be reached at their own addresses, as with a local engine on Linux."""

    def api(self, context: DriverContext) -> CarrierApi:
        """Return a client for the engine; it connects on each request."""
        return CarrierApi(self._dialer(context), self.name)

    def _dialer(self, context: DriverContext) -> Dialer:
        if self.endpoint.scheme == "ssh":
            return _over_ssh(self.endpoint, context)
        return dialer(self.endpoint)


def resolve(given: str, certificates: str, store: Path, context: DriverContext) -> CarrierEngine:
    """Return the engine for a `--docker-engine` value: empty (the local engine), a machine's name, or a URL.

    `certificates` is the folder of the client certificates for a tcp URL. Raises UsageError for a value that
    is none of these, MachshError for a machine whose record is broken or has no address.
    """
    environment = context.environment
    if not given:
        given = local_engine.given_socket(environment) or LOCAL_SOCKET
    if "://" not in given:
        return _machine(given, store)
    folder = Path(certificates) if certificates and given.startswith("tcp://") else None
    host = _host(given) or LOOPBACK
    if given.startswith("unix://"):
        return CarrierEngine(Endpoint(given), given, "" if environment.platform == "linux" else LOOPBACK)
    if given.startswith(("tcp://", "ssh://")):
        return CarrierEngine(Endpoint(given, folder), given, host)
    raise UsageError(f"--docker-engine {given}: unknown scheme", hint="use unix://, tcp:// or ssh://")


def _machine(name: str, store: Path) -> CarrierEngine:
    folder = store / "machines" / name
    try:
        if not NAME.accepts(name):
            raise FileNotFoundError(name)
        whole = parse_json(read_text(folder / "config.json"))
        stored = whole["Driver"]
        own = whole.get("Machsh")
        is_over_ssh = isinstance(own, dict) and own.get("Endpoint") == SSH
        DriverRecord.from_json(stored).check("Driver")
        url = _url(stored)
    except FileNotFoundError as error:
        raise UsageError(
            f"--docker-engine {name}: no machine of that name",
            hint="name a machine of `machsh ls`, or give an engine's URL",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MachshError(f"--docker-engine {name}: its config.json cannot be read: {error}") from error
    if is_over_ssh:
        raise UsageError(
            f'--docker-engine {name}: the engine of "{name}" is reached over ssh alone',
            hint=f"machsh provision --endpoint tls {name} gives it a port",
        )
    if not url:
        raise MachshError(f'The address of "{name}" is not known', hint=f"start it: machsh start {name}")
    certificates = folder if (folder / "ca.pem").exists() else store / "certs"
    return CarrierEngine(Endpoint(url, certificates), name, _host(url))


def _host(url: str) -> str:
    """Return the host in a URL, or "". Raises UsageError for an invalid URL."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError as error:
        raise UsageError(f"--docker-engine {url}: {error}", hint="use unix://, tcp:// or ssh://") from error


def _url(stored: dict[str, Any]) -> str:
    if stored.get("URL"):
        return str(stored["URL"])
    address = stored.get("IPAddress")
    return engine_url(str(address), int(stored.get("EnginePort") or ENGINE_PORT)) if address else ""


def _ssh_place(url: str, parts: SplitResult) -> tuple[str, str, int]:
    """Return host, user and port. Raises UsageError for values that ssh could misinterpret."""
    host, user = parts.hostname or "", parts.username or ""
    try:
        port = parts.port or 22
    except ValueError:
        port = -1
    if not (host and ADDRESS.accepts(host) and USER.accepts(user) and PORT.accepts(port)):
        raise UsageError(f"--docker-engine {url}: no address for ssh", hint="use ssh://USER@HOST:PORT")
    return host, user, port


def _over_ssh(endpoint: Endpoint, context: DriverContext) -> Dialer:
    parts = urlsplit(endpoint.url)
    host, user, port = _ssh_place(endpoint.url, parts)
    target = Target(
        host=host,
        user=user or context.environment.user,
        port=port,
        known_hosts=context.environment.state_folder / "known_hosts",
        uses_agent=True,
        uses_ssh_config=True,
    )

    def dial(seconds: float) -> ByteStream:
        from machsh.ssh.connection import Connection

        connection = Connection(target, ask=context.ask, seconds=seconds)
        try:
            channel = connection.open_unix(parts.path or LOCAL_SOCKET.removeprefix("unix://"))
        except BaseException:
            connection.close()
            raise
        return cast(ByteStream, _OwningChannel(channel, connection))

    return dial


class _OwningChannel:
    """A channel that owns its ssh connection, and closes it together with itself."""

    def __init__(self, channel: Any, connection: Any) -> None:
        self._channel = channel
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def close(self) -> None:
        """Close the channel and the connection."""
        self._channel.close()
        self._connection.close()
