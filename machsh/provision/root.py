"""Becoming root on a host: directly as root, else through sudo without a password."""

from __future__ import annotations

# Non-login shells of many systems lack the sbin folders; LC_ALL keeps the answers in one language.
_PREPARE = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin"; LC_ALL=C; export PATH LC_ALL\n'
_BECOME = (
    'if [ "$(id -u)" = 0 ]; then exec sh -c "$@"; '
    "elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; "
    'then exec sudo -n sh -c "$@"; else exec sh -c "$@"; fi'
)


def as_root(script: str, *arguments: str) -> list[str]:
    """Words that run a shell script of ours as root; where nobody can become root, as the user.

    The arguments are `$1`, `$2` in the script: values go in there, never into its text.
    """
    return ["sh", "-c", _BECOME, "sh", _PREPARE + script, "sh", *arguments]
