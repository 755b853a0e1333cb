"""Looks at an engine over ssh: which sockets the user may open, and what answers there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from machsh.deadline import Deadline
from machsh.drivers.driver import Driver
from machsh.engine.endpoint import DOCKER_SOCKET
from machsh.errors import MachshError
from machsh.machine.adopting.engine_source import EngineSource, SshAddress, parse_ssh
from machsh.machine.adopting.found_engine import FoundEngine
from machsh.machine.adopting.new_machine import new_machine
from machsh.machine.context import MachineContext
from machsh.machine.records.record import SSH_ENDPOINT
from machsh.options import Value
from machsh.regular_file import read_regular
from machsh.ssh.target import Target, quote

if TYPE_CHECKING:
    from machsh.engine.engine_facts import EngineFacts
    from machsh.ssh.connection import Connection
    from machsh.ssh.host_keys import Pin

DRIVER = "generic"
KNOWN_HOSTS = "known_hosts"
SOCKETS = r"""
echo "user $(id -un)"
uid=$(id -u)
seen= opens=
look() {
    case "$seen" in *"|$1|"*) return ;; esac
    seen="$seen|$1|"
    [ -S "$1" ] || return
    if [ -w "$1" ]; then echo "open $1"; opens=yes; else echo "shut $1"; fi
}
if [ -n "$1" ]; then
    look "$1"
else
    look /var/run/docker.sock
    [ -z "$XDG_RUNTIME_DIR" ] || look "$XDG_RUNTIME_DIR/docker.sock"
    look "/run/user/$uid/docker.sock"
    look "$HOME/.docker/run/docker.sock"
    look "$HOME/.docker/desktop/docker.sock"
    [ -z "$XDG_RUNTIME_DIR" ] || look "$XDG_RUNTIME_DIR/podman/podman.sock"
    look "/run/user/$uid/podman/podman.sock"
    look /run/podman/podman.sock
fi
[ -n "$opens" ] || { sudo -n true < /dev/null > /dev/null 2>&1 && echo sudo; }
exit 0
"""
"""Prints `user NAME`; `open PATH` or `shut PATH` for each socket, the best first; `sudo` if none
is open and the user may become root without a password.

$1 is the only socket to look at, or empty for the usual ones.
"""


@dataclass(frozen=True, slots=True)
class HostSockets:
    """The engines' sockets on a host, as its user sees them."""

    user: str
    open: tuple[str, ...] = ()
    """Those that the user may open, the best first."""
    shut: tuple[str, ...] = ()
    """Those that the user may not open."""
    has_sudo: bool = False


def examine(source: EngineSource, name: str, context: MachineContext, deadline: Deadline) -> FoundEngine:
    """Log in, find the engine's socket and ask the engine what it is; nothing on the host is changed.

    Raises MachshError: what ssh raises, or that the user has no rights to the socket.
    """
    address = parse_ssh(source.url)
    record, driver = new_machine(DRIVER, name, _options(address, source, context), context)
    driver.pre_create_check()  # a key that cannot be used
    with TemporaryDirectory(prefix="machsh-adopt-") as folder:
        pins = Path(folder) / KNOWN_HOSTS
        target = _target(driver, source, pins)
        known = _known_keys(target, context)
        connection = _connected(target, known, context, deadline)
        try:
            socket = _choose(_sockets(connection, address.socket, deadline), target, address.socket, name)
            facts = _ask(connection, socket, deadline)
        finally:
            connection.close()
        known_hosts = read_regular(pins)
        fingerprint = _fingerprint(pins)
    record.machsh.endpoint = SSH_ENDPOINT
    record.machsh.engine_socket = "" if socket == DOCKER_SOCKET else socket
    url = f"{target.url}{record.machsh.engine_socket}"
    files = {KNOWN_HOSTS: known_hosts}
    return FoundEngine(record, driver, url, facts, files, fingerprint, bool(known))


def _options(address: SshAddress, source: EngineSource, context: MachineContext) -> dict[str, Value]:
    """Return the driver's options: the user that ssh would choose, and whether its configuration matters."""
    from machsh.ssh import client_config

    home = context.environment.home
    own_name = context.environment.variable("USER") or context.environment.variable("USERNAME") or "root"
    user = address.user or client_config.login_user(address.host, own_name, home)
    plain = replace(address.target(""), user=user)
    is_configured = source.uses_ssh_config or client_config.concerns(plain, home)
    return {
        "generic-ip-address": address.host,
        "generic-ssh-user": user,
        "generic-ssh-port": plain.port,
        "generic-ssh-key": str(source.ssh_key or ""),
        "generic-ssh-agent": source.uses_agent,
        "generic-ssh-config": is_configured,
    }


def _target(driver: Driver, source: EngineSource, pins: Path) -> Target:
    """Return the target before the machine's folder exists: with the user's key, and `pins` for the pin."""
    target = driver.ssh_target()
    assert target is not None
    key, uses_agent = source.ssh_key, source.uses_agent or source.ssh_key is None
    return replace(target, key_path=key, known_hosts=pins, uses_agent=uses_agent)


def _connected(target: Target, known: list[Pin], context: MachineContext, deadline: Deadline) -> Connection:
    """Connect, and pin the host's key; if the user's ssh knows keys of the host, no other one is accepted."""
    from machsh.ssh import host_keys
    from machsh.ssh.connection import Connection
    from machsh.ssh.errors import HostKeyChangedError

    if known:
        host_keys.replace(target, *known)
    home = context.environment.home
    connection = Connection(target, ask=context.ask, seconds=deadline.remaining, home=home)
    try:
        connection.connect()
    except HostKeyChangedError as error:
        raise MachshError(
            f"the host key of {target} is not the one in your ~/.ssh/known_hosts: "
            f"pinned {error.pinned}, now {error.shown}",
            hint="somebody may be listening in. If the host was really made anew: "
            f"ssh-keygen -R {quote([known[0].names[0]])}",
        ) from error
    return connection


def _known_keys(target: Target, context: MachineContext) -> list[Pin]:
    """Return the keys that the user's own ssh knows of the host."""
    from machsh.ssh import client_config, host_keys

    home = context.environment.home
    return host_keys.known_to_user(client_config.find(target, home).target, home)


def _sockets(connection: Connection, wanted: str, deadline: Deadline) -> HostSockets:
    done = connection.run(["sh", "-c", SOCKETS, "sh", wanted], seconds=deadline.remaining)
    found: dict[str, list[str]] = {"user": [], "open": [], "shut": []}
    has_sudo = False
    for line in done.stdout.splitlines():  # a login may print lines of its own
        word, _, rest = line.partition(" ")
        if word in found and rest.isprintable():
            found[word].append(rest)
        has_sudo = has_sudo or line == "sudo"
    if not found["user"]:
        said = (done.stderr or done.stdout).strip()[:300]
        raise MachshError(
            f"{connection.target} does not run sh as expected: {said or 'it printed nothing'}",
            hint="adopt it by its TLS files: machsh adopt tcp://HOST:2376 --tls-ca ... NAME",
        )
    return HostSockets(found["user"][-1], tuple(found["open"]), tuple(found["shut"]), has_sudo)


def _choose(sockets: HostSockets, target: Target, wanted: str, name: str) -> str:
    """Return the socket to use. Raises MachshError if there is none, or the user may open none."""
    if sockets.open:
        return sockets.open[0]
    user, host = sockets.user, target.host
    if not sockets.shut:
        what = f"no engine's socket at {wanted}" if wanted else "no engine's socket"
        raise MachshError(
            f"{host} has {what} that {user} could use",
            hint="is its engine running? One elsewhere: --ssh USER@HOST/PATH/OF/THE.sock; "
            f"to install one: machsh create -d generic --generic-ip-address {host} {name}",
        )
    join = f"usermod -aG docker {user}"
    raise MachshError(
        f"{user} may not open {sockets.shut[0]} on {host}",
        hint=f"on the host: sudo {join}; it holds from the next login, and makes {user} as mighty as root"
        if sockets.has_sudo
        else f"log in as somebody who may, or let root do it there: {join} (as mighty as root then)",
    )


def _ask(connection: Connection, socket: str, deadline: Deadline) -> EngineFacts:
    from machsh.engine import engine_facts

    try:
        return engine_facts.ask(lambda seconds: connection.open_unix(socket, seconds), deadline.remaining)
    except OSError as error:
        reason = "it is silent" if isinstance(error, TimeoutError) else str(error)
        raise MachshError(
            f"no engine answers at {socket} on {connection.target.host}: {reason}",
            hint="is it running? There: systemctl status docker",
        ) from error


def _fingerprint(pins: Path) -> str:
    from machsh.ssh import host_keys

    return ", ".join(pin.fingerprint for pin in host_keys.read(pins))
