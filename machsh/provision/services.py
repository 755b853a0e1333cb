"""The four ways a host runs services, as commands: systemd, OpenRC, upstart and plain init scripts."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.provision.facts import RELOADED

Words = tuple[str, ...]

# Waits for the port in the kernel's own table, as a bare host has neither ss nor netstat. $1 is the port.
_WAIT = """
hex=$(printf %04X "$1"); tries=0
until grep -qE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:0+ 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -gt 240 ]; then echo "nothing listens on port $1" >&2; exit 1; fi
  sleep 0.25
done
"""


@dataclass(frozen=True, slots=True)
class Service:
    """Commands that act on the engine's service."""

    restarts: tuple[Words, ...]
    reloads: tuple[Words, ...]
    starts: tuple[Words, ...]
    enables: tuple[Words, ...] = ()
    """Empty where a service is always enabled."""
    prepares: tuple[Words, ...] = ()
    """What must be told about changed files first."""
    unit: str = "docker"


SYSTEMD = Service(
    prepares=(("systemctl", "daemon-reload"),),
    restarts=(("systemctl", "restart", "docker.service"),),
    reloads=(("systemctl", "reload", "docker.service"),),
    # After too many failed starts systemd refuses the next one until it is told to forget them.
    # "restart" and not "start": a boot that has begun the engine meanwhile may have read the old certificate.
    starts=(
        ("sh", "-c", "systemctl reset-failed docker.service docker.socket 2>/dev/null || true"),
        ("systemctl", "restart", "docker.service"),
    ),
    enables=(("systemctl", "enable", "docker.service"),),
)

_HANGUP = (("sh", "-c", "kill -HUP $(cat /var/run/docker.pid)"),)

OPENRC = Service(
    restarts=(("rc-service", "docker", "restart"),),
    reloads=_HANGUP,
    starts=(("rc-service", "docker", "start"),),
    enables=(("rc-update", "add", "docker", "default"),),
)
UPSTART = Service(
    restarts=(("service", "docker", "restart"),),
    reloads=_HANGUP,
    starts=(("service", "docker", "start"),),
    enables=(("rm", "-f", "/etc/init/docker.override"),),
)
INIT_SCRIPT = Service(
    restarts=(("/etc/init.d/docker", "restart"),),
    reloads=_HANGUP,
    starts=(("/etc/init.d/docker", "start"),),
)
SYSTEM_DOCKER = Service(
    restarts=(("system-docker", "restart", "docker"),),
    reloads=(("system-docker", "kill", "--signal", "HUP", "docker"),),
    starts=(("system-docker", "start", "docker"),),
)


def wait_for_port(port: int) -> Words:
    """The command that ends when something listens on the port, or fails after a minute."""
    return ("sh", "-c", _WAIT, "sh", str(port))


NOTE_RELOAD: Words = ("touch", RELOADED)
"""Remember that the running engine has read its files again."""
