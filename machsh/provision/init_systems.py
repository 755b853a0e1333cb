"""Commands for the engine's service: systemd, OpenRC, upstart, init scripts, RancherOS's system-docker."""

from __future__ import annotations

from dataclasses import dataclass

from machsh.provision.facts import RELOADED
from machsh.provision.provisioner import Recovery

Words = tuple[str, ...]

# Waits for a listening port in the kernel's table, as a minimal host has neither ss nor netstat. $1: port.
_WAIT = """
hex=$(printf %04X "$1"); tries=0
until grep -qE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:0+ 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -gt 240 ]; then echo "nothing listens on port $1" >&2; exit 1; fi
  sleep 0.25
done
"""


# An engine that rejects its new settings on a reload reports that only in its log, and would not start with
# them. If the log cannot be read (it is elsewhere, or its level is above info) the reload counts as good.
# $1: the systemctl command, $2: the service.
_RELOAD = """
begin=$(journalctl -n 0 --show-cursor 2>/dev/null | sed -n 's/^-- cursor: //p')
systemctl "$1" "$2" || exit 1
[ -n "$begin" ] || exit 0
tries=0
while [ "$tries" -lt 40 ]; do
  said=$(journalctl -u "$2" --after-cursor="$begin" --no-pager -o cat 2>/dev/null)
  case $said in
    *"Reloaded configuration"*) exit 0 ;;
    *"configuration validation"*"failed"* | *"Error reconfiguring the daemon"*) tries=40 ;;
  esac
  tries=$((tries + 1))
  sleep 0.25
done
case $said in
  *"Got signal to reload"*) echo "the engine keeps its old settings" >&2; exit 1 ;;
esac
"""


# If the system uses the socket unit, it must listen before the engine starts.
_FRESH = """
exec >/dev/null 2>&1
systemctl reset-failed docker.service docker.socket
if systemctl is-enabled docker.socket; then systemctl start docker.socket; fi
true
"""


@dataclass(frozen=True, slots=True)
class Service:
    """Commands that act on the engine's service."""

    restarts: tuple[Words, ...]
    reloads: tuple[Words, ...]
    starts: tuple[Words, ...]
    stops: tuple[Words, ...]
    """Stop the service for good, also after a failed start; failures of these commands are ignored."""
    enables: tuple[Words, ...] = ()
    """Empty if the service is always enabled."""
    waits: tuple[Words, ...] = ()
    """Wait for the end of a start that is under way; empty if the init system cannot."""
    prepares: tuple[Words, ...] = ()
    """Run before a start or restart, so that the init system reads changed files."""
    unit: str = "docker"

    @property
    def recovery(self) -> Recovery:
        """Commands that start the engine again after a failed start."""
        return Recovery(self.stops, (*self.prepares, *self.starts))


SYSTEMD = Service(
    prepares=(("systemctl", "daemon-reload"),),
    restarts=(("systemctl", "restart", "docker.service"),),
    reloads=(("sh", "-c", _RELOAD, "sh", "reload", "docker.service"),),
    # After too many failed starts systemd refuses the next one until `reset-failed`.
    # "restart", not "start": an engine that the boot has started meanwhile may have read the old certificate.
    starts=(
        ("sh", "-c", _FRESH),
        ("systemctl", "restart", "docker.service"),
    ),
    enables=(("systemctl", "enable", "docker.service"),),
    # Joins the job that the boot has queued or begun.
    waits=(("systemctl", "start", "docker.service"),),
    # Stop the socket, too: systemd restarts a failed engine, and the socket starts it for any client. An
    # engine with half of its files may then replace and remove the socket. `_FRESH` starts the socket again.
    stops=(("sh", "-c", "systemctl stop docker.socket docker.service || systemctl stop docker.service"),),
)
"""Systems with systemd."""

_HANGUP = (("sh", "-c", "kill -HUP $(cat /var/run/docker.pid)"),)

OPENRC = Service(
    restarts=(("rc-service", "docker", "restart"),),
    reloads=_HANGUP,
    starts=(("rc-service", "docker", "start"),),
    stops=(("rc-service", "docker", "stop"), ("rc-service", "docker", "zap")),
    enables=(("rc-update", "add", "docker", "default"),),
)
"""Alpine and others with OpenRC."""
UPSTART = Service(
    restarts=(("service", "docker", "restart"),),
    reloads=_HANGUP,
    starts=(("service", "docker", "start"),),
    stops=(("service", "docker", "stop"),),
    enables=(("rm", "-f", "/etc/init/docker.override"),),
)
"""Ubuntu before 15.04."""
INIT_SCRIPT = Service(
    restarts=(("/etc/init.d/docker", "restart"),),
    reloads=_HANGUP,
    starts=(("/etc/init.d/docker", "start"),),
    stops=(("/etc/init.d/docker", "stop"),),
)
"""Systems with plain init scripts."""
SYSTEM_DOCKER = Service(
    restarts=(("system-docker", "restart", "docker"),),
    reloads=(("system-docker", "kill", "--signal", "HUP", "docker"),),
    starts=(("system-docker", "start", "docker"),),
    stops=(("system-docker", "stop", "docker"),),
)
"""RancherOS, whose services are containers."""


def wait_for_port(port: int) -> Words:
    """Return a command that waits until something listens on the port; it fails after a minute."""
    return ("sh", "-c", _WAIT, "sh", str(port))


NOTE_RELOAD: Words = ("touch", RELOADED)
"""Records on the host that the running engine has just read its files; see `RELOADED`."""
