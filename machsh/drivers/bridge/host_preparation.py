"""Makes a new host fit for docker-machine's own provisioning, which knows no distribution's engine packages.

docker-machine 0.16 installs nothing where a docker CLI is, and then needs an engine that runs, is
`/usr/bin/dockerd`, and is not started by a socket unit while its configuration is replaced.
"""

from __future__ import annotations

import contextlib

from machsh.drivers.driver import DriverContext
from machsh.errors import MachshError
from machsh.ssh.target import Target

# The unit of the distribution stays where it is; the copy in /etc, which overrides it, needs no socket unit.
SCRIPT = """
set -e
engine=$(command -v dockerd || ls /usr/sbin/dockerd) || exit 0
[ -e /usr/bin/dockerd ] || ln -s "$engine" /usr/bin/dockerd
for unit in /lib/systemd/system/docker.service /usr/lib/systemd/system/docker.service; do
    [ -e "$unit" ] || continue
    sed -e '/^Requires=docker.socket$/d' -e '/^\\(After\\|Wants\\)=/s/ *docker\\.socket//' \\
        -e '/^ExecStart=/s/ -H fd:\\/\\///' "$unit" > /etc/systemd/system/docker.service
    systemctl stop docker.socket || true
    systemctl mask docker.socket
    systemctl daemon-reload
    systemctl start docker.service
    break
done
"""


def prepare(target: Target | None, context: DriverContext) -> None:
    """Run the preparation over ssh, as root. Does nothing on a host without an engine. Raises MachshError."""
    if target is None:
        return
    from machsh.ssh.connection import Connection

    context.progress.info("Preparing the host's engine for docker-machine...")
    words = ["sh", "-c", SCRIPT] if target.user == "root" else ["sudo", "-n", "sh", "-c", SCRIPT]
    with contextlib.closing(Connection(target, ask=context.ask, seconds=context.seconds)) as connection:
        done = connection.run(words, seconds=context.seconds)
    if not done.is_good:
        reason = done.stderr.strip() or f"exit status {done.code}"
        raise MachshError(f"the host's engine could not be prepared for docker-machine: {reason}")
