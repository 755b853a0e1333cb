"""Builds command lines for the system's ssh, scp, sshfs and rsync that use our pinned host keys.

All functions raise SSHError for a user, host or path that these programs could misread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from machsh.ssh import arguments, host_keys
from machsh.ssh.target import Target, quote

CONNECT_SECONDS = 10
_READABLE = ("HashKnownHosts", "no")
_COMMON = (
    ("LogLevel", "ERROR"),
    ("ConnectTimeout", str(CONNECT_SECONDS)),
    ("ConnectionAttempts", "3"),
    ("ServerAliveInterval", "60"),
    ("PasswordAuthentication", "no"),
    ("ControlMaster", "no"),
    ("ControlPath", "none"),
)


def command(target: Target, words: Sequence[str] = (), tty: bool = False) -> list[str]:
    """Return the argv of `ssh` to a machine, with `words` unchanged after the host; `tty` forces a terminal.

    There is no `--` before the host, because ssh would then accept no options in `words`.
    """
    return [
        "ssh",
        *_config(target),
        *(["-t"] if tty else []),
        *options(target),
        *(["-p", str(target.port)] if target.port else []),
        arguments.login(target),
        *(arguments.checked_text(word) for word in words),
    ]


@dataclass(frozen=True, slots=True)
class ScpPlace:
    """A path on a machine, or on this computer if `target` is None."""

    path: str
    target: Target | None = None

    def argument(self) -> str:
        """Return the place as an argument of scp or rsync. Raises SSHError."""
        if self.target is None:
            return arguments.local_path(self.path)
        return arguments.remote_path(self.target, self.path)


def scp_command(
    source: ScpPlace, destination: ScpPlace, *, recursive: bool = False, quiet: bool = False
) -> list[str]:
    """Return the argv of `scp` from one place to another."""
    ends = _targets(source, destination)
    return [
        "scp",
        *_config(*ends),
        "-3",
        *(["-r"] if recursive else []),
        *(["-q"] if quiet else []),
        *_shared_options(ends),
        "--",
        _scp_path(source, ends),
        _scp_path(destination, ends),
    ]


def rsync_command(
    source: ScpPlace, destination: ScpPlace, *, recursive: bool = False, quiet: bool = False
) -> list[str]:
    """Return the argv of `rsync` over ssh from one place to another; it shows progress unless `quiet`."""
    ends = _targets(source, destination)
    return [
        "rsync",
        *([] if quiet else ["--progress"]),
        "-e",
        quote(["ssh", *_config(*ends), *_shared_options(ends)]),
        *(["-r"] if recursive else []),
        "--",
        source.argument(),
        destination.argument(),
    ]


def sshfs_command(target: Target, path: str, mount_point: str) -> list[str]:
    """Return the argv of `sshfs`, to mount a machine's folder `path` at the local folder `mount_point`."""
    pairs = [pair for pair in _pairs(target, with_port=True) if pair != _READABLE]  # unknown to sshfs
    return [
        "sshfs",
        *arguments.for_sshfs(arguments.options(pairs)),
        *_config(target),
        arguments.remote_path(target, path),
        arguments.local_path(mount_point),
    ]


def options(target: Target, *, with_port: bool = False) -> list[str]:
    """Return the `-o` options for a target, for ssh, scp and rsync."""
    return arguments.options(_pairs(target, with_port=with_port))


def _pairs(target: Target, *, with_port: bool) -> list[tuple[str, str]]:
    pairs = [*host_key_pairs(target), *_COMMON, *identity_pairs(target)]
    return [*pairs, ("Port", str(target.port))] if with_port and target.port else pairs


def identity_pairs(target: Target) -> list[tuple[str, str]]:
    """Return the options for the target's key, as names and quoted values; none without a key of its own."""
    if target.key_path is None:
        return []
    pairs = [("IdentityFile", arguments.quoted_file(target.key_path))]
    if not target.uses_agent:  # the agent may still supply this one key, without a passphrase
        pairs += [("IdentitiesOnly", "yes")]
    return pairs


def _targets(*places: ScpPlace) -> list[Target]:
    return [place.target for place in places if place.target]


def _shared_options(ends: Sequence[Target]) -> list[str]:
    """Return the `-o` options for one target, or for two at once with the keys and pins of both."""
    if len(ends) < 2:
        return [word for end in ends for word in options(end, with_port=True)]
    files = [arguments.quoted_file(end.known_hosts) for end in ends if end.known_hosts]
    are_pinned = all(end.known_hosts and host_keys.read(end.known_hosts) for end in ends)
    pairs = [
        ("StrictHostKeyChecking", "yes" if are_pinned else "accept-new" if files else "no"),
        ("UserKnownHostsFile", " ".join(files) or arguments.NOTHING),
        *_host_key_style(),
        *_COMMON,
    ]
    pairs += [pair for end in ends for pair in identity_pairs(end) if pair[0] == "IdentityFile"]
    if all(end.key_path and not end.uses_agent for end in ends):
        pairs += [("IdentitiesOnly", "yes")]
    if len({end.port for end in ends}) == 1:
        pairs += [("Port", str(ends[0].port))]
    return arguments.options(pairs)


def _scp_path(place: ScpPlace, ends: Sequence[Target]) -> str:
    """Return a place for scp: as URI if the two machines have different ports, else as `USER@HOST:PATH`."""
    if place.target is None or len({end.port for end in ends}) == 1:
        return place.argument()
    from urllib.parse import quote as percent_quote

    target, path = arguments.check(place.target), arguments.as_name(arguments.checked_text(place.path))
    host = f"{percent_quote(target.user)}@{arguments.bracketed(target.host)}:{target.port}"
    return f"scp://{host}/{percent_quote(path)}"


def host_key_pairs(target: Target) -> list[tuple[str, str]]:
    """Return the options for host keys: require the pinned one, or pin the first one in the target's file."""
    if target.known_hosts is None:
        return [("StrictHostKeyChecking", "no"), ("UserKnownHostsFile", arguments.NOTHING)]
    is_pinned = bool(host_keys.read(target.known_hosts))
    pairs = [
        ("StrictHostKeyChecking", "yes" if is_pinned else "accept-new"),
        ("UserKnownHostsFile", arguments.quoted_file(target.known_hosts)),
        *_host_key_style(),
    ]
    alias = host_keys.alias(target)
    return [*pairs, ("HostKeyAlias", arguments.quoted(alias))] if alias else pairs


def _host_key_style() -> list[tuple[str, str]]:
    """Return options to ignore the system's known hosts, write readable names, and add no further keys."""
    return [("GlobalKnownHostsFile", arguments.NOTHING), _READABLE, ("UpdateHostKeys", "no")]


def _config(*targets: Target) -> list[str]:
    return [] if any(target.uses_ssh_config for target in targets) else ["-F", "none"]
