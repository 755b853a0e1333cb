"""Gathers facts about a host in a single ssh round trip.

A fact is a name with a read-only shell probe. `file:PATH` (content) and `hash:PATH` (SHA-256 and mode) are
facts for any path. Probes change nothing, and do not start a stopped engine through its socket.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from machsh.errors import MachshError
from machsh.provision import sudo
from machsh.provision.provisioner import Facts
from machsh.provision.rollback import FOLDER
from machsh.provision.sudo import as_root
from machsh.ssh.target import Runner, quote

SECONDS = 60.0
"""Deadline of the round trip."""

ENGINE_PLACES = (
    "/usr/bin/dockerd /usr/sbin/dockerd /usr/local/bin/dockerd /usr/local/sbin/dockerd "
    "/usr/lib/coreos/dockerd /opt/bin/dockerd"
)
RELOADED = "/run/machsh-engine-reloaded"
"""Touched after a reload: files older than it have been read, even if they are newer than the engine."""

_SERVICE = """
yes() { "$@" >/dev/null 2>&1; }
say() { echo "LoadState=$1"; echo "ActiveState=$2"; echo "UnitFileState=$3"; }
state() { if yes "$@"; then echo active; else echo inactive; fi; }
if [ -d /run/systemd/system ]; then
  systemctl show docker.service --property=LoadState,ActiveState,UnitFileState,NeedDaemonReload,CanReload
elif command -v rc-service >/dev/null; then
  [ -e /etc/init.d/docker ] || exit 0
  say loaded "$(state rc-service docker status)" \
    "$(rc-update show default | grep -qw docker && echo enabled || echo disabled)"
elif [ -e /etc/init/docker.conf ]; then
  say loaded "$(status docker | grep -q running && echo active || echo inactive)" \
    "$(grep -qs manual /etc/init/docker.override && echo disabled || echo enabled)"
elif command -v system-docker >/dev/null; then
  say loaded "$(system-docker ps | grep -qw docker && echo active || echo inactive)" enabled
elif [ -e /etc/init.d/docker ]; then
  say loaded "$(state /etc/init.d/docker status)" enabled
fi
"""

# A file newer than the engine's start has not been read yet, unless a reload followed. If the folder of
# former files still exists, a run ended before the engine had started with the new ones.
_STALE = f"""
p=/var/run/docker.pid
[ -d {FOLDER} ] && echo {FOLDER}
[ -e "$p" ] || exit 0
for f in /etc/docker/daemon.json /etc/docker/*.pem /etc/systemd/system/docker.service.d/*.conf \
  /etc/conf.d/docker /etc/default/docker /var/lib/boot2docker/profile /var/lib/boot2docker/*.pem \
  /var/lib/rancher/conf/docker /var/lib/rancher/conf/*.pem; do
  [ "$f" -nt "$p" ] && {{ [ ! -e {RELOADED} ] || [ "$f" -nt {RELOADED} ]; }} && echo "$f"
done
readlink "/proc/$(cat "$p")/exe" | grep -F '(deleted)'
"""

_PACKAGE = """
d=$(command -v dockerd) && d=$(readlink -f "$d") || exit 0
{ dpkg-query -S "$d" || dpkg-query -S "${d#/usr}"; } 2>/dev/null | sed 's/:.*//' | grep . ||
rpm -qf --qf '%{NAME}\\n' "$d" 2>/dev/null | grep -v ' ' || pacman -Qqo "$d" 2>/dev/null ||
apk info -qW "$d" 2>/dev/null | sed 's/-[0-9].*//'
"""

# Finds traces of an interrupted apt run; one that is still running shows the same.
_UNFINISHED = """
ls /var/lib/dpkg/updates
dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' docker.io docker-ce containerd containerd.io runc |
grep -E '^.[HUFWt]'
"""

# Reads /proc because a minimal host has neither ss nor netstat.
_PORTS = """
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
while read -r _ l r s _; do [ "$s" = 0A ] && printf '%d\\n' "0x${l##*:}"; done | sort -un
"""

_FIREWALL = """
if command -v firewall-cmd >/dev/null && firewall-cmd --state >/dev/null 2>&1; then
  echo firewalld; firewall-cmd --list-ports
elif command -v ufw >/dev/null && ufw status | grep -q '^Status: active'; then
  echo ufw; ufw status | sed -n 's/^\\([0-9][0-9]*\\/tcp\\).*ALLOW.*/\\1/p'
fi
"""

PROBES: dict[str, str] = {
    "os-release": "cat /etc/os-release || cat /usr/lib/os-release",
    "root": '[ "$(id -u)" = 0 ] && echo yes || id -un',
    "sudo": sudo.PROBE,
    "login": 'u=${SUDO_USER:-$(id -un)}; echo "$u"; id -Gn "$u"',
    "arch": "uname -m",
    "hostname": "uname -n",
    "tools": "for t in curl wget hostname hostnamectl amazon-linux-extras ros; do"
    ' command -v $t >/dev/null && echo $t; done',
    "dockerd": f"command -v dockerd || for f in {ENGINE_PLACES}; do [ -x $f ] && echo $f && break; done",
    "snap": "[ -d /snap/docker/current ] && echo docker",
    "engine-version": f"d=$(command -v dockerd) || for f in {ENGINE_PLACES}; do [ -x $f ] && d=$f; done;"
    ' [ -n "$d" ] && timeout 10 "$d" --version | sed -n "s/.*ersion \\([^, ]*\\).*/\\1/p"',
    "engine-package": _PACKAGE,
    "unit": "systemctl cat docker.service",
    "service": _SERVICE,
    "stale": _STALE,
    "ports": _PORTS,
    "port-owners": "ss -Htlnp || netstat -tlnp",
    "containers": "ls -d /run/docker/runtime-runc/moby/* | wc -l",
    "unfinished": _UNFINISHED,
    "firewall": _FIREWALL,
}  # fmt: skip
"""Name -> probe. Probes run as root if the user can become root; a failed probe has an empty answer."""

COMMON_FACTS = (
    *PROBES,
    "file:/etc/hosts",
    "file:/etc/hostname",
    "file:/etc/docker/daemon.json",
    "file:/etc/docker/machsh.json",
    "file:/etc/systemd/system/docker.service.d/zz-machsh.conf",
    "file:/etc/systemd/system/docker.service.d/10-machine.conf",
    "file:/etc/default/docker",
    "file:/etc/sysconfig/docker",
    "file:/etc/conf.d/docker",
    "hash:/etc/docker/daemon.json",
    "hash:/etc/docker/ca.pem",
    "hash:/etc/docker/server.pem",
    "hash:/etc/docker/server-key.pem",
)
"""The facts that nearly every provisioner needs; `choose` needs only `os-release`."""


def probe(name: str) -> str:
    """Return the shell command for a fact. Raises MachshError for an unknown name."""
    kind, _, path = name.partition(":")
    if path and kind == "file":
        return quote(["cat", path])
    if path and kind == "hash":
        return f'p={quote([path])}; [ -e "$p" ] && echo $(sha256sum "$p" | cut -c 1-64) $(stat -c %a "$p")'
    if name in PROBES:
        return PROBES[name]
    raise MachshError(f'No fact is named "{name}"', hint="see machsh.provision.facts for the names")


def gather(runner: Runner, names: Iterable[str] = COMMON_FACTS, *, seconds: float = SECONDS) -> Facts:
    """Gather facts in one round trip and return name -> answer; a fact that is unavailable is "".

    Raises MachshError if answers are missing, DeadlineError if it takes longer than `seconds`.
    """
    wanted = list(dict.fromkeys(names))
    mark = f"@@{secrets.token_hex(8)}@@"
    done = runner.run(as_root(_script(wanted, mark)), seconds=seconds)
    answers = _answers(done.stdout, mark)
    if len(answers) < len(wanted):
        seen = (done.stderr or done.stdout).strip()[-400:]
        raise MachshError(
            f"The host did not tell about itself (exit code {done.code}): {seen or 'no output'}",
            hint="is its login shell one that can run sh? try: machsh ssh NAME uname -a",
        )
    return {name: answers[str(place)] for place, name in enumerate(wanted)}


def _script(names: list[str], mark: str) -> str:
    lines = [f"( {probe(name)}\n) 2>/dev/null </dev/null" for name in names]
    return (
        "\n".join(f"printf '\\n%s%s\\n' {mark} {place}; {line}" for place, line in enumerate(lines)) + "\n:"
    )


def _answers(text: str, mark: str) -> dict[str, str]:
    answers: dict[str, str] = {}
    for piece in text.split("\n" + mark)[1:]:
        place, _, answer = piece.partition("\n")
        answers[place.strip()] = answer.strip()
    return answers


def properties(text: str) -> dict[str, str]:
    """Parse the `Name=value` lines of a fact such as `service`."""
    return dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
