"""The script that a new guest runs before its services start: it places certificates and settings.

Where the image has an engine, the first boot starts it with them, and provisioning finds nothing to do. What
cannot be known without the host is left to provisioning.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from machsh.provision import cert_steps
from machsh.provision.engine_config import daemon_json
from machsh.provision.families.debian import Debian
from machsh.provision.provisioner import EngineSpec, Facts
from machsh.provision.standard import FOLDER
from machsh.ssh.target import quote

DEBIAN_LINE = "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS"
DOCKER_LINE = "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock"
START_LINES = (DEBIAN_LINE, DOCKER_LINE)
"""ExecStart of docker.service: in Debian's package, and in Ubuntu's and Docker's own."""

File = tuple[str, str, int]
"""Path, content, mode."""

# In a subshell, as the caller may run other commands after it. $1: a folder to use as the root, for tests.
# The private key is written last: if it exists, this is not the first boot.
_HEAD = f"""(
root=$1
[ ! -e "$root{FOLDER}/server-key.pem" ] || exit 0
set -e
umask 077
put() {{
  (umask 022; mkdir -p "$root${{2%/*}}")
  base64 -d > "$root$2.machsh"
  chmod "$1" "$root$2.machsh"
  mv -f "$root$2.machsh" "$root$2"
}}
starts_with() {{
  [ ! -e "$root{daemon_json.FILE}" ] && [ ! -e "$root/etc/systemd/system/docker.service" ] || return 1
  cat "$root/usr/lib/systemd/system/docker.service" "$root/lib/systemd/system/docker.service" 2>/dev/null |
    grep -qxF "ExecStart=$1"
}}
"""
_RELOAD = "systemctl daemon-reload"


def script(spec: EngineSpec) -> str:
    """Return the script for sh. It contains the engine's private key. `spec` has the certificates.

    The settings are written only beside a unit with a known start line, and if the image has none of its own.
    """
    lines = [_HEAD]
    for start_line in START_LINES:
        lines.append(f"if starts_with {quote([start_line])}; then")
        lines += map(_put, _settings_files(start_line, spec))
        lines.append(f"{_RELOAD}\nfi")
    certificates = cert_steps.files(spec, FOLDER)
    lines += [_put((path, content, mode)) for path, (content, mode) in certificates.items()]
    return "\n".join([*lines, ")", ""])


def _settings_files(start_line: str, spec: EngineSpec) -> Iterator[File]:
    """Yield what provisioning would write; `daemon.json` last, because `starts_with` looks for it."""
    plan = Debian().plan(_facts(start_line), spec)
    files = [
        (step.file, step.content, step.mode)
        for step in plan.steps
        if step.content is not None and step.is_engine_file and not step.file.endswith(".pem")
    ]
    yield from sorted(files, key=lambda file: file[0] == daemon_json.FILE)


def _facts(start_line: str) -> Facts:
    """Return what is known of a host with this unit and no settings of its own."""
    return {
        "root": "yes",
        "dockerd": start_line.partition(" ")[0],
        "unit": f"[Service]\nExecStart={start_line}\n",
        "service": "LoadState=loaded\nUnitFileState=enabled",
    }


def _put(file: File) -> str:
    path, content, mode = file
    encoded = base64.b64encode(content.encode()).decode()
    return f"put {mode:o} {quote([path])} <<'END'\n{encoded}\nEND"
