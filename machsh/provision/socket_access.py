"""What a host needs for an engine that is reached by its socket over ssh, and what it no longer needs."""

from __future__ import annotations

from collections.abc import Sequence

from machsh.errors import RefusedError
from machsh.provision.engine_config.dockerd_flags import Settings
from machsh.provision.engine_config.systemd_unit import OLD_DROP_IN
from machsh.provision.provisioner import EngineSpec, Facts, Step

GROUP = "docker"
"""The group that owns the engine's socket."""
ANNOUNCE = "Removing certs from the remote machine..."
_TLS_FILES = {"tlscacert": "ca.pem", "tlscert": "server.pem", "tlskey": "server-key.pem"}
"""Key of `daemon.json` -> the file that a plan with TLS copies for it."""

# $1: the user, $2: the group. Alpine has addgroup, others have usermod.
_JOIN = """
grep -q "^$2:" /etc/group || groupadd --system "$2" || addgroup -S "$2"
if command -v usermod >/dev/null; then usermod -aG "$2" "$1"; else addgroup "$1" "$2"; fi
"""


def check_supported(spec: EngineSpec, system: str) -> None:
    """Raise RefusedError for a system whose own scripts always make the engine listen on a port."""
    if spec.over_ssh:
        raise RefusedError(
            f"The engine of {system} always listens on a port: it cannot be reached over ssh alone",
            hint="leave --endpoint ssh out, or take another system",
        )


def joining(facts: Facts, spec: EngineSpec) -> list[Step]:
    """Return the step that lets the ssh user open the engine's socket; none if it may already."""
    user = _outsider(facts) if spec.over_ssh else ""
    if not user:
        return []
    command = ("sh", "-ec", _JOIN, "sh", user, GROUP)
    return [Step(f"add {user} to the group {GROUP}", commands=(command,))]


def _outsider(facts: Facts) -> str:
    """Return the ssh user if it is neither root nor in the group, else ""."""
    user, *groups = facts.get("login", "").split() or [""]
    return "" if user == "root" or GROUP in groups else user


def unused_certificates(facts: Facts, spec: EngineSpec, before: Settings, folder: str) -> list[Step]:
    """Return steps that remove the files of TLS that machsh or docker-machine had copied.

    `before` are the settings that machsh had added to `daemon.json`.
    """
    is_old = bool(facts.get(f"file:{OLD_DROP_IN}"))
    return [
        Step(
            f"remove {name}",
            commands=(("rm", "-f", path),),
            file=path,
            announce=ANNOUNCE,
            is_engine_file=True,
        )
        for key, name in _TLS_FILES.items()
        if spec.over_ssh
        and facts.get(f"hash:{(path := f'{folder}/{name}')}")
        and (is_old or before.get(key) == path)
    ]


def closing(facts: Facts, spec: EngineSpec, before: Settings) -> list[Step]:
    """Return steps that close the port in an active firewall which machsh had made the engine listen on."""
    firewall, *ports = facts.get("firewall", "").split() or [""]
    steps = []
    for host in before.get("hosts", []) if spec.over_ssh else ():
        port = f"{str(host).rpartition(':')[2]}/tcp"
        if not firewall or not str(host).startswith("tcp://") or port not in ports:
            continue
        word = f"--remove-port={port}"
        commands: tuple[tuple[str, ...], ...] = (("ufw", "delete", "allow", port),)
        if firewall != "ufw":
            commands = (("firewall-cmd", word), ("firewall-cmd", "--permanent", word))
        steps.append(Step(f"close port {port} in {firewall}", commands=commands))
    return steps


def remarks(facts: Facts, spec: EngineSpec, listeners: Sequence[str]) -> list[str]:
    """Return notes on what membership in the group means, and on ports that the host's own settings open."""
    if not spec.over_ssh:
        return []
    user = _outsider(facts)
    notes = (
        [f"who is in the group {GROUP} can do on the host whatever root can: {user} joins it"] if user else []
    )
    is_open = ", ".join(host for host in listeners if host.startswith("tcp://"))
    if is_open:
        notes.append(f"the engine also listens on {is_open}: that is the host's own setting, and stays")
    return notes
